"""One number a random split of the same rows, and what all the splits say together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import t

from workbench.evaluation.intervals import Interval
from workbench.records import Vector

LEVEL = 0.95


def over_splits(values: Sequence[float], test_rows: float, train_rows: float) -> Interval:
    """The mean over splits with the corrected resampled t interval of Nadeau and Bengio (2003, "Inference for the
    generalization error", Machine Learning 52).

    ``values`` are scores, or paired differences of scores, one a random split into ``train_rows`` and ``test_rows`` (a
    mean over splits where they vary). Splits share rows, so their spread tells too little about other data: in place of
    s^2 / J the mean of J has the variance (1 / J + test_rows / train_rows) s^2, and J - 1 degrees of freedom. Right
    where two splits correlate by the share of rows tested, which a model that a few rows do not change comes close to.

    Raises:
        ValueError: fewer than two splits, or no rows on one side.
    """
    found = _checked(values, test_rows, train_rows)
    half = float(t.ppf((1 + LEVEL) / 2, len(found) - 1)) * _standard_error(found, test_rows, train_rows)
    point = float(found.mean())
    return Interval(point, point - half, point + half)


def p_value_over_splits(values: Sequence[float], test_rows: float, train_rows: float) -> float:
    """Two-sided, for a mean of 0: the level at which the interval of ``over_splits`` just reaches 0."""
    found = _checked(values, test_rows, train_rows)
    error = _standard_error(found, test_rows, train_rows)
    if error == 0.0:
        return float(found.mean() == 0.0)
    return float(2 * t.sf(abs(found.mean()) / error, len(found) - 1))


def _checked(values: Sequence[float], test_rows: float, train_rows: float) -> Vector:
    if len(values) < 2:
        raise ValueError(f"an interval over splits needs at least two of them, got {len(values)}")
    if test_rows <= 0 or train_rows <= 0:
        raise ValueError(f"a split needs rows on both sides, got {train_rows} to train on and {test_rows} to test on")
    return np.asarray(values, dtype=np.float64)


def _standard_error(values: Vector, test_rows: float, train_rows: float) -> float:
    return float(values.std(ddof=1) * np.sqrt(1 / len(values) + test_rows / train_rows))
