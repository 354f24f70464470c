"""What says of a label that it is a further intent of a prompt besides the primary one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from workbench.records import Vector

# Labels looked at for each row: so many likeliest ones, so many that go with the primary, so many by their own score.
CANDIDATES = 10
# A primary's own counts are read together with so many rows that are like all the others.
BORROWED_ROWS = 5.0
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
    "score of its own",
)

Indices = NDArray[np.int64]


class Habits(NamedTuple):
    """Counted on some rows, for the S labels that are secondary in any: log odds of the label beside a primary one,
    ``together`` (classes, S), drawn towards those beside any, ``alone`` (S,)."""

    together: Vector
    alone: Vector


class Seen(NamedTuple):
    """What the classifier says of some rows: ``probabilities`` (rows, classes) of the primary label, and ``scores``
    (rows, S) of a head that was fitted to the secondary ones."""

    probabilities: Vector
    scores: Vector

    def of(self, rows: Indices) -> Seen:
        return Seen(self.probabilities[rows], self.scores[rows])


def learn_habits(primary: Indices, wanted: Vector, classes: int) -> Habits:
    """``primary`` (rows,) are numbers below ``classes``, ``wanted`` (rows, S) zeros and ones."""
    together = np.zeros((classes, wanted.shape[1]))
    np.add.at(together, primary, wanted)
    share = (wanted.sum(axis=0) + 0.5) / (len(wanted) + 1)
    rows = np.bincount(primary, minlength=classes)[:, None]
    return Habits(logit((together + BORROWED_ROWS * share) / (rows + BORROWED_ROWS)), logit(share))


def signs_of(seen: Seen, labels: Indices, levels: Indices, habits: Habits) -> Iterator[tuple[Indices, Indices, Vector]]:
    """For some thousand rows at a time the rows and columns of the candidates and their ``SIGNS``, shape (pairs, 11).

    A column is one of the S ``labels``, which are indices of the classes; ``levels`` as of ``taxonomy.levels``. A label
    as likely as the likeliest one is no candidate, so that none is its own companion.
    """
    every = np.arange(len(seen.probabilities))
    for start in range(0, len(every), ROWS_AT_ONCE):
        row, column, signs = _signs(seen.of(every[start : start + ROWS_AT_ONCE]), labels, levels, habits)
        yield row + start, column, signs


def _signs(seen: Seen, labels: Indices, levels: Indices, habits: Habits) -> tuple[Indices, Indices, Vector]:
    probabilities, scores = seen
    every = np.arange(len(probabilities))[:, None]
    order = np.argsort(-probabilities, axis=1, kind="stable")
    rank = np.empty_like(order)
    rank[every, order] = np.arange(order.shape[1])
    primary = order[:, 0]
    chosen = _largest(habits.together[primary]) | _largest(scores) | (rank[:, labels] <= CANDIDATES)
    chosen &= probabilities[:, labels] < probabilities[every, primary[:, None]]
    row, column = np.nonzero(chosen)
    label, beside = labels[column], primary[row]
    logs = np.log(np.maximum(probabilities, SMALLEST))
    best_other = logs[row, order[row, min(1, order.shape[1] - 1)]]
    columns = [
        logs[row, label],
        np.log(rank[row, label]),
        logs[row, label] - best_other,
        logs[row, beside],
        *_kinship(levels[label], levels[beside]),
        habits.together[beside, column],
        habits.alone[column],
        scores[row, column],
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
