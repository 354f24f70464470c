"""Scores of an ordered outcome."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score


def ordinal_scores(truth: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    """Quadratic-weighted kappa (Cohen 1968), mean absolute error in levels, share within one level.

    Kappa is 0 where truth and prediction hold one class only.
    """
    gaps = np.abs(np.asarray(truth, dtype=float) - np.asarray(predicted, dtype=float))
    one_class = len(np.unique(np.concatenate([truth, predicted]))) < 2
    kappa = 0.0 if one_class else float(cohen_kappa_score(truth, predicted, weights="quadratic"))
    return {
        "quadratic_kappa": kappa,
        "mean_absolute_error": float(gaps.mean()),
        "within_one": float(np.mean(gaps <= 1)),
    }
