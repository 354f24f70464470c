"""Scores of an ordered outcome."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


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
