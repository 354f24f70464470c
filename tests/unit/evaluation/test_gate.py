"""The gate lets a challenger through where the numbers carry it, and says why not where they do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.evaluation.gate import USUAL, Candidate, decide
from workbench.evaluation.gate_checks import detectable_gain
from workbench.evaluation.gate_guards import Cost
from workbench.evaluation.verdict import Check, Decision

FEWEST = USUAL.support.rows
MARGIN = USUAL.not_worse.accuracy


def table(correct: np.ndarray, truth: list[str] | None = None, **columns: Any) -> pd.DataFrame:
    labels = truth or ["talk"] * len(correct)
    answers = [label if right else "nothing" for label, right in zip(labels, correct, strict=True)]
    ids = [f"row-{n}" for n in range(len(correct))]
    return pd.DataFrame({"id": ids, "truth": labels, "predicted": answers, "correct": correct, **columns})


def candidate(correct: np.ndarray, name: str = "model 2", best: float = 0.1, **more: Any) -> Candidate:
    baselines = {"majority": 0.05, "neighbour": best}
    made = Candidate(name, "intent_classifier", "v1", float(np.mean(correct)), baselines, table(correct))
    return replace(made, **more)


def right(share: float, rows: int = 400) -> np.ndarray:
    return np.arange(rows) < share * rows


def said(decision: Decision, name: str) -> Check:
    return next(check for check in decision.checks if check.name == name)


def failed(decision: Decision) -> list[str]:
    assert decision.promote == (not decision.against)
    return [check.name for check in decision.against]


def promoted(gain: float, loss: float, rows: int, times: int = 100) -> float:
    """How often a challenger passes that is right where the champion is wrong on ``gain`` of the prompts."""
    drawn = np.random.default_rng(rows).multinomial(rows, [gain, loss, 0.7, 0.3 - gain - loss], times)
    pairs = [np.repeat([[1, 0], [0, 1], [1, 1], [0, 0]], counts, axis=0).astype(bool).T for counts in drawn]
    return float(np.mean([decide(candidate(ours), candidate(theirs, "model 1")).promote for ours, theirs in pairs]))


def test_the_first_model_that_beats_its_baselines_goes_live() -> None:
    decision = decide(candidate(right(0.8)), None)
    assert failed(decision) == []
    assert said(decision, "baseline").sentence == "Accuracy 0.800 is above the best baseline (neighbour, 0.100)."
    assert "no champion yet" in said(decision, "champion").sentence


@pytest.mark.parametrize("best", [0.8, 0.9])
def test_a_model_that_does_not_beat_its_best_baseline_stays_out(best: float) -> None:
    decision = decide(candidate(right(0.8), best=best), None)
    assert failed(decision) == ["baseline"]
    assert f"not above the best baseline (neighbour, {best:.3f})" in said(decision, "baseline").sentence


def test_too_few_test_prompts_decide_nothing() -> None:
    assert decide(candidate(right(0.9, FEWEST)), None).promote
    decision = decide(candidate(right(0.9, FEWEST - 1)), None)
    assert failed(decision) == ["support"]
    assert said(decision, "support").sentence == "29 test prompts, at least 30 are needed: too few."


def test_a_better_model_replaces_the_champion() -> None:
    decision = decide(candidate(right(0.85)), candidate(right(0.8), "model 1"))
    assert failed(decision) == []
    assert said(decision, "better").sentence.startswith(
        "Right on 20 prompts where model 1 is wrong, wrong on 0 where that is right, of 400: accuracy +0.050 ("
    )
    assert said(decision, "better").values["p"] == pytest.approx(0.5**20)
    assert said(decision, "not_worse").sentence.endswith(f"The lower end stays above -{MARGIN}.")


def test_a_clearly_worse_model_stays_out() -> None:
    decision = decide(candidate(right(0.7)), candidate(right(0.8), "model 1"))
    assert {"better", "not_worse"} <= set(failed(decision))
    assert said(decision, "not_worse").sentence.endswith(f"The lower end falls below -{MARGIN}.")


def test_an_equal_model_stays_out_and_is_said_to_be_no_worse_where_there_are_prompts_enough_to_know() -> None:
    many = decide(candidate(right(0.8, 400)), candidate(right(0.8, 400)))
    assert failed(many) == ["better"]
    assert said(many, "better").sentence.endswith("They disagree on none.")
    assert failed(decide(candidate(right(0.8, 40)), candidate(right(0.8, 40)))) == ["better", "not_worse"]


def test_a_model_that_may_be_better_hears_what_gain_would_have_shown() -> None:
    ours = np.concatenate([np.ones(12), np.zeros(8), np.ones(380)]).astype(bool)
    theirs = np.concatenate([np.zeros(12), np.ones(8), np.ones(380)]).astype(bool)
    check = said(decide(candidate(ours), candidate(theirs, "model 1")), "better")
    assert not check.passed
    assert check.values["detectable_gain"] == pytest.approx(detectable_gain(20, 400, USUAL.better.level))
    assert "a true gain of 2.9 points shows four times in five" in check.sentence


def test_a_champion_that_was_judged_on_other_prompts_is_never_replaced_without_a_person() -> None:
    decision = decide(candidate(right(0.9)), candidate(right(0.5, 399), "model 1"))
    assert failed(decision) == ["champion"]
    assert "judged on other test prompts: a person has to decide" in said(decision, "champion").sentence


def test_a_champion_of_other_data_is_named_with_them() -> None:
    champion = candidate(right(0.5, 399), "model 1", dataset_version="v0")
    decision = decide(candidate(right(0.9)), champion)
    assert not decision.promote
    assert "It was trained on v0, this model on v1." in said(decision, "champion").sentence


def test_a_champion_that_was_judged_again_on_the_new_data_meets_the_usual_rules() -> None:
    champion = candidate(right(0.8), "model 1", dataset_version="v0", again="of v1 that it had not learnt from")
    decision = decide(candidate(right(0.9)), champion)
    assert decision.promote
    assert said(decision, "champion").sentence == (
        "The champion model 1 was judged again on 400 test prompts of v1 that it had not learnt from; at least 30 are "
        "needed."
    )
    assert not decide(candidate(right(0.8)), champion).promote


def test_only_prompts_that_the_champion_has_not_learnt_from_count() -> None:
    champion = candidate(right(0.5, 100), "model 1", dataset_version="v0", again="of v1 that it had not learnt from")
    decision = decide(candidate(right(0.9)), champion)
    assert decision.promote
    assert said(decision, "better").values["rows"] == 100
    few = replace(champion, predictions=champion.predictions[:29])
    assert "too few, a person has to decide" in said(decide(candidate(right(0.9)), few), "champion").sentence


def test_a_champion_that_cannot_be_judged_again_is_not_replaced_without_a_person() -> None:
    decision = decide(candidate(right(0.9)), candidate(right(0.1), "model 1", unmet="its file is gone"))
    assert failed(decision) == ["champion"]
    assert said(decision, "champion").sentence == (
        "The champion model 1 cannot be judged on the same prompts: its file is gone. A person has to decide."
    )


def test_prompts_are_paired_by_id_not_by_place() -> None:
    ours, theirs = candidate(right(0.85)), candidate(right(0.8), "model 1")
    shuffled = replace(theirs, predictions=theirs.predictions.sample(frac=1, random_state=0))
    assert decide(ours, shuffled) == decide(ours, theirs)


@pytest.mark.parametrize(("rows", "loss"), [(30, 0.02), (60, 0.05), (120, 0.02), (120, 0.1), (500, 0.05)])
def test_a_model_worse_by_the_margin_passes_at_most_one_time_in_twenty(rows: int, loss: float) -> None:
    assert promoted(loss - MARGIN, loss, rows) <= 0.05


@pytest.mark.parametrize("rows", [30, 100])
def test_a_model_worse_by_five_points_hardly_ever_passes(rows: int) -> None:
    assert promoted(0.01, 0.06, rows) <= 0.02


@pytest.mark.parametrize("rows", [30, 100, 500])
def test_an_equal_model_passes_at_most_one_time_in_twenty(rows: int) -> None:
    assert promoted(0.05, 0.05, rows) <= 0.05


def test_a_model_better_by_five_points_passes_where_there_are_prompts_enough() -> None:
    assert promoted(0.07, 0.02, 500) > 0.95


# labels that have changed


def with_new_label(old: float, new: float) -> tuple[Candidate, Candidate]:
    """50 of 400 prompts have a label that the champion does not know; the shares are the challenger's."""
    labels = ["talk"] * 350 + ["code.new"] * 50
    ours = np.concatenate([right(old, 350), right(new, 50)])
    theirs = np.concatenate([right(0.8, 350), np.zeros(50, dtype=bool)])
    challenger = candidate(ours, predictions=table(ours, labels), labels=("code.new", "talk"))
    return challenger, candidate(theirs, "model 1", predictions=table(theirs, labels), labels=("old", "talk"))


def test_a_new_label_counts_as_a_gain_where_what_was_known_has_not_suffered() -> None:
    decision = decide(*with_new_label(old=0.8, new=0.6))
    assert failed(decision) == []
    assert said(decision, "labels").values == {
        "new": ["code.new"],
        "gone": ["old"],
        "rows": 350,
        "needed": FEWEST,
    }
    assert "350 of 400 test prompts have labels that both models know" in said(decision, "labels").sentence
    assert "the same 350 prompts" in said(decision, "not_worse").sentence


def test_a_new_label_does_not_buy_a_loss_of_what_was_known() -> None:
    decision = decide(*with_new_label(old=0.75, new=0.9))
    assert said(decision, "better").passed
    assert "not_worse" in failed(decision)


def test_where_hardly_a_label_is_known_to_both_nothing_is_promoted() -> None:
    challenger, champion = with_new_label(old=0.8, new=0.6)
    decision = decide(challenger, replace(champion, labels=("old",)))
    assert "labels" in failed(decision)
    assert "too few" in said(decision, "labels").sentence


# everything else


def test_a_finding_about_the_data_refuses() -> None:
    leak = Check("leak", False, "3 test prompts stand in the training data too.")
    decision = decide(candidate(right(0.8)), None, findings=[leak])
    assert failed(decision) == ["leak"]
    assert decision.reasons[-1] == leak.sentence


def test_file_and_time_have_budgets() -> None:
    assert decide(candidate(right(0.8), cost=Cost(1000, 1000)), None).promote
    decision = decide(candidate(right(0.8), cost=Cost(1000.1, 1000.1)), None)
    assert failed(decision) == ["size", "latency"]
    assert said(decision, "latency").sentence == "One prompt takes 1000.1 ms at best, 1000 are allowed."


def test_a_decision_is_said_as_plain_values() -> None:
    said = decide(candidate(right(0.8)), None).as_json()
    assert said["promote"] is True
    assert said["checks"][0] == {
        "name": "support",
        "passed": True,
        "sentence": "400 test prompts, at least 30 are needed.",
        "values": {"rows": 400, "needed": 30},
    }
