"""Challenger beside champion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from workbench.plots.style import BLUE, GREY, ORANGE, canvas, height_for


@dataclass(frozen=True)
class SideBySide:
    """Accuracies of one model type; ``champion`` is None where none was judged on the same prompts."""

    name: str
    challenger: float
    champion: float | None
    baseline: float


def side_by_side(rows: Sequence[SideBySide]) -> Figure:
    """One line a model type, a mark for each contender."""
    figure, axes = canvas(7.5, height_for(len(rows), 0.6))
    for place, row in enumerate(reversed(rows)):
        axes.plot([row.baseline], [place], "|", color=GREY, markersize=18, label="best baseline")
        if row.champion is not None:
            axes.plot([row.champion], [place], "D", color=ORANGE, markersize=9, label="live")
        axes.plot([row.challenger], [place], "o", color=BLUE, label="new")
    axes.set_yticks(range(len(rows)), [row.name for row in reversed(rows)])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlim(0, 1)
    axes.set_xlabel("accuracy on the test prompts")
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    axes.legend(unique.values(), unique.keys(), frameon=False, loc="lower right", fontsize=8)
    return figure
