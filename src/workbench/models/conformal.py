"""Sets that hold the truth as often as they say, whatever the distribution of the data.

Split conformal prediction (Vovk, Gammerman and Shafer 2005; Angelopoulos and Bates 2023) on a tree: from the likeliest
label upwards, each ancestor's subtree is a set that holds the one before. The nonconformity of a row is the probability
that the climb must leave behind before it holds the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.models.taxonomy import Tree, ancestors
from workbench.records import Vector

EVERYTHING = ""
# For each row the sets from its likeliest label up to everything, and their probabilities.
Climbs = list[tuple[tuple[str, ...], Vector]]


def climb(label: str) -> tuple[str, ...]:
    """The label, then its ancestors, then everything."""
    return (*reversed(ancestors(label)), EVERYTHING)


def climbs(tree: Tree, classes: NDArray[Any], probabilities: Vector) -> Climbs:
    """``probabilities`` of the labels ``classes``, shape (rows, labels)."""
    column = {node: index for index, node in enumerate(tree.nodes)}
    labels = [str(label) for label in classes]
    chances = np.column_stack([tree.accumulated(probabilities, labels), np.ones(len(probabilities))])
    steps = [climb(label) for label in labels]
    columns = [[column.get(node, -1) for node in nodes] for nodes in steps]
    best = probabilities.argmax(axis=1)
    return [(steps[label], chances[row, columns[label]]) for row, label in enumerate(best)]


def nonconformity(climbs: Sequence[tuple[str, ...]], chances: Sequence[Vector], truth: Sequence[str]) -> Vector:
    """One number a row in [-1, 1].

    ``chances`` are the probabilities of the subtrees of a climb. Where the first set already holds the truth the number
    is minus its probability, so that a coverage below the accuracy leaves out the least sure rows.
    """
    found = np.empty(len(truth))
    for row, (nodes, chance, true) in enumerate(zip(climbs, chances, truth, strict=True)):
        first = next(step for step, node in enumerate(nodes) if within(true, node))
        found[row] = -chance[0] if first == 0 else chance[first - 1]
    return found


def within(label: str, node: str) -> bool:
    """Whether the label is the node or lies below it."""
    return node == EVERYTHING or label == node or label.startswith(node + ".")


def quantile(scores: Vector, coverage: float) -> float:
    """The threshold that a further score stays at or below with at least ``coverage``, if exchangeable with these.

    The ceil((n + 1) coverage)-th smallest; infinity where so few scores cannot promise as much.
    """
    rank = int(np.ceil((len(scores) + 1) * coverage))
    return float(np.sort(scores)[rank - 1]) if 0 < rank <= len(scores) else float("inf")


def lowest_threshold(scores: Vector, reach: Vector, accuracy: float) -> float:
    """The lowest threshold at which, of the rows that get an answer, at least ``accuracy`` are on the true path.

    ``reach`` is the largest probability on a row's climb short of everything. One further wrong answer is counted, as
    in conformal risk control (Angelopoulos et al. 2024); infinity where no threshold is good enough.
    """
    for threshold in np.unique(np.concatenate([[0.0], np.quantile(scores, np.linspace(0.0, 1.0, 401)).clip(0.0)])):
        answered = reach > threshold
        wrong = np.sum(answered & (scores > threshold))
        if wrong + 1 <= (1.0 - accuracy) * (answered.sum() + 1):
            return float(threshold)
    return float("inf")


def stop(nodes: tuple[str, ...], chance: Vector, threshold: float) -> str | None:
    """The first set of the climb that the threshold lets stand; None where it asks for no set at all."""
    if threshold < 0 and -chance[0] > threshold:
        return None
    return next((node for node, p in zip(nodes, chance, strict=True) if p > threshold), EVERYTHING)


def label_sets(probabilities: Vector, classes: NDArray[Any], threshold: float) -> list[tuple[str, ...]]:
    """Every label whose probability is at least one minus the threshold (Sadinle, Lei and Wasserman 2019)."""
    return [tuple(str(label) for label in classes[row >= 1.0 - threshold]) for row in probabilities]
