"""A ranking beside others."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from workbench.plots.style import GREY, height_for, panels, sign_colour

SHOWN = {"ndcg_at_5": "NDCG@5", "map": "MAP", "recall_at_5": "recall@5"}


def ranking_leads(against: pd.DataFrame) -> Figure:
    """Ours less each other ranking on the same prompts, a panel a score, with 95 % intervals: the table
    ``ranking_against`` of a report."""
    others = list(dict.fromkeys(against["other"]))
    figure, parts = panels(1, len(SHOWN), 10.0, height_for(len(others), 0.42))
    for axes, (metric, name) in zip(parts, SHOWN.items(), strict=True):
        rows = against[against["metric"] == metric].set_index("other").loc[others]
        axes.axvline(0, color=GREY, linewidth=1)
        columns = (rows[column].tolist() for column in ("difference", "low", "high"))
        for place, (gap, low, high) in enumerate(zip(*columns, strict=True)):
            colour = sign_colour(low, high)
            axes.plot([low, high], [place, place], color=colour, linewidth=2)
            axes.plot([gap], [place], "o", color=colour)
            axes.annotate(f"{gap:+.3f}", (gap, place), (0, 6), textcoords="offset points", ha="center", fontsize=8)
        axes.set_yticks(range(len(others)), others if axes is parts[0] else [""] * len(others), fontsize=8)
        axes.set_ylim(len(others) - 0.4, -0.7)
        axes.set_xlabel(f"{name} of this model less that of …")
    return figure
