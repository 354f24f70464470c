"""Whether a stated probability comes true as often as it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.records import Vector

BINS = 15
SMALLEST = 1e-12


def reliability(confidence: Vector, correct: NDArray[Any], bins: int = BINS) -> pd.DataFrame:
    """One row a bin of equal width that holds predictions: low, high, confidence and accuracy (means), rows."""
    index = np.minimum((np.asarray(confidence) * bins).astype(int), bins - 1)
    frame = pd.DataFrame({"bin": index, "confidence": confidence, "accuracy": np.asarray(correct, dtype=float)})
    table = frame.groupby("bin").agg(
        confidence=("confidence", "mean"), accuracy=("accuracy", "mean"), rows=("bin", "size")
    )
    table.insert(0, "low", table.index / bins)
    table.insert(1, "high", (table.index + 1) / bins)
    return table.reset_index(drop=True)


def expected_calibration_error(confidence: Vector, correct: NDArray[Any], bins: int = BINS) -> float:
    """Mean gap between confidence and accuracy over bins of equal width, weighted by rows (Guo et al. 2017)."""
    table = reliability(confidence, correct, bins)
    gaps = np.abs(table["confidence"] - table["accuracy"])
    return float(np.average(gaps, weights=table["rows"]))


def calibration_scores(probabilities: Vector, classes: NDArray[Any], truth: NDArray[Any]) -> dict[str, float]:
    """ECE of the top label, Brier score (sum over classes, 0 to 2) and log loss in nats.

    A test label the model never saw has probability 0 there; its log loss is bounded by 1e-12.
    """
    column = {label: index for index, label in enumerate(classes)}
    hot = np.zeros_like(probabilities)
    known = np.array([column.get(label, -1) for label in truth])
    rows = np.flatnonzero(known >= 0)
    hot[rows, known[rows]] = 1.0
    of_truth = np.zeros(len(truth))
    of_truth[rows] = probabilities[rows, known[rows]]
    best = probabilities.argmax(axis=1)
    unseen = float(np.mean(known < 0))
    return {
        "ece": expected_calibration_error(probabilities.max(axis=1), best == known),
        "brier": float(np.mean(np.sum((probabilities - hot) ** 2, axis=1))) + unseen,
        "log_loss": float(-np.mean(np.log(np.maximum(of_truth, SMALLEST)))),
    }
