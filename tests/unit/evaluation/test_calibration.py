"""Calibration scores against values worked out by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from workbench.evaluation.calibration import calibration_scores, expected_calibration_error, reliability

CLASSES = np.array(["a", "b", "c"], dtype=object)


def test_the_calibration_error_is_the_weighted_gap_of_the_bins() -> None:
    confidence, correct = np.array([0.95, 0.85, 0.25, 0.15]), np.array([True, False, False, True])
    assert expected_calibration_error(confidence, correct, bins=2) == pytest.approx(0.5 * 0.4 + 0.5 * 0.3)
    assert expected_calibration_error(confidence[:3], correct[:3], bins=2) == pytest.approx((2 * 0.4 + 0.25) / 3)
    assert expected_calibration_error(confidence, correct, bins=10) == pytest.approx((0.05 + 0.85 + 0.25 + 0.85) / 4)


def test_a_reliability_table_has_a_row_for_each_bin_that_holds_rows() -> None:
    table = reliability(np.array([0.0, 0.05, 0.3, 1.0]), np.array([0, 1, 1, 1]), bins=10)
    assert table["low"].tolist() == [0.0, 0.3, 0.9]
    assert table["high"].tolist() == [0.1, 0.4, 1.0]
    assert table["rows"].tolist() == [2, 1, 1]
    assert table["accuracy"].tolist() == [0.5, 1, 1]


def test_who_is_right_as_often_as_stated_has_no_calibration_error() -> None:
    random = np.random.default_rng(0)
    confidence = random.uniform(size=100_000)
    assert expected_calibration_error(confidence, random.uniform(size=100_000) < confidence) < 0.01


@settings(max_examples=40)
@given(st.integers(0, 9_999), st.integers(2, 6))
def test_log_loss_and_brier_score_agree_with_scikit_learn(seed: int, classes: int) -> None:
    random = np.random.default_rng(seed)
    labels, found = np.arange(classes), random.dirichlet(np.ones(classes), 30)
    truth = random.integers(0, classes, 30)
    scores = calibration_scores(found, labels, truth)
    assert scores["log_loss"] == pytest.approx(log_loss(truth, found, labels=labels))
    whole = brier_score_loss(truth, found, labels=labels, scale_by_half=False)
    assert scores["brier"] == pytest.approx(whole)


def test_a_label_that_the_model_never_saw_has_no_probability() -> None:
    found = np.array([[0.5, 0.25, 0.25]])
    scores = calibration_scores(found, CLASSES, np.array(["new"], dtype=object))
    assert scores["brier"] == pytest.approx(1 + 0.25 + 0.0625 + 0.0625)
    assert scores["log_loss"] == pytest.approx(-np.log(1e-12))
    assert scores["ece"] == 0.5


def test_certainty_scores_nothing_when_right_and_two_when_wrong() -> None:
    sure = np.array([[1.0, 0.0, 0.0]])
    right, wrong = (calibration_scores(sure, CLASSES, np.array([label], dtype=object)) for label in "ab")
    assert right == {"ece": 0, "brier": 0, "log_loss": 0}
    assert (wrong["ece"], wrong["brier"]) == (1, 2)
