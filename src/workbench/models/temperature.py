"""One number between scores and probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from workbench.records import Vector

ROWS_AT_ONCE = 4_096


def temperature_of(scores: Vector, truth: NDArray[Any]) -> tuple[float, float]:
    """What the scores, shape (rows, classes), are to be divided by to give the rows the highest likelihood (Guo et al.
    2017), and their log loss then; ``truth`` are columns."""

    def loss(log_temperature: float) -> float:
        parts = (slice(start, start + ROWS_AT_ONCE) for start in range(0, len(truth), ROWS_AT_ONCE))
        return -sum(_log_likelihood(scores[rows] / np.exp(log_temperature), truth[rows]) for rows in parts) / len(truth)

    found = minimize_scalar(loss, bounds=(-6.0, 3.0), method="bounded")
    return float(np.exp(found.x)), float(found.fun)


def _log_likelihood(logits: Vector, truth: NDArray[Any]) -> float:
    return float(log_softmax(logits, axis=1)[np.arange(len(truth)), truth].sum())
