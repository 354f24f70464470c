"""One model beside another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from workbench.evaluation.gate_checks import p_in_words
from workbench.evaluation.paired import Comparison
from workbench.plots.style import BLUE, GREY, ORANGE, canvas, height_for, panels, sign_colour

LESS_IS_BETTER = frozenset({"mean_tree_distance", "mean_absolute_error", "ece", "log_loss", "brier"})


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


def differences(comparisons: Sequence[Comparison], ours: str = "new", theirs: str = "live") -> Figure:
    """The difference of two models on the same rows, a line a score with a scale of its own, and 95 % intervals.

    To the right is better for every score: scales of errors run backwards.
    """
    figure, lines = panels(max(len(comparisons), 1), 1, 8.5, 1.0 + 0.62 * len(comparisons))
    for axes, found in zip(lines, comparisons, strict=False):
        worse = found.metric in LESS_IS_BETTER
        colour = sign_colour(found.low, found.high, worse)
        axes.axvline(0, color=GREY, linewidth=1)
        axes.plot([found.low, found.high], [0, 0], color=colour, linewidth=2)
        axes.plot([found.difference], [0], "s" if colour == ORANGE else "o", color=colour)
        reach = 1.15 * max(abs(found.low), abs(found.high), 1e-6)
        axes.set_xlim((reach, -reach) if worse else (-reach, reach))
        axes.set_ylim(-0.5, 0.5)
        axes.set_yticks([0], [found.metric.replace("_", " ")])
        axes.tick_params(axis="y", length=0)
        axes.tick_params(axis="x", labelsize=7)
        axes.spines["left"].set_visible(False)
        axes.locator_params(axis="x", nbins=5)
        text = f"{found.difference:+.4f} ({found.low:+.4f} to {found.high:+.4f}), {p_in_words(found.p_value)}"
        axes.text(1.02, 0.5, text, transform=axes.transAxes, va="center", fontsize=8)
    figure.supxlabel(f"{ours} minus {theirs}, 95 % interval; right of 0: {ours} is better", fontsize=9)
    return figure
