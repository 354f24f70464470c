"""How sure one can be that a model is calibrated."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.evaluation.calibration import (
    brier_parts,
    classwise_calibration_error,
    debiased_calibration_error,
    expected_calibration_error,
    probability_of,
    reliability,
)
from workbench.evaluation.intervals import share

STATED = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def drawn(random: np.random.Generator, rows: int, over: float) -> tuple[np.ndarray, np.ndarray]:
    """Confidences whose truth is lower by ``over``."""
    confidence = random.beta(4, 1, rows)
    return confidence, random.uniform(size=rows) < np.clip(confidence - over, 0, 1)


def test_each_bin_has_the_interval_of_its_share() -> None:
    table = reliability(np.array([0.1, 0.15, 0.9]), np.array([1, 0, 1]), bins=2)
    assert table["accuracy_low"].tolist() == [share(1, 2).low, share(1, 1).low]
    assert table["accuracy_high"].tolist() == [share(1, 2).high, 1.0]


@given(STATED, st.integers(1, 12))
def test_bins_of_equal_mass_part_the_rows_and_never_equal_confidences(
    rows: list[tuple[float, bool]], bins: int
) -> None:
    confidence, correct = (np.array(part) for part in zip(*rows, strict=True))
    table = reliability(confidence, correct, bins, equal_mass=True)
    assert len(table) <= bins
    assert table["rows"].sum() == len(rows)
    assert (table["low"].to_numpy()[1:] > table["high"].to_numpy()[:-1]).all()


def test_bins_of_equal_mass_hold_equally_many() -> None:
    confidence = np.random.default_rng(0).beta(8, 1, 300)
    assert reliability(confidence, confidence > 0.9, 10, equal_mass=True)["rows"].tolist() == [30] * 10


@given(STATED, st.booleans())
def test_the_error_is_the_weighted_gap_of_the_table(rows: list[tuple[float, bool]], equal_mass: bool) -> None:
    confidence, correct = (np.array(part) for part in zip(*rows, strict=True))
    table = reliability(confidence, correct, 9, equal_mass)
    gaps = np.average(np.abs(table["confidence"] - table["accuracy"]), weights=table["rows"])
    assert expected_calibration_error(confidence, correct, 9, equal_mass) == pytest.approx(gaps)


@given(STATED)
def test_the_debiased_error_lies_in_its_interval(rows: list[tuple[float, bool]]) -> None:
    confidence, correct = (np.array(part) for part in zip(*rows, strict=True))
    found = debiased_calibration_error(confidence, correct)
    assert 0 <= found.low <= found.point <= found.high <= 1
    assert found.point <= expected_calibration_error(confidence, correct) + 1e-9


def test_less_bias_is_left_of_a_calibrated_model() -> None:
    random = np.random.default_rng(0)
    pairs = [drawn(random, 300, 0.0) for _ in range(50)]
    plain = np.mean([expected_calibration_error(*pair) for pair in pairs])
    assert np.mean([debiased_calibration_error(*pair).point for pair in pairs]) < 0.6 * plain


@pytest.mark.parametrize("rows", [200, 2_000])
@pytest.mark.parametrize("over", [0.0, 0.03, 0.1])
def test_the_interval_covers_the_error_of_endless_rows(rows: int, over: float) -> None:
    random = np.random.default_rng(3)
    confidence, _ = drawn(random, 400_000, over)
    index = np.minimum((confidence * 15).astype(int), 14)
    gaps = np.bincount(index, confidence - np.clip(confidence - over, 0, 1))
    endless = np.abs(gaps).sum() / len(confidence)
    found = [debiased_calibration_error(*drawn(random, rows, over)) for _ in range(100)]
    assert np.mean([part.low - 1e-12 <= endless <= part.high for part in found]) > 0.91


def test_the_parts_of_the_brier_score_add_up_where_bins_hold_one_confidence_each() -> None:
    confidence = np.repeat([0.2, 0.6, 0.9], 100)
    correct = np.random.default_rng(0).uniform(size=300) < confidence
    found = brier_parts(confidence, correct, bins=3)
    assert found.reliability - found.resolution + found.uncertainty == pytest.approx(
        np.mean((confidence - correct) ** 2)
    )
    assert found.uncertainty == pytest.approx(np.var(correct))


def test_classwise_error_looks_at_every_class() -> None:
    found = np.array([[0.6, 0.4, 0.0], [0.6, 0.4, 0.0]])
    truth, classes = np.array(["a", "b"], dtype=object), np.array(["a", "b", "c"], dtype=object)
    assert classwise_calibration_error(found, classes, truth) == pytest.approx((0.1 + 0.1 + 0) / 3)


def test_a_truth_without_a_column_has_no_probability() -> None:
    found = probability_of(np.array([[0.3, 0.7], [0.3, 0.7]]), np.array([1.0, 2.0]), np.array([2.0, 9.0]))
    assert found.tolist() == [0.7, 0.0]
