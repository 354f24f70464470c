"""An encoder tuned in folds: no row is scored by a member that saw it, and one average stands for all members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tuned_data import SETTINGS, encoder, targets, texts, vectors

from workbench.features import tuning
from workbench.features.embedding import ModuleEncoder
from workbench.features.tuning import Tuned, Tuning, added, folds_of, log_probabilities, tune


def tuned(wanted: Any, seed: int = 3, settings: Tuning = SETTINGS) -> Tuned:
    return tune(encoder().model, texts(False), wanted, vectors(), seed, settings)


@dataclass
class Watched:
    """A tuning with what became of its members, what it told, and the encoder that it started from."""

    found: Tuned
    members: list[Any]
    told: list[tuple[int, int]]
    start: dict[str, Any]


@pytest.fixture(scope="module")
def watched() -> Watched:
    model, members, told = encoder().model, [], []
    start = {name: weights.clone() for name, weights in model.state_dict().items()}
    member = tuning._member

    def kept(*given: Any) -> Any:
        members.append(member(*given))
        return members[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuning, "_member", kept)
        found = tune(model, texts(False), targets(), vectors(), 3, SETTINGS, tick=lambda *now: told.append(now))
    return Watched(found, members, told, start)


@pytest.fixture(scope="module")
def usual(watched: Watched) -> Tuned:
    return watched.found


# folds


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(2, 5), st.integers(0, 9))
def test_every_label_is_spread_evenly_over_the_folds_and_its_only_row_is_never_held_out(
    labels: list[int], folds: int, seed: int
) -> None:
    wanted = np.array(labels)
    fold = folds_of(wanted, folds, seed)
    for label in set(labels):
        held = fold[wanted == label]
        counts = np.bincount(held[held >= 0], minlength=folds)
        assert (len(held) > 1) == (held >= 0).all()
        assert counts.max() - counts.min() <= 1
        assert counts.max() < max(len(held), 2)


def test_the_labels_of_rows_held_out_do_not_move_their_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    fold = np.arange(len(texts(False))) % 2
    monkeypatch.setattr(tuning, "folds_of", lambda *_: fold)
    wanted = targets()
    other = wanted.copy()
    held = np.flatnonzero(fold == 0)
    other[held] = np.roll(wanted[held], 1)
    assert (other != wanted).sum() > 10
    first, second = tuned(wanted).unseen, tuned(other).unseen
    assert (first[held] == second[held]).all()
    assert not np.allclose(first[fold == 1], second[fold == 1], atol=1e-3)


def test_labels_at_random_are_guessed_no_better_than_by_chance() -> None:
    wanted = np.random.default_rng(1).permutation(targets())
    longer = Tuning(epochs=4, folds=2, batch=8)
    assert (tuned(wanted, settings=longer).unseen.argmax(axis=1) == wanted).mean() < 0.45


def test_labels_with_a_meaning_are_found_in_rows_never_seen(usual: Tuned) -> None:
    assert usual.held.all()
    assert (usual.unseen.argmax(axis=1) == targets()).mean() > 0.6
    assert np.allclose(np.exp(usual.unseen).sum(axis=1), 1, atol=1e-5)


def test_the_only_row_of_a_label_gets_no_opinion() -> None:
    wanted = targets()
    wanted[5] = wanted.max() + 1
    found = tuned(wanted)
    assert np.flatnonzero(~found.held).tolist() == [5]
    assert np.allclose(found.unseen[5], -np.log(wanted.max() + 1))


# the average


def test_one_encoder_has_the_mean_of_the_members_weights(watched: Watched) -> None:
    states = [model.state_dict() for model, _ in watched.members]
    assert len(states) == SETTINGS.folds
    for name, weights in watched.found.model.state_dict().items():
        assert torch.allclose(weights, sum(state[name] for state in states) / len(states), atol=1e-6), name
    moved = [name for name, weights in watched.start.items() if not torch.equal(weights, states[0][name])]
    assert len(moved) > len(watched.start) / 2
    assert np.allclose(np.linalg.norm(watched.found.classes, axis=1), 1, atol=1e-5)


def test_whole_numbers_are_not_averaged() -> None:
    first, second = ({"places": torch.arange(3), "weights": torch.full((2,), value)} for value in (1.0, 3.0))
    total = added(added({}, first, 0.5), second, 0.5)
    assert total["places"].tolist() == [0, 1, 2]
    assert total["weights"].tolist() == [2.0, 2.0]


def test_the_encoder_that_one_starts_from_stays_as_it_is(watched: Watched) -> None:
    model = encoder().model
    assert all(torch.equal(weights, watched.start[name]) for name, weights in model.state_dict().items())
    assert (model.max_seq_length, model.training) == (256, False)


def test_the_tuned_encoder_reads_as_far_as_the_one_it_came_from(usual: Tuned) -> None:
    assert usual.model.max_seq_length == encoder().model.max_seq_length
    opening = "an error in the program " * 30
    ends = [opening + end for end in ("joke laugh funny " * 60, "hello weather chat " * 60)]
    first, second = log_probabilities(ModuleEncoder(usual.model), usual.classes, ends)
    assert np.abs(first - second).max() > 0.01


# the seed


def test_the_seed_decides_and_luck_of_the_process_is_left_alone(usual: Tuned) -> None:
    torch.manual_seed(11)
    before = torch.random.get_rng_state()
    again = tuned(targets())
    assert torch.equal(torch.random.get_rng_state(), before)
    assert (again.unseen == usual.unseen).all()
    assert (again.classes == usual.classes).all()
    assert not np.allclose(tuned(targets(), seed=4).unseen, usual.unseen, atol=1e-3)


def test_progress_ends_where_it_said_it_would(watched: Watched) -> None:
    assert [done for done, _ in watched.told] == list(range(1, watched.told[0][1] + 1))
    assert {total for _, total in watched.told} == {len(watched.told)}
