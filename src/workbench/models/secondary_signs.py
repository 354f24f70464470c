"""What says of a label that it is a further intent of a prompt besides the primary one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve
from scipy.special import logit

from workbench.records import Vector

# Labels looked at for each row: so many likeliest ones, so many that go with the primary, so many by linear score.
CANDIDATES = 10
# A primary's own counts are read together with so many rows that are like all the others.
BORROWED_ROWS = 5.0
# In rows, for scores of variance 1. From 100 to 3,000 it makes no difference on the starter corpus.
RIDGE = 1000.0
SMALLEST = 1e-12
ROWS_AT_ONCE = 4_096
SIGNS = (
    "log probability",
    "log rank",
    "log probability less that of the best other",
    "log probability of the primary",
    "above the primary",
    "below the primary",
    "beside the primary",
    "edges to the primary",
    "log odds with this primary",
    "log odds",
    "linear score",
)

Indices = NDArray[np.int64]


class Habits(NamedTuple):
    """Counted on some rows, for the S labels that are secondary in any.

    ``together`` (classes, S) are log odds of the label beside a primary, drawn towards ``alone`` (S,), those beside
    any. ``slopes`` (classes, S) and ``level`` (S,) are a ridge regression of "is secondary" on centred log
    probabilities: what the classifier wavers between says which second want there is.
    """

    together: Vector
    alone: Vector
    slopes: Vector
    level: Vector


def learn_habits(probabilities: Vector, primary: Indices, wanted: Vector) -> Habits:
    """``probabilities`` (rows, classes), ``primary`` (rows,), ``wanted`` (rows, S) of zeros and ones."""
    together = np.zeros((probabilities.shape[1], wanted.shape[1]))
    np.add.at(together, primary, wanted)
    share = (wanted.sum(axis=0) + 0.5) / (len(wanted) + 1)
    rows = np.bincount(primary, minlength=len(together))[:, None]
    drawn = (together + BORROWED_ROWS * share) / (rows + BORROWED_ROWS)
    logs = _centred(probabilities)
    middle, mean = logs.mean(axis=0), wanted.mean(axis=0)
    logs -= middle
    gram = logs.T @ logs
    gram[np.diag_indices_from(gram)] += RIDGE * max(float(np.mean(np.square(logs))), SMALLEST)
    slopes = solve(gram, logs.T @ (wanted - mean), assume_a="pos")
    return Habits(logit(drawn), logit(share), slopes, mean - middle @ slopes)


def signs_of(
    probabilities: Vector, labels: Indices, levels: Indices, habits: Habits
) -> Iterator[tuple[Indices, Indices, Vector]]:
    """For some thousand rows at a time the rows and columns of the candidates and their ``SIGNS``, shape (pairs, 11).

    A column is one of the S ``labels``, which are indices of the classes; ``levels`` as of ``taxonomy.levels``. A label
    as likely as the likeliest one is no candidate, so that none is its own companion.
    """
    for start in range(0, len(probabilities), ROWS_AT_ONCE):
        part = probabilities[start : start + ROWS_AT_ONCE]
        row, column, signs = _signs(part, labels, levels, habits)
        yield row + start, column, signs


def _signs(probabilities: Vector, labels: Indices, levels: Indices, habits: Habits) -> tuple[Indices, Indices, Vector]:
    every = np.arange(len(probabilities))[:, None]
    order = np.argsort(-probabilities, axis=1, kind="stable")
    rank = np.empty_like(order)
    rank[every, order] = np.arange(order.shape[1])
    primary = order[:, 0]
    score = _centred(probabilities) @ habits.slopes + habits.level
    chosen = _largest(habits.together[primary]) | _largest(score) | (rank[:, labels] <= CANDIDATES)
    chosen &= probabilities[:, labels] < probabilities[every, primary[:, None]]
    row, column = np.nonzero(chosen)
    label, beside = labels[column], primary[row]
    logs = np.log(np.maximum(probabilities, SMALLEST))
    best_other = logs[row, order[row, np.minimum(1, order.shape[1] - 1)]]
    columns = [
        logs[row, label],
        np.log(rank[row, label]),
        logs[row, label] - best_other,
        logs[row, beside],
        *_kinship(levels[label], levels[beside]),
        habits.together[beside, column],
        habits.alone[column],
        score[row, column],
    ]
    return row, column, np.column_stack(columns)


def _kinship(label: Indices, primary: Indices) -> tuple[NDArray[np.bool_], ...]:
    """Whether it is an ancestor, a descendant or a sibling of the primary; the edges between, by a common root."""
    depth, other = (label >= 0).sum(axis=1), (primary >= 0).sum(axis=1)
    shared = ((label == primary) & (label >= 0)).sum(axis=1)
    sibling = (depth == other) & (shared == depth - 1)
    return shared == depth, shared == other, sibling, depth + other - 2 * shared


def _largest(values: Vector) -> NDArray[np.bool_]:
    """The ``CANDIDATES`` largest of each row."""
    chosen = np.zeros(values.shape, dtype=bool)
    most = min(CANDIDATES, values.shape[1])
    chosen[np.arange(len(values))[:, None], np.argpartition(-values, most - 1, axis=1)[:, :most]] = True
    return chosen


def _centred(probabilities: Vector) -> Vector:
    """Logarithms less each row's mean: the classifier's scores, but for their scale."""
    logs = np.log(np.maximum(probabilities, SMALLEST**3))
    centred: Vector = logs - logs.mean(axis=1, keepdims=True)
    return centred
