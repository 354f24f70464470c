"""Random splits of the same rows, taken together."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from workbench.evaluation.repeated_splits import over_splits, p_value_over_splits

ROWS, TESTED, SPLITS = 100, 20, 5
TRAINED = ROWS - TESTED


def errors_of_splits(random: np.random.Generator) -> list[float]:
    """Mean squared error of the training rows' mean on the test rows, a split each, all of one sample."""
    sample = random.normal(size=ROWS)
    orders = (random.permutation(ROWS) for _ in range(SPLITS))
    return [float(np.mean((sample[order[:TESTED]] - sample[order[TESTED:]].mean()) ** 2)) for order in orders]


def differences_of_splits(random: np.random.Generator) -> list[float]:
    """Accuracy of one model minus another's that errs as often, where which rows they get wrong is their own."""
    right = random.uniform(size=(2, ROWS)) < 0.8
    chosen = (random.permutation(ROWS)[:TESTED] for _ in range(SPLITS))
    return [float(right[0, rows].mean() - right[1, rows].mean()) for rows in chosen]


def covered(found: list[list[float]], truth: float, test_rows: float) -> float:
    intervals = [over_splits(values, test_rows, TRAINED) for values in found]
    return float(np.mean([interval.low <= truth <= interval.high for interval in intervals]))


def test_the_interval_covers_the_expected_error_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    found = [errors_of_splits(random) for _ in range(2_000)]
    assert covered(found, 1 + 1 / TRAINED, TESTED) == pytest.approx(0.95, abs=0.015)


def test_without_the_correction_it_would_not() -> None:
    random = np.random.default_rng(3)
    found = [errors_of_splits(random) for _ in range(2_000)]
    assert covered(found, 1 + 1 / TRAINED, test_rows=1e-9) < 0.9


def test_two_equal_models_are_called_different_about_once_in_twenty_times() -> None:
    random = np.random.default_rng(4)
    found = [differences_of_splits(random) for _ in range(2_000)]
    assert covered(found, 0.0, TESTED) == pytest.approx(0.95, abs=0.015)
    assert np.mean([p_value_over_splits(values, TESTED, TRAINED) < 0.05 for values in found]) < 0.065


def test_a_tested_share_of_nothing_leaves_the_ordinary_t_test() -> None:
    values = [0.1, 0.3, 0.2, 0.25]
    usual = ttest_1samp(values, 0.0)
    found = over_splits(values, 1e-12, 1)
    assert (found.low, found.high) == pytest.approx(tuple(usual.confidence_interval()))
    assert p_value_over_splits(values, 1e-12, 1) == pytest.approx(usual.pvalue)


def test_the_p_value_is_the_level_at_which_the_interval_reaches_zero() -> None:
    values = np.array([0.01, 0.03, 0.02, 0.025, 0.012])
    found = over_splits(values, 20, 80)
    at_the_edge = values - found.low
    assert p_value_over_splits(at_the_edge, 20, 80) == pytest.approx(0.05)


def test_splits_that_all_say_the_same_leave_no_doubt() -> None:
    assert over_splits([0.5, 0.5], 20, 80).high == 0.5
    assert (p_value_over_splits([0.5, 0.5], 20, 80), p_value_over_splits([0.0, 0.0], 20, 80)) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("values", "test_rows", "train_rows", "message"),
    [([0.1], 20, 80, "at least two of them, got 1"), ([0.1, 0.2], 0, 80, "got 80 to train on and 0 to test on")],
)
def test_what_has_no_interval_is_refused(
    values: list[float], test_rows: float, train_rows: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        over_splits(values, test_rows, train_rows)
