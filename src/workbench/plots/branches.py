"""Scores of branches or intents, each with what is known of it."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from workbench.plots.style import BLUE, GREY, ORANGE, canvas, height_for, shortened

MOST_ROWS = 40


def scores_with_intervals(
    table: pd.DataFrame, score: str = "f1", by: str = "label", overall: float | None = None, most: int = MOST_ROWS
) -> Figure:
    """Dots and 95 % whiskers, the weakest on top; of more than ``most`` rows the weakest.

    ``table`` as of ``evaluation.per_group.class_table`` (``by`` is "label") or ``branch_table`` ("branch"): ``support``
    and the score with its bounds ``<score>_low`` and ``<score>_high``. With ``overall`` a line there, and rows whose
    interval ends below it are orange squares.
    """
    known = table[table["support"] > 0].sort_values([score, by], kind="stable")
    shown = known.head(most)
    figure, axes = canvas(7.5, height_for(len(shown), 0.26))
    if overall is not None:
        axes.axvline(overall, color=GREY, linewidth=1, linestyle="--")
    rows = shown[[score, f"{score}_low", f"{score}_high"]].itertuples(index=False, name=None)
    for place, (point, low, high) in enumerate(rows):
        colour = ORANGE if overall is not None and high < overall else BLUE
        axes.plot([low, high], [place, place], color=colour, linewidth=2)
        axes.plot([point], [place], "s" if colour == ORANGE else "o", color=colour, markersize=5)
    labels = [f"{shortened(str(name), 40)} ({n})" for name, n in zip(shown[by], shown["support"], strict=True)]
    axes.set_yticks(range(len(shown)), labels, fontsize=8)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(right=1.0 + 0.02 * (1.0 - axes.get_xlim()[0]))
    hidden = len(known) - len(shown)
    notes = ["95 % interval, number of prompts in brackets"]
    if overall is not None:
        notes.append(f"dashed: overall {overall:.3f}; orange squares: the interval lies below it")
    notes += [f"{hidden} better ones not shown"] if hidden else []
    axes.set_xlabel("\n".join([score.replace("_", " "), *notes]), fontsize=9)
    return figure
