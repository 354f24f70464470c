"""A ragged tree of intents, known by dotted paths."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.records import Vector


def ancestors(path: str) -> tuple[str, ...]:
    """The paths from the root of ``path`` down to ``path`` itself."""
    segments = path.split(".")
    return tuple(".".join(segments[: depth + 1]) for depth in range(len(segments)))


def parent(path: str) -> str | None:
    """The path above, None for a root."""
    head, _, _ = path.rpartition(".")
    return head or None


def distance(a: str, b: str) -> int:
    """Edges between two nodes, by way of a virtual root above all roots."""
    above_a, above_b = ancestors(a), ancestors(b)
    shared = sum(x == y for x, y in zip(above_a, above_b, strict=False))
    return len(above_a) + len(above_b) - 2 * shared


def levels(labels: Sequence[str]) -> NDArray[np.int64]:
    """Shape (labels, deepest): a number for the ancestor at each depth, the label itself last; -1 below it.

    Two labels share as many ancestors as their rows have equal numbers that are not -1.
    """
    above = [ancestors(label) for label in labels]
    number = {node: index for index, node in enumerate(sorted({node for nodes in above for node in nodes}))}
    found = np.full((len(above), max(map(len, above), default=0)), -1)
    for row, nodes in enumerate(above):
        found[row, : len(nodes)] = [number[node] for node in nodes]
    return found


@dataclass(frozen=True)
class Tree:
    """``nodes`` are the labels and everything above them, in path order, so a parent stands before its children."""

    nodes: tuple[str, ...]

    @classmethod
    def over(cls, labels: Iterable[str]) -> Tree:
        """
        Raises:
            ValueError: a label is empty or has an empty part, so that it is no path.
        """
        known = list(labels)
        if broken := [label for label in known if not all(label.split("."))]:
            raise ValueError(
                f"{broken[0]!r} is no path of an intent: expected names parted by single dots, as in 'code.debug'"
            )
        return cls(tuple(sorted({node for label in known for node in ancestors(label)})))

    def membership(self, labels: Iterable[str]) -> Vector:
        """Shape (labels, nodes): 1 where the node lies on the label's path. Multiplying a distribution over labels by
        it gives the probability of each node's subtree, so no child can outweigh its parent."""
        column = {node: index for index, node in enumerate(self.nodes)}
        wanted = list(labels)
        matrix = np.zeros((len(wanted), len(self.nodes)))
        for row, label in enumerate(wanted):
            matrix[row, [column[node] for node in ancestors(label)]] = 1.0
        return matrix

    def accumulated(self, probabilities: Vector, labels: Iterable[str]) -> Vector:
        """From a distribution over labels, shape (rows, labels), to the probability of each node's subtree.

        Added up from the leaves, so that rounding cannot lift a child above its parent.
        """
        column = {node: index for index, node in enumerate(self.nodes)}
        found = np.zeros((len(probabilities), len(self.nodes)))
        found[:, [column[label] for label in labels]] = probabilities
        for node in reversed(self.nodes):
            if (above := parent(node)) is not None:
                found[:, column[above]] += found[:, column[node]]
        return found
