"""Two models on the same rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from workbench.evaluation.calibration import expected_calibration_error
from workbench.evaluation.classification import headline, hierarchical
from workbench.evaluation.intervals import compare_paired
from workbench.evaluation.paired import aligned, compare, comparison_table, mcnemar

NAMES = np.array(["a", "a.x", "a.y", "b", "b.z"], dtype=object)


def answers(random: np.random.Generator, truth: np.ndarray, error: float, sureness: float = 0.8) -> pd.DataFrame:
    """Wrong with the chance ``error``; stated confidence about ``sureness``."""
    other = random.choice(NAMES, len(truth))
    predicted = np.where(random.uniform(size=len(truth)) < error, other, truth)
    confidence = np.clip(random.normal(sureness, 0.1, len(truth)), 0.05, 0.97)
    correct = predicted == truth
    return pd.DataFrame(
        {
            "id": [f"row-{n}" for n in range(len(truth))],
            "truth": truth,
            "predicted": predicted,
            "confidence": confidence,
            "correct": correct,
            "probability_of_truth": np.where(correct, confidence, (1 - confidence) / 2),
        }
    )


def two(rows: int = 120, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(seed)
    truth = random.choice(NAMES, rows)
    return answers(random, truth, 0.2), answers(random, truth, 0.4)


def test_every_score_is_that_of_the_model_alone() -> None:
    ours, theirs = two()
    found = {part.metric: part for part in compare(ours, theirs, seed=1, resamples=50)}
    alone = headline(ours["truth"], ours["predicted"]) | hierarchical(ours["truth"], ours["predicted"])
    alone["ece"] = expected_calibration_error(ours["confidence"].to_numpy(), ours["correct"].to_numpy())
    alone["log_loss"] = -np.log(ours["probability_of_truth"]).mean()
    assert list(found) == ["accuracy", "macro_f1", "hierarchical_f1", "mean_tree_distance", "ece", "log_loss"]
    assert {name: part.ours for name, part in found.items()} == pytest.approx({name: alone[name] for name in found})
    assert all(part.difference == pytest.approx(part.ours - part.theirs) for part in found.values())


def test_numbers_are_compared_by_their_distance() -> None:
    ours = pd.DataFrame({"id": [1, 2, 3], "truth": [1.0, 3.0, 5.0], "predicted": [1.0, 3.0, 4.0]})
    ours["correct"] = ours["truth"] == ours["predicted"]
    found = {part.metric: part for part in compare(ours, ours.assign(predicted=3.0, correct=False), 1, 50)}
    assert list(found) == ["accuracy", "macro_f1", "quadratic_kappa", "mean_absolute_error"]
    assert (found["mean_absolute_error"].ours, found["mean_absolute_error"].theirs) == (1 / 3, 4 / 3)


def test_the_order_of_the_rows_plays_no_part() -> None:
    ours, theirs = two()
    assert compare(ours, theirs.sample(frac=1, random_state=0), 1, 50) == compare(ours, theirs, 1, 50)


def test_the_sides_can_be_turned() -> None:
    ours, theirs = two()
    for one, other in zip(compare(ours, theirs, 1, 200), compare(theirs, ours, 1, 200), strict=True):
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-9)
        assert one.p_value == pytest.approx(other.p_value)


def test_accuracy_has_the_interval_of_the_gate_and_the_smaller_p_value() -> None:
    ours, theirs = two()
    gate, found = compare_paired(ours["correct"], theirs["correct"]), compare(ours, theirs, 1, 50)[0]
    assert (found.difference, found.low, found.high) == (
        gate.difference.point,
        gate.difference.low,
        gate.difference.high,
    )
    assert found.p_value < gate.p_value
    assert mcnemar(gate.only_challenger, gate.only_champion).exact_p == gate.p_value


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_mid_p_leaves_out_half_of_what_was_seen(ours: int, theirs: int) -> None:
    found = mcnemar(ours, theirs)
    smaller, total = min(ours, theirs), ours + theirs
    tail = 2 * binom.cdf(smaller, total, 0.5) - binom.pmf(smaller, total, 0.5)
    assert found.mid_p == pytest.approx(min(tail, 1.0) if total else 1.0)
    assert found.mid_p <= found.exact_p


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.iloc[:-2], "2 only in the first, 0 only in the second, such as 'row-118'"),
        (lambda frame: frame.assign(id="new-" + frame["id"]), "120 only in the first, 120 only in the second"),
        (lambda frame: pd.concat([frame, frame.iloc[:1]]), "the second predictions have the id 'row-0' twice"),
        (lambda frame: frame.iloc[:0], "the second predictions have no rows"),
        (lambda frame: frame.assign(truth="a"), "disagree about the truth of 'row-"),
    ],
)
def test_other_rows_are_refused(change: object, message: str) -> None:
    ours, theirs = two()
    with pytest.raises(ValueError, match=message):
        aligned(ours, change(theirs))


def test_a_model_does_not_differ_from_itself() -> None:
    ours, _ = two()
    table = comparison_table(compare(ours, ours, 1, 50))
    assert (table["difference"] == 0).all()
    assert (table["p_value"] == 1).all()


def differences(pairs: int, rows: int, errors: tuple[float, float]) -> pd.DataFrame:
    random = np.random.default_rng(4)
    found = []
    for seed in range(pairs):
        truth = random.choice(NAMES, rows)
        models = (answers(random, truth, error) for error in errors)
        found.append(comparison_table(compare(*models, seed=seed, resamples=400)))
    return pd.concat(found)


def test_equal_models_are_called_different_about_once_in_twenty_times() -> None:
    table = differences(160, 200, (0.25, 0.25))
    wrongly = (table["p_value"] < 0.05).groupby(table["metric"]).mean()
    covered = ((table["low"] <= 0) & (table["high"] >= 0)).groupby(table["metric"]).mean()
    assert wrongly.between(0.0, 0.1).all(), wrongly
    assert covered.between(0.9, 1.0).all(), covered


def test_a_difference_lies_in_its_interval_as_often_as_it_says() -> None:
    table = differences(160, 200, (0.15, 0.3))
    random = np.random.default_rng(9)
    truth = random.choice(NAMES, 60_000)
    endless = comparison_table(compare(answers(random, truth, 0.15), answers(random, truth, 0.3), 1, 1))
    wanted = table["metric"].map(endless.set_index("metric")["difference"])
    covered = ((table["low"] <= wanted) & (wanted <= table["high"])).groupby(table["metric"]).mean()
    assert covered.between(0.9, 1.0).all(), covered
