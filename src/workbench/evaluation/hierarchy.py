"""Walk down a tree of nodes and shrink every node's means towards its parent's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.evaluation.shrinkage import FLOOR, Posterior, between_variance, shrink
from workbench.models.taxonomy import Tree, ancestors, parent
from workbench.records import Vector

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Ladder:
    """A tree with one root above all. Row 0 is the root, row i + 1 is ``tree.nodes[i]``.

    ``above`` has the row of each row's parent (the root's is itself), ``depth`` is 0 for the root.
    """

    above: Positions
    depth: Positions

    @classmethod
    def of(cls, tree: Tree) -> Ladder:
        row = {node: index + 1 for index, node in enumerate(tree.nodes)}
        above = [0] + [0 if (up := parent(node)) is None else row[up] for node in tree.nodes]
        return cls(np.array(above), np.array([0] + [len(ancestors(node)) for node in tree.nodes]))

    @property
    def branch(self) -> Positions:
        """The row of each row's ancestor of depth 1; the root's is itself."""
        branch = np.arange(len(self.above))
        while (self.depth[branch] > 1).any():
            branch = np.where(self.depth[branch] > 1, self.above[branch], branch)
        return branch


@dataclass(frozen=True)
class Descent:
    """``posterior`` in the shape of the means; ``before`` is each row's variance before any data."""

    posterior: Posterior
    before: Vector


def descend(
    ladder: Ladder, means: Vector, variances: Vector, root: Posterior, root_between: float, families: Positions
) -> Descent:
    """Posterior of every row, given that of row 0.

    ``means`` and ``variances`` have one row a node and any further axes; a variance is infinite without data.
    ``families`` (broadcast to the same shape) names those whose spread tells tau^2 of a depth: members of a family
    differ from their parents' means by a shift of their own.
    """
    mean, variance = np.empty_like(means), np.empty_like(variances)
    mean[0], variance[0] = root.mean, root.variance
    before = np.full(len(means), max(root_between, FLOOR))
    families = np.broadcast_to(families, means.shape)
    for depth in range(1, int(ladder.depth.max()) + 1):
        here = np.flatnonzero(ladder.depth == depth)
        up = ladder.above[here]
        known = np.isfinite(variances[here])
        residuals = (means[here] - mean[up])[known]
        between = between_variance(residuals, variances[here][known], families[here][known])
        found = shrink(means[here], variances[here], Posterior(mean[up], variance[up]), between)
        mean[here], variance[here] = found.mean, found.variance
        before[here] = before[up] + max(between, FLOOR)
    return Descent(Posterior(mean, variance), before)
