"""The gate lets a challenger through where the numbers carry it, and says why not where they do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench.evaluation.gate import FEWEST_TEST_ROWS, MARGIN, Candidate, decide, paired


def candidate(correct: np.ndarray, name: str = "model 2", version: str = "v1", best: float = 0.1) -> Candidate:
    table = pd.DataFrame({"id": [f"row-{n}" for n in range(len(correct))], "correct": correct})
    return Candidate(name, version, float(np.mean(correct)), {"majority": 0.05, "neighbour": best}, table)


def right(share: float, rows: int = 400) -> np.ndarray:
    return np.arange(rows) < share * rows


def promoted(gain: float, loss: float, rows: int, times: int = 250) -> float:
    """How often a challenger passes that is right where the champion is wrong on ``gain`` of the prompts."""
    drawn = np.random.default_rng(rows).multinomial(rows, [gain, loss, 0.7, 0.3 - gain - loss], times)
    pairs = [np.repeat([[1, 0], [0, 1], [1, 1], [0, 0]], counts, axis=0).astype(bool).T for counts in drawn]
    return float(np.mean([decide(candidate(ours), candidate(theirs, "model 1")).promote for ours, theirs in pairs]))


def test_the_first_model_that_beats_its_baselines_goes_live() -> None:
    decision = decide(candidate(right(0.8)), None)
    assert decision.promote
    assert decision.reasons[1] == "Accuracy 0.800 is above the best baseline (neighbour, 0.100)."
    assert "no champion yet" in decision.reasons[2]


@pytest.mark.parametrize("best", [0.8, 0.9])
def test_a_model_that_does_not_beat_its_best_baseline_stays_out(best: float) -> None:
    decision = decide(candidate(right(0.8), best=best), None)
    assert not decision.promote
    assert f"not above the best baseline (neighbour, {best:.3f})" in decision.reasons[1]


def test_too_few_test_prompts_decide_nothing() -> None:
    assert decide(candidate(right(0.9, FEWEST_TEST_ROWS)), None).promote
    decision = decide(candidate(right(0.9, FEWEST_TEST_ROWS - 1)), None)
    assert not decision.promote
    assert decision.reasons[0] == "29 test prompts, at least 30 are needed: too few."


def test_a_better_model_replaces_the_champion() -> None:
    decision = decide(candidate(right(0.85)), candidate(right(0.8), "model 1"))
    assert decision.promote
    assert decision.reasons[2].startswith("Against model 1 on the same 400 prompts: difference 0.050 (")
    assert decision.reasons[2].endswith(f"McNemar p = 0.000. It stays above -{MARGIN}.")


def test_a_clearly_worse_model_stays_out() -> None:
    decision = decide(candidate(right(0.7)), candidate(right(0.8), "model 1"))
    assert not decision.promote
    assert decision.reasons[2].endswith(f"It falls below -{MARGIN}.")


def test_an_equal_model_passes_where_there_are_prompts_enough_to_know() -> None:
    assert decide(candidate(right(0.8, 400)), candidate(right(0.8, 400))).promote
    assert not decide(candidate(right(0.8, 40)), candidate(right(0.8, 40))).promote


def test_a_champion_of_other_data_is_never_replaced_without_a_person() -> None:
    decision = decide(candidate(right(0.9)), candidate(right(0.5), "model 1", "v0"))
    assert not decision.promote
    assert decision.reasons[2] == "The champion model 1 was trained on v0, this model on v1: a person has to decide."


def test_a_champion_that_was_judged_on_other_prompts_is_not_compared() -> None:
    champion = candidate(right(0.5, 399), "model 1")
    assert paired(candidate(right(0.9)), champion) is None
    decision = decide(candidate(right(0.9)), champion)
    assert not decision.promote
    assert "judged on other test prompts" in decision.reasons[2]


def test_prompts_are_paired_by_id_not_by_place() -> None:
    ours, theirs = candidate(right(0.8)), candidate(right(0.8), "model 1")
    shuffled = replace(theirs, predictions=theirs.predictions.sample(frac=1, random_state=0))
    found = paired(ours, shuffled)
    assert found is not None
    assert (found.only_challenger, found.only_champion, found.rows) == (0, 0, 400)


@pytest.mark.parametrize(("rows", "loss"), [(30, 0.02), (60, 0.05), (120, 0.02), (120, 0.1), (500, 0.05)])
def test_a_model_worse_by_the_margin_passes_at_most_one_time_in_twenty(rows: int, loss: float) -> None:
    assert promoted(loss - MARGIN, loss, rows) <= 0.05


@pytest.mark.parametrize("rows", [30, 100])
def test_a_model_worse_by_five_points_hardly_ever_passes(rows: int) -> None:
    assert promoted(0.01, 0.06, rows) <= 0.02


def test_a_model_better_by_five_points_passes_where_there_are_prompts_enough() -> None:
    assert promoted(0.07, 0.02, 500) > 0.95
