"""Would more labels help? Accuracy against the number of training rows, without a look at the test split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from workbench.evaluation.intervals import Interval, share
from workbench.records import Examples, Split

HELD_OUT = 0.2
FRACTIONS = (0.25, 0.5, 1.0)


@dataclass(frozen=True)
class CurvePoint:
    rows: int
    accuracy: Interval


@dataclass(frozen=True)
class Growth:
    """Answers on the same held-out training rows after fits of growing size.

    ``truth`` has the shape (held,), or (held, techniques) for several labels a row; ``answers`` one array a fit,
    ``learnt`` the truth of the rows that each fit saw. ``right`` has the shape (fits, held).
    """

    truth: NDArray[Any]
    answers: tuple[NDArray[Any], ...]
    learnt: tuple[NDArray[Any], ...]
    right: NDArray[np.bool_]

    @property
    def points(self) -> list[CurvePoint]:
        pairs = zip(self.learnt, self.right, strict=True)
        return [CurvePoint(len(seen), share(int(right.sum()), len(right))) for seen, right in pairs]


def learning_curve(
    estimator: Any, train: Examples, seed: int, fractions: Sequence[float] = FRACTIONS
) -> list[CurvePoint]:
    """Fit clones of ``estimator`` on growing parts of four fifths of ``train``, score on the other fifth.

    The rows are shuffled once, so a smaller part lies within a larger one. A part of one class has no point: not every
    estimator can be fitted on it.
    """
    return grow(estimator, train, seed, fractions).points


def grow(
    estimator: Any,
    train: Examples,
    seed: int,
    fractions: Sequence[float] = FRACTIONS,
    words: Examples | None = None,
) -> Growth:
    """What the curve is drawn from. ``words`` are texts of the taxonomy, learnt from beside every part."""
    order = np.random.default_rng(seed).permutation(len(train.ids))
    held = order[: int(HELD_OUT * len(order))]
    rest = order[len(held) :]
    answers, learnt, right = [], [], []
    for fraction in fractions:
        rows = rest[: max(int(fraction * len(rest)), 2)]
        if train.y.ndim == 1 and len(set(train.y[rows])) < 2:
            continue
        part = Examples(train.X.iloc[rows], train.y[rows], tuple(train.ids[row] for row in rows))
        both = Split(part, part, words).learnt
        predicted = clone(estimator).fit(both.X, both.y).predict(train.X.iloc[held])
        answers.append(predicted)
        learnt.append(train.y[rows])
        right.append(_right(predicted, train.y[held], estimator))
    hits = np.array(right, dtype=bool).reshape(len(right), len(held))
    return Growth(train.y[held], tuple(answers), tuple(learnt), hits)


def _right(predicted: NDArray[Any], truth: NDArray[Any], estimator: Any) -> NDArray[np.bool_]:
    if truth.ndim == 1:
        return np.asarray(predicted == truth, dtype=bool)
    codes = list(estimator[-1].techniques)
    return np.array([row[codes.index(first)] for row, first in zip(truth, predicted[:, 0], strict=True)], dtype=bool)
