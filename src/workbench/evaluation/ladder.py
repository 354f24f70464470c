"""A tree of nodes laid out for sums upwards and walks downwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.models.taxonomy import Tree, ancestors, parent
from workbench.records import Vector

Positions = NDArray[np.int64]
ROOT = ""


@dataclass(frozen=True)
class Level:
    """The nodes of one depth: rows ``first`` to ``last``, children of ``up`` (a row for each of them). ``parents`` are
    those rows once each, and ``starts`` says where in the level the children of each begin."""

    first: int
    last: int
    up: Positions
    parents: Positions
    starts: Positions


@dataclass(frozen=True)
class Ladder:
    """``nodes`` stand by depth, then by path, the root "" first: so children of a node stand side by side."""

    nodes: tuple[str, ...]
    levels: tuple[Level, ...]

    @classmethod
    def over(cls, paths: Iterable[str]) -> Ladder:
        """Of the paths, everything above them and the root.

        Raises:
            ValueError: a path is not one.
        """
        below = sorted(Tree.over(path for path in paths if path != ROOT).nodes, key=lambda node: (depth_of(node), node))
        nodes = (ROOT, *below)
        row = {node: index for index, node in enumerate(nodes)}
        depths = np.array([depth_of(node) for node in nodes])
        levels = []
        for depth in range(1, int(depths.max()) + 1):
            here = np.flatnonzero(depths == depth)
            up = np.array([row[parent(nodes[at]) or ROOT] for at in here])
            parents, starts = np.unique(up, return_index=True)
            # Sorted by path, families are whole; in the order in which they stand.
            order = np.argsort(starts)
            levels.append(Level(int(here[0]), int(here[-1]) + 1, up, parents[order], starts[order]))
        return cls(nodes, tuple(levels))

    @property
    def depth(self) -> Positions:
        return np.array([depth_of(node) for node in self.nodes])

    def ancestor_at(self, depth: int) -> tuple[Positions, NDArray[np.bool_]]:
        """The row of each row's ancestor of that depth (itself included), and whether it has one."""
        found = np.arange(len(self.nodes))
        for level in self.levels[depth:]:
            found[level.first : level.last] = found[level.up]
        return found, self.depth >= depth

    def add_up(self, values: Vector) -> Vector:
        """Shape (…, nodes, techniques, models): each node's value with those of everything below it."""
        total = values.copy()
        for level in reversed(self.levels):
            below = total[..., level.first : level.last, :, :]
            total[..., level.parents, :, :] += np.add.reduceat(below, level.starts, axis=-3)
        return total


def depth_of(node: str) -> int:
    """0 for the root."""
    return len(ancestors(node)) if node else 0
