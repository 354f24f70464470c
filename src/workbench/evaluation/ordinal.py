"""Scores of an ordered outcome."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluation.calibration import debiased_calibration_error, expected_calibration_error, reliability
from workbench.evaluation.intervals import Interval
from workbench.evaluation.resampling import intervals
from workbench.evaluation.weighted import mean_of, quadratic_kappa_of
from workbench.records import Vector

THRESHOLDS = (1, 2, 3, 4)


def ordinal_scores(truth: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    """Quadratic-weighted kappa (Cohen 1968), mean absolute error in levels, share within one level.

    Kappa is 0 where truth and prediction hold one class only.
    """
    truth, predicted = np.asarray(truth, dtype=float), np.asarray(predicted, dtype=float)
    gaps = truth - predicted
    # The mean square over all pairs of a truth and a prediction. scikit-learn's kappa weighs by the places of the
    # levels that occur: where level 3 is absent, 2 and 4 would be neighbours.
    by_chance = truth.var() + predicted.var() + gaps.mean() ** 2
    return {
        "quadratic_kappa": float(1 - np.mean(gaps**2) / by_chance) if by_chance else 0.0,
        "mean_absolute_error": float(np.mean(np.abs(gaps))),
        "within_one": float(np.mean(np.abs(gaps) <= 1)),
    }


def ordinal_intervals(truth: NDArray[Any], predicted: NDArray[Any], seed: int) -> dict[str, Interval]:
    """Kappa and absolute error with bias-corrected bootstrap intervals over rows."""
    gaps = np.abs(np.asarray(truth, dtype=float) - np.asarray(predicted, dtype=float))
    statistics = {"quadratic_kappa": quadratic_kappa_of(truth, predicted), "mean_absolute_error": mean_of(gaps)}
    return intervals(statistics, len(gaps), seed)


def above(probabilities: Vector, classes: NDArray[Any]) -> Vector:
    """Shape (rows, 4): P(y > 1) to P(y > 4), from a distribution over ``classes`` (numbers)."""
    levels = np.asarray(classes, dtype=float)[:, None] > np.array(THRESHOLDS)[None, :]
    found: Vector = np.clip(probabilities @ levels.astype(float), 0.0, 1.0)
    return found


def ranked_probability_score(probabilities: Vector, classes: NDArray[Any], truth: NDArray[Any]) -> float:
    """Squared error of P(y > k), mean over k = 1 to 4 and rows, 0 to 1 (Epstein 1969, Murphy 1971)."""
    came = np.asarray(truth, dtype=float)[:, None] > np.array(THRESHOLDS)[None, :]
    return float(np.mean((above(probabilities, classes) - came) ** 2))


def cumulative_calibration(probabilities: Vector, classes: NDArray[Any], truth: NDArray[Any]) -> pd.DataFrame:
    """One row a k of 1 to 4 for the statement "more complex than k": ``stated`` and ``observed`` shares, ``ece`` over
    15 bins of equal width, ``debiased`` with its interval ``low`` to ``high``."""
    rows = []
    for k, (chance, came) in enumerate(_statements(probabilities, classes, truth), 1):
        found = debiased_calibration_error(chance, came)
        error = expected_calibration_error(chance, came)
        rows.append((k, chance.mean(), came.mean(), error, found.point, found.low, found.high))
    return pd.DataFrame(rows, columns=["above", "stated", "observed", "ece", "debiased", "low", "high"])


def cumulative_reliability(
    probabilities: Vector, classes: NDArray[Any], truth: NDArray[Any], bins: int = 10
) -> pd.DataFrame:
    """The reliability tables of the four statements below each other, told apart by ``above``."""
    parts = [reliability(chance, came, bins) for chance, came in _statements(probabilities, classes, truth)]
    return pd.concat([part.assign(above=k) for k, part in enumerate(parts, 1)], ignore_index=True)


def _statements(probabilities: Vector, classes: NDArray[Any], truth: NDArray[Any]) -> list[tuple[Vector, NDArray[Any]]]:
    chances = above(probabilities, classes)
    came = np.asarray(truth, dtype=float)[:, None] > np.array(THRESHOLDS)[None, :]
    return list(zip(chances.T, came.T, strict=True))
