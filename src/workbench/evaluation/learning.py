"""Would more labels help? Accuracy against the number of training rows, without a look at the test split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from workbench.evaluation.intervals import Interval, share
from workbench.records import Examples

HELD_OUT = 0.2


@dataclass(frozen=True)
class CurvePoint:
    rows: int
    accuracy: Interval


def learning_curve(
    estimator: Any, train: Examples, seed: int, fractions: Sequence[float] = (0.25, 0.5, 1.0)
) -> list[CurvePoint]:
    """Fit clones of ``estimator`` on growing parts of four fifths of ``train``, score on the other fifth.

    The rows are shuffled once, so a smaller part lies within a larger one. A part of one class has no point: not every
    estimator can be fitted on it.
    """
    order = np.random.default_rng(seed).permutation(len(train.ids))
    held = order[: int(HELD_OUT * len(order))]
    rest = order[len(held) :]
    points = []
    for fraction in fractions:
        rows = rest[: max(int(fraction * len(rest)), 2)]
        if train.y.ndim == 1 and len(set(train.y[rows])) < 2:
            continue
        predicted = clone(estimator).fit(train.X.iloc[rows], train.y[rows]).predict(train.X.iloc[held])
        points.append(CurvePoint(len(rows), share(_right(predicted, train.y[held], estimator), len(held))))
    return points


def _right(predicted: NDArray[Any], truth: NDArray[Any], estimator: Any) -> int:
    if truth.ndim == 1:
        return int(np.sum(predicted == truth))
    codes = list(estimator[-1].techniques)
    return int(sum(row[codes.index(first)] for row, first in zip(truth, predicted[:, 0], strict=True)))
