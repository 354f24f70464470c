"""Secondary intents: other wants than the likeliest one, learnt from rows the classifier had not seen."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, softmax

from workbench.evaluation.baselines import companions
from workbench.evaluation.multilabel import set_scores
from workbench.models.secondary import NEVER, SecondaryIntents, learn_secondary
from workbench.models.secondary_signs import SIGNS, Seen, learn_habits, signs_of
from workbench.models.taxonomy import levels

CLASSES = np.array(["a", "a.x", "a.x.deep", "a.y", "b", "b.z", "c"], dtype=object)


def made_up(rows: int, seed: int, wanting: float = 0.4) -> tuple[Seen, np.ndarray, np.ndarray]:
    """What leans to the primary label, less to a secondary one, which is the next class or any other; both true."""
    random = np.random.default_rng(seed)
    primary = random.integers(0, len(CLASSES), rows)
    other = (primary + np.where(random.random(rows) < 0.5, 1, random.integers(1, len(CLASSES), rows))) % len(CLASSES)
    every, wants = np.arange(rows), random.random(rows) < wanting
    wanted = np.zeros((rows, len(CLASSES)), dtype=bool)
    wanted[every, other] = wants
    logs = random.normal(0, 1, (rows, len(CLASSES))) + 3 * wanted
    logs[every, primary] += 5
    return Seen(softmax(logs, axis=1), wanted + random.normal(0, 1, wanted.shape)), primary, wanted


def learn(seen: Seen, primary: np.ndarray, wanted: np.ndarray) -> SecondaryIntents:
    return learn_secondary(seen, primary, wanted, np.arange(len(CLASSES)), CLASSES)


@cache
def learnt() -> SecondaryIntents:
    return learn(*made_up(1500, 0))


def named(wanted: np.ndarray) -> list[tuple[str, ...]]:
    return [tuple(str(label) for label in CLASSES[row]) for row in wanted]


def test_it_beats_giving_none_and_giving_the_usual_ones_where_the_truth_is_known() -> None:
    _, primary, secondary = made_up(1500, 0)
    seen, true, wanted = made_up(800, 1)
    guess = CLASSES[seen.probabilities.argmax(axis=1)]
    answers = {
        "ours": [tuple(str(CLASSES[label]) for label in answer) for answer in learnt().predict(seen)],
        "none": [()] * len(guess),
        "usual": companions(CLASSES[primary], named(secondary), guess),
    }
    sets = {name: [(str(g), *more) for g, more in zip(guess, part, strict=True)] for name, part in answers.items()}
    truth = [(str(CLASSES[label]), *more) for label, more in zip(true, named(wanted), strict=True)]
    found = set_scores(truth, sets["ours"], {"none": sets["none"], "usual": sets["usual"]}, 0)
    against = found.tables["intent_sets_against"].set_index(["of", "other", "metric"])
    assert any(answers["usual"])
    for of, other, metric in product(("all_intents", "secondary"), ("none", "usual"), ("micro_f1", "jaccard")):
        assert against.loc[(of, other, metric), "low"] > 0.03


def test_a_stated_chance_comes_true() -> None:
    seen, _, wanted = made_up(3000, 2)
    found = learnt().candidates(seen)
    hits = wanted[found.row, found.label]
    for low, high in ((0.0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1.0)):
        rows = (found.chance > low) & (found.chance <= high)
        assert hits[rows].mean() == pytest.approx(found.chance[rows].mean(), abs=0.06)


@settings(max_examples=40)
@given(st.integers(0, 999), st.integers(2, 150), st.floats(0, 1), st.floats(0, 1))
def test_an_answer_is_known_said_once_and_not_the_primary(seed: int, rows: int, wanting: float, least: float) -> None:
    model = learn(*made_up(rows, seed, wanting))
    seen = made_up(20, seed + 1)[0]
    for threshold in (None, least, 0.0):
        answers = model.predict(seen, threshold)
        assert len(answers) == 20
        for answer, best in zip(answers, seen.probabilities.argmax(axis=1), strict=True):
            assert len(set(answer)) == len(answer)
            assert set(answer) <= set(range(len(CLASSES))) - {best}


@settings(max_examples=20)
@given(st.integers(0, 999))
def test_the_order_of_the_training_rows_changes_nothing(seed: int) -> None:
    seen, primary, wanted = made_up(300, seed)
    order = np.random.default_rng(seed).permutation(300)
    model, other = learn(seen, primary, wanted), learn(seen.of(order), primary[order], wanted[order])
    fresh = made_up(50, seed + 1)[0]
    assert np.allclose(model.candidates(fresh).chance, other.candidates(fresh).chance, rtol=0, atol=1e-4)
    assert other.threshold == pytest.approx(model.threshold, abs=1e-4)


@settings(max_examples=20)
@given(st.integers(0, 999))
def test_the_order_of_the_rows_to_answer_changes_nothing(seed: int) -> None:
    seen = made_up(60, seed)[0]
    order = np.random.default_rng(seed).permutation(60)
    answers = learnt().predict(seen)
    assert learnt().predict(seen.of(order)) == [answers[row] for row in order]


def test_parts_of_the_rows_are_answered_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = made_up(60, 3)[0]
    whole = learnt().predict(seen)
    monkeypatch.setattr("workbench.models.secondary_signs.ROWS_AT_ONCE", 7)
    assert learnt().predict(seen) == whole
    assert any(whole)
    assert learnt().predict(seen.of(np.arange(0))) == []


def test_a_lower_threshold_only_adds() -> None:
    seen = made_up(60, 3)[0]
    few, many = (learnt().predict(seen, threshold) for threshold in (0.5, 0.2))
    assert all(more[: len(less)] == less for less, more in zip(few, many, strict=True))
    assert sum(map(len, many)) > sum(map(len, few)) > 0


def test_where_any_answer_would_be_a_guess_none_is_given() -> None:
    seen, primary, _ = made_up(600, 0, wanting=0.0)
    random = np.random.default_rng(5)
    rare = np.zeros((600, len(CLASSES)), dtype=bool)
    rare[np.arange(600), (primary + random.integers(1, len(CLASSES), 600)) % len(CLASSES)] = random.random(600) < 0.1
    model = learn(seen, primary, rare)
    assert model.threshold == NEVER
    assert "answers would not be better" in model.says
    assert not any(model.predict(seen))


def test_no_row_predicts_itself() -> None:
    """Pairs that occur by chance say nothing of other rows, though each was counted somewhere."""
    names = np.array([f"l{number:02d}" for number in range(30)], dtype=object)
    random = np.random.default_rng(0)
    every, primary = np.arange(400), random.integers(0, 30, 400)
    logs = random.normal(0, 1, (400, 30))
    logs[every, primary] += 6
    wanted = np.zeros((400, 30), dtype=bool)
    wanted[every, (primary + random.integers(1, 30, 400)) % 30] = random.random(400) < 0.4
    model = learn_secondary(Seen(softmax(logs, axis=1), 0 * logs), primary, wanted, np.arange(30), names)
    assert abs(dict(zip(SIGNS, model.weights, strict=True))["log odds with this primary"]) < 0.5
    assert model.threshold == NEVER


def test_the_signs_say_how_the_label_stands_to_the_primary() -> None:
    seen = Seen(np.array([[0.1, 0.5, 0.05, 0.2, 0.1, 0.03, 0.02]]), np.arange(7.0)[None, :])
    habits = learn_habits(np.array([1]), np.ones((1, 7)), 7)
    (part,) = signs_of(seen, np.arange(7), levels([str(label) for label in CLASSES]), habits)
    _, column, signs = part
    told = {CLASSES[label]: dict(zip(SIGNS, row, strict=True)) for label, row in zip(column, signs, strict=True)}
    assert set(told) == set(CLASSES) - {"a.x"}
    kin = ("above the primary", "below the primary", "beside the primary", "edges to the primary")
    assert [told["a"][name] for name in kin] == [1, 0, 0, 1]
    assert [told["a.x.deep"][name] for name in kin] == [0, 1, 0, 1]
    assert [told["a.y"][name] for name in kin] == [0, 0, 1, 2]
    assert [told["b.z"][name] for name in kin] == [0, 0, 0, 4]
    assert told["a.y"]["log rank"] == told["a.y"]["log probability less that of the best other"] == 0
    assert told["c"]["log probability"] == pytest.approx(np.log(0.02))
    assert told["c"]["log probability of the primary"] == pytest.approx(np.log(0.5))
    assert told["c"]["score of its own"] == 6


def test_odds_of_a_pair_are_drawn_towards_those_of_the_label() -> None:
    primary = np.array([0, 0, 0, 0, 1])
    wanted = np.array([[1.0], [1.0], [0.0], [0.0], [0.0]])
    habits = learn_habits(primary, wanted, 3)
    share = expit(habits.together[:, 0])
    alone = 2.5 / 6
    assert expit(habits.alone[0]) == pytest.approx(alone)
    assert share == pytest.approx([(2 + 5 * alone) / 9, 5 * alone / 6, alone])
