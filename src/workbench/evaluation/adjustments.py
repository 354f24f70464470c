"""What to add to a cell's score at a complexity or in a domain."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.evaluation.cells import Cells
from workbench.evaluation.log_cells import OTHER, Layout
from workbench.evaluation.pooling import Effort, pool
from workbench.records import Vector


def adjustments(cells: Cells, layout: Layout, base: Vector, effort: Effort) -> list[list[Mapping[str, float] | None]]:
    """For each node and technique {group: mean reward in the group less that over all groups}, groups with outcomes of
    the technique there only, pooled like the score itself; None where no outcome says its group."""
    named = [(name, at) for at, name in enumerate(layout.groups) if name != OTHER]
    nodes, techniques, _ = layout.shape
    if not named:
        return [[None] * techniques for _ in range(nodes)]
    there = layout.ladder.add_up(cells.rows)[0] > 0
    over = pool(layout.ladder, cells, base, effort).over_all.mean[0]
    return [[_of(over[node, at], there[node, at], named) for at in range(techniques)] for node in range(nodes)]


def _of(over: Vector, there: Vector, named: list[tuple[str, int]]) -> Mapping[str, float] | None:
    found = {name: float(over[at]) for name, at in named if there[at]}
    return found or None
