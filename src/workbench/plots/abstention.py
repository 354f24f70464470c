"""What abstaining costs and what it finds."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from workbench.evaluation.abstention import auroc, out_of_scope_table
from workbench.plots.style import BLUE, GREEN, GREY, ORANGE, RED, canvas, height_for, panels
from workbench.records import Vector

LINES = ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (RED, ":"))
# The risk of the surest few is a share of few rows: its interval would set the scale of the picture.
LEAST_COVERAGE = 0.05


def coverage_risk_curve(curves: Mapping[str, pd.DataFrame]) -> Figure:
    """Share of wrong answers among the surest rows, with 95 % intervals. At most four models.

    ``curves`` by model name: ``coverage``, ``risk``, ``low``, ``high`` as in ``evaluation.abstention.coverage_risk``.
    """
    figure, axes = canvas(6.5, 4.2)
    for (name, curve), (colour, line) in zip(curves.items(), LINES, strict=False):
        shown = curve[curve["coverage"] >= LEAST_COVERAGE]
        axes.fill_between(shown["coverage"], shown["low"], shown["high"], color=colour, alpha=0.15, linewidth=0)
        axes.plot(shown["coverage"], shown["risk"], line, color=colour, label=name)
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("share of prompts answered, the surest first")
    axes.set_ylabel("share of the answers that is wrong")
    if len(curves) > 1:
        axes.legend(frameon=False, loc="upper left")
    return figure


def out_of_scope(score: Vector, outside: NDArray[Any], right: NDArray[Any]) -> Figure:
    """The score in and out of scope, its ROC curve, and recall beside the in-scope accuracy that it leaves.

    Shapes (rows,): ``score`` is higher further outside, ``outside`` says which rows are, ``right`` which in-scope
    rows are classified right. Both kinds of rows have to occur.
    """
    outside = np.asarray(outside, dtype=bool)
    figure, (left, middle, last) = panels(1, 3, 12.5, 3.9, (1.0, 0.9, 1.15))
    _distributions(left, np.asarray(score), outside)
    _roc(middle, np.asarray(score), outside)
    _rules(last, out_of_scope_table(score, outside, right))
    return figure


def out_of_scope_rules(table: pd.DataFrame) -> Figure:
    """Out-of-scope recall beside the in-scope accuracy that is left, a line a rule.

    ``table`` as of ``evaluation.abstention.out_of_scope_table``, with whatever other rules were added to it.
    """
    figure, axes = canvas(7.5, height_for(len(table), 0.5))
    _rules(axes, table)
    return figure


def _distributions(axes: Axes, score: Vector, outside: NDArray[np.bool_]) -> None:
    edges = np.histogram_bin_edges(score, 40)
    inside = np.histogram(score[~outside], edges)[0] / max((~outside).sum(), 1)
    beyond = np.histogram(score[outside], edges)[0] / max(outside.sum(), 1)
    axes.stairs(inside, edges, fill=True, color=BLUE, alpha=0.45, label=f"in scope ({(~outside).sum()})")
    axes.stairs(beyond, edges, color=ORANGE, linewidth=2, label=f"out of scope ({outside.sum()})")
    axes.set_xlabel("out-of-scope score")
    axes.set_ylabel("share of the rows")
    axes.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


def _roc(axes: Axes, score: Vector, outside: NDArray[np.bool_]) -> None:
    lost, found, _ = roc_curve(outside, score)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--")
    axes.plot(lost, found, color=BLUE)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("in-scope rows sent out (share)")
    axes.set_ylabel("out-of-scope rows found (share)")
    area = auroc(score, outside)
    text = f"AUROC {area.point:.3f}\n({area.low:.3f} to {area.high:.3f})"
    axes.text(0.97, 0.05, text, transform=axes.transAxes, ha="right", va="bottom", fontsize=9)


def _rules(axes: Axes, table: pd.DataFrame) -> None:
    places = np.arange(len(table))
    for name, colour, mark, shift in (("recall", ORANGE, "s", -0.13), ("in_scope_accuracy", BLUE, "o", 0.13)):
        at = places + shift
        axes.hlines(at, table[f"{name}_low"], table[f"{name}_high"], color=colour, linewidth=2)
        label = "out-of-scope recall" if name == "recall" else "in-scope accuracy"
        axes.plot(table[name], at, mark, color=colour, label=label)
    axes.set_yticks(places, [textwrap.fill(str(rule), 22) for rule in table["rule"]], fontsize=8)
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.set_xlim(0, 1.02)
    axes.set_xlabel("share, 95 % interval")
    axes.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
