"""Which classes and branches gained and lost between two models."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from workbench.plots.style import GREY, ORANGE, canvas, height_for, shortened, sign_colour

MOST_ROWS = 24


def largest_changes(table: pd.DataFrame, most: int = MOST_ROWS) -> Figure:
    """Dots and 95 % whiskers, losses on top. ``table`` as of ``evaluation.gate_groups.group_table``; of more than
    ``most`` groups that changed, those that changed most."""
    changed = table[table["difference"] != 0]
    kept = changed.loc[changed["difference"].abs().sort_values(ascending=False, kind="stable").index[:most]]
    shown = kept.sort_values(["difference", "group"], kind="stable")
    figure, axes = canvas(8.0, height_for(len(shown), 0.28))
    axes.axvline(0, color=GREY, linewidth=1)
    for place, row in enumerate(shown[["difference", "low", "high"]].itertuples(index=False, name=None)):
        point, low, high = (float(value) for value in row)
        colour = sign_colour(low, high)
        axes.plot([low, high], [place, place], color=colour, linewidth=2)
        axes.plot([point], [place], "s" if colour == ORANGE else "o", color=colour, markersize=5)
    named = zip(shown["kind"], shown["group"], shown["rows"], strict=True)
    axes.set_yticks(range(len(shown)), [_label(*words) for words in named], fontsize=8)
    axes.set_ylim(max(len(shown), 1) - 0.4, -0.6)
    hidden = len(changed) - len(shown)
    note = f"\n{hidden} smaller changes not shown" if hidden else ""
    axes.set_xlabel(f"recall now minus before, 95 % interval; number of prompts in brackets{note}", fontsize=9)
    return figure


def _label(kind: str, group: str, rows: int) -> str:
    return f"{'branch ' if kind == 'branch' else ''}{shortened(group, 40)} ({rows})"
