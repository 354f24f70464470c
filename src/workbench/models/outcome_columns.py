"""Which column of the outcome model says what, and how much its coefficient may vary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from workbench.models.outcome_features import CONSTANT, Indices, beside, crossed, one_hot
from workbench.records import Vector

HEAD = ("level", "prior", "match", "labels")
FIXED = ("level", "prior", "labels")
# Standard deviations of coefficients before any data, in units of the reward; of the prior's slope without a unit.
PRIOR_SD = {
    "level": 0.5,
    "prior": 1.0,
    "labels": 0.1,
    "match": 0.03,
    "description": 0.05,
    "technique": 0.05,
    "set": 0.05,
}
INTERACTION_SD = 0.03
CONTEXT_SD = 0.2
KINDS = ("head", "description", "context", "pair", "set")


@dataclass(frozen=True)
class Layout:
    """All columns there could be: the head, the description's axes, contexts, contexts x techniques, sets.

    ``contexts`` are their kinds, the constant first; ``keys`` those of them that stand for a value.
    """

    contexts: tuple[str, ...]
    keys: tuple[str, ...]
    techniques: int
    axes: int
    sets: tuple[str, ...]

    @property
    def starts(self) -> Indices:
        """Where each of ``KINDS`` begins, and the width of all."""
        pairs = len(self.contexts) * self.techniques
        return np.cumsum([0, len(HEAD), self.axes, len(self.contexts) - 1, pairs, len(self.sets)])

    @cached_property
    def blocks(self) -> NDArray[Any]:
        """The name of each column's block: its coefficients share a variance."""
        pairs = ["technique", *(f"technique x {kind}" for kind in self.contexts[1:])]
        names = [*HEAD, *["description"] * self.axes, *self.contexts[1:], *np.repeat(pairs, self.techniques)]
        return np.array([*names, *["set"] * len(self.sets)], dtype=object)

    def matrix(self, context: csr_matrix, chosen: csr_matrix, head: Vector, axes: Vector, place: Indices) -> csr_matrix:
        """One row a decision. ``chosen`` (rows, techniques) are the techniques applied, ``head`` (rows, 4), ``axes``
        (rows, axes), ``place`` the index of the row's set, negative where it has none."""
        sets = one_hot(place, len(self.sets))
        return beside(head, axes, context[:, CONSTANT + 1 :], crossed(context, chosen), sets)

    def chosen(self, support: Indices, most: int) -> Indices:
        """Columns with any row, those of ``FIXED`` always; beyond ``most`` the pairs with the fewest go."""
        kept = np.flatnonzero((support > 0) | np.isin(self.blocks, FIXED))
        interactions = np.array(["technique x " in name for name in self.blocks[kept]], dtype=bool)
        order = np.lexsort((-support[kept], interactions))
        return np.sort(kept[order[:most]])

    def keyed(self, columns: Indices) -> Indices:
        """Shape (columns, 3): kind and place in it (of a pair context and technique), which stay true in a layout with
        further contexts, techniques or sets."""
        kind = np.searchsorted(self.starts, columns, side="right") - 1
        place = columns - self.starts[kind]
        pair = kind == KINDS.index("pair")
        first = np.where(pair, place // max(self.techniques, 1), place)
        return np.column_stack([kind, first, np.where(pair, place % max(self.techniques, 1), 0)])

    def columns(self, keyed: Indices) -> Indices:
        kind, first, second = keyed.T
        pair = kind == KINDS.index("pair")
        found: Indices = self.starts[kind] + np.where(pair, first * self.techniques + second, first)
        return found


def prior_variance(block: str) -> float:
    default = INTERACTION_SD if block.startswith("technique x ") else CONTEXT_SD
    return PRIOR_SD.get(block, default) ** 2


def variances_of(blocks: Sequence[str], learnt: Mapping[str, float]) -> Vector:
    """What was learnt of each block, else what is thought before any data."""
    return np.array([learnt.get(block, prior_variance(block)) for block in blocks], dtype=np.float64)


def differences(mean: Vector, covariance: Vector, ours: Sequence[int], theirs: Sequence[int]) -> tuple[Vector, Vector]:
    """Mean and standard deviation of our arms less each row's other one, shape (rows, ours)."""
    other, row = np.asarray(theirs, dtype=np.int64), np.arange(len(mean))
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    shared = covariance[row, other][:, ours]
    square = np.maximum(variance[:, ours] + variance[row, other][:, None] - 2 * shared, 0.0)
    square[np.asarray(ours) == other[:, None]] = 0.0
    return mean[:, ours] - mean[row, other][:, None], np.sqrt(square)
