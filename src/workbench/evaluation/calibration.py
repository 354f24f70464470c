"""Whether a stated probability comes true as often as it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

from workbench.evaluation.intervals import NORMAL_QUANTILE, Interval, share
from workbench.records import Vector

BINS = 15
SMALLEST = 1e-12


@dataclass(frozen=True)
class BrierParts:
    """Murphy (1973): the Brier score of the forecasts rounded to their bins' means is ``reliability`` (less is better)
    minus ``resolution`` (more is better) plus ``uncertainty`` (the outcomes' own variance)."""

    reliability: float
    resolution: float
    uncertainty: float


def reliability(confidence: Vector, correct: NDArray[Any], bins: int = BINS, equal_mass: bool = False) -> pd.DataFrame:
    """One row a bin that holds predictions: low, high, confidence and accuracy (means), rows, and the accuracy's Wilson
    interval accuracy_low to accuracy_high.

    Bins have equal width, or with ``equal_mass`` about equally many rows (Nguyen and O'Connor 2015); equal confidences
    then share a bin, and low and high are the least and the largest confidence in it.
    """
    confidence, hits = np.asarray(confidence, dtype=np.float64), np.asarray(correct, dtype=float)
    index = _bins(confidence, bins, equal_mass)
    frame = pd.DataFrame({"bin": index, "confidence": confidence, "accuracy": hits})
    grouped = frame.groupby("bin")
    table = grouped.agg(confidence=("confidence", "mean"), accuracy=("accuracy", "mean"), rows=("bin", "size"))
    low, high = (grouped["confidence"].agg(end) for end in ("min", "max"))
    table.insert(0, "low", low if equal_mass else table.index / bins)
    table.insert(1, "high", high if equal_mass else (table.index + 1) / bins)
    found = [share(int(hit), int(rows)) for hit, rows in zip(grouped["accuracy"].sum(), table["rows"], strict=True)]
    table["accuracy_low"], table["accuracy_high"] = [part.low for part in found], [part.high for part in found]
    return table.reset_index(drop=True)


def expected_calibration_error(
    confidence: Vector, correct: NDArray[Any], bins: int = BINS, equal_mass: bool = False
) -> float:
    """Mean gap between confidence and accuracy over the bins, weighted by rows (Guo et al. 2017). Few rows make it
    larger than it is: a perfectly calibrated model has gaps too."""
    confidence = np.asarray(confidence, dtype=np.float64)
    gaps = np.bincount(_bins(confidence, bins, equal_mass), confidence - np.asarray(correct, dtype=float))
    return float(np.abs(gaps).sum() / len(confidence))


def debiased_calibration_error(
    confidence: Vector, correct: NDArray[Any], bins: int = BINS, equal_mass: bool = False
) -> Interval:
    """The calibration error less what chance adds to it (Kumar, Liang and Ma 2019, with their Gaussian noise averaged
    in closed form), at least 0, and a 95 % interval for the error of the same bins that endless rows would show.

    The low end inverts a test: no errors in proportion to those seen, but smaller than it, would give so large a gap in
    more than 2.5 % of samples. The high end takes off no bias, because how much there is depends on what is not known;
    so the interval covers rather more than it says.
    """
    table = reliability(confidence, correct, bins, equal_mass)
    rows = table["rows"].to_numpy(float)
    weights = rows / rows.sum()
    gaps = np.abs(table["confidence"].to_numpy(float) - table["accuracy"].to_numpy(float))
    chance = (table["accuracy"].to_numpy(float) * rows + 1) / (rows + 2)
    noise = np.sqrt(chance * (1 - chance) / rows)
    seen = float(weights @ gaps)

    def unlikely(scale: float) -> float:
        mean = _folded_mean(scale * gaps, noise)
        variance = (scale * gaps) ** 2 + noise**2 - mean**2
        return float(weights @ mean + NORMAL_QUANTILE * np.sqrt(weights**2 @ variance)) - seen

    low = 0.0 if unlikely(0.0) >= 0 else seen * float(brentq(unlikely, 0.0, 1.0))
    high = seen + NORMAL_QUANTILE * float(np.sqrt(weights**2 @ noise**2))
    point = max(2 * seen - float(weights @ _folded_mean(gaps, noise)), 0.0)
    return Interval(point, min(low, point), min(high, 1.0))


def classwise_calibration_error(
    probabilities: Vector, classes: NDArray[Any], truth: NDArray[Any], bins: int = BINS
) -> float:
    """The mean over classes of the calibration error of "is it this one?" (Kull et al. 2019)."""
    hot = np.asarray(truth)[:, None] == np.asarray(classes)[None, :]
    columns = zip(probabilities.T, hot.T, strict=True)
    return float(np.mean([expected_calibration_error(column, is_it, bins) for column, is_it in columns]))


def brier_parts(confidence: Vector, correct: NDArray[Any], bins: int = BINS) -> BrierParts:
    """Of the likeliest label, right or wrong, over bins of about equally many rows."""
    table = reliability(confidence, correct, bins, equal_mass=True)
    rows, confidence, accuracy = (table[name].to_numpy(float) for name in ("rows", "confidence", "accuracy"))
    weights, base = rows / rows.sum(), float(np.mean(correct))
    return BrierParts(
        float(weights @ (confidence - accuracy) ** 2),
        float(weights @ (accuracy - base) ** 2),
        base * (1 - base),
    )


def calibration_scores(probabilities: Vector, classes: NDArray[Any], truth: NDArray[Any]) -> dict[str, float]:
    """ECE of the top label, Brier score (sum over classes, 0 to 2) and log loss in nats.

    A test label the model never saw has probability 0 there; its log loss is bounded by 1e-12.
    """
    of_truth = probability_of(probabilities, classes, truth)
    correct = np.asarray(classes)[probabilities.argmax(axis=1)] == np.asarray(truth)
    # sum over k of (p_k - [k is the truth])^2; 1 for the truth whether or not there is a column for it
    squared = np.square(probabilities).sum(axis=1) - 2 * of_truth + 1.0
    return {
        "ece": expected_calibration_error(probabilities.max(axis=1), correct),
        "brier": float(np.mean(squared)),
        "log_loss": float(-np.mean(np.log(np.maximum(of_truth, SMALLEST)))),
    }


def probability_of(probabilities: Vector, classes: NDArray[Any], truth: NDArray[Any]) -> Vector:
    """Shape (rows,): what each row gives its true label, 0 where that has no column."""
    column = {label: index for index, label in enumerate(classes)}
    known = np.array([column.get(label, -1) for label in truth])
    found: Vector = np.where(known >= 0, probabilities[np.arange(len(known)), known], 0.0)
    return found


def _bins(confidence: Vector, bins: int, equal_mass: bool) -> NDArray[Any]:
    if not equal_mass:
        return np.asarray(np.minimum((confidence * bins).astype(int), bins - 1))
    edges = np.unique(np.quantile(confidence, np.arange(1, bins) / bins, method="inverted_cdf"))
    return np.searchsorted(edges, confidence, side="left")


def _folded_mean(middle: Vector, spread: Vector) -> Vector:
    """The mean of |a normal variable|."""
    ratio = middle / spread
    found: Vector = spread * np.sqrt(2 / np.pi) * np.exp(-(ratio**2) / 2) + middle * (1 - 2 * norm.cdf(-ratio))
    return found
