"""Whether conformal sets hold the truth as often as they say, and how large they are."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from workbench.plots.style import BLUE, GREY, ORANGE, canvas, height_for, panels, shortened

MARKS = (("subtree", BLUE, "o", "one subtree"), ("labels", ORANGE, "s", "several labels"))
MOST_GROUPS = 40


def conformal_sets(table: pd.DataFrame) -> Figure:
    """Coverage found against coverage stated, with 95 % intervals, beside the mean number of labels in a set.

    ``table`` has rows of ``evaluation.sets.set_row`` with the ``shape`` of the sets and the coverage ``stated``.
    """
    figure, (left, right) = panels(1, 2, 10.0, 4.2)
    ends = [float(table["stated"].min()) - 0.02, 1.0] if len(table) else [0.8, 1.0]
    left.plot(ends, ends, color=GREY, linewidth=1, linestyle="--", label="as stated")
    for shift, (shape, colour, mark, name) in zip((-0.0022, 0.0022), MARKS, strict=True):
        rows = table[table["shape"] == shape].sort_values("stated")
        if rows.empty:
            continue
        # Side by side, or the whiskers of two shapes hide each other.
        at = rows["stated"] + shift
        left.vlines(at, rows["low"], rows["high"], color=colour, linewidth=2)
        left.plot(at, rows["coverage"], mark, color=colour, label=name)
        right.plot(rows["stated"], rows["labels"], mark, linestyle="-", color=colour, label=name)
    for axes in (left, right):
        axes.set_xticks(sorted(set(table["stated"])))
        axes.set_xlabel("coverage stated")
    left.set_ylabel("share of sets that hold the truth, 95 % interval")
    left.set_ylim(top=1.005)
    left.legend(frameon=False, fontsize=9, loc="upper left")
    right.set_ylabel("labels in a set, mean")
    right.set_ylim(bottom=0)
    return figure


def coverage_by_group(table: pd.DataFrame, stated: float) -> Figure:
    """Coverage in each branch and at each depth with 95 % whiskers, against the stated one.

    ``table`` as of ``evaluation.sets.conditional_coverage``. Orange squares are clear of the stated coverage; of more
    than 40 groups the least covered are shown.
    """
    worst = table.sort_values(["by", "coverage"], kind="stable")
    if len(worst) > MOST_GROUPS:
        worst = worst.loc[worst["coverage"].nsmallest(MOST_GROUPS).index].sort_values(["by", "coverage"])
    figure, axes = canvas(7.5, height_for(len(worst), 0.27))
    axes.axvline(stated, color=GREY, linewidth=1, linestyle="--")
    rows = worst[["coverage", "low", "high"]].itertuples(index=False, name=None)
    for place, (coverage, low, high) in enumerate(rows):
        clear = not low <= stated <= high
        axes.plot([low, high], [place, place], color=ORANGE if clear else BLUE, linewidth=2)
        axes.plot([coverage], [place], "s" if clear else "o", color=ORANGE if clear else BLUE, markersize=5)
    names = zip(worst["by"], worst["group"], worst["rows"], strict=True)
    axes.set_yticks(range(len(worst)), [f"{by} {shortened(str(group), 34)} ({rows})" for by, group, rows in names])
    axes.tick_params(axis="y", labelsize=8)
    axes.set_ylim(len(worst) - 0.4, -0.6)
    note = f"dashed: {stated:g} stated over all rows; orange squares: clear of it"
    axes.set_xlabel(f"coverage, 95 % interval (prompts in brackets)\n{note}", fontsize=9)
    return figure
