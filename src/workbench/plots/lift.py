"""A forest plot of lift: which techniques stand out, and how surely."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from workbench.evaluation.effectiveness_views import lifts
from workbench.plots.style import GREY, canvas, height_for, sign_colour

SYNTHETIC = " (synthetic history)"


def lift_forest(estimates: pd.DataFrame, intent: str = "", is_synthetic: bool = False) -> Figure:
    """Lift of every technique over the mean technique with 95 % intervals, in points of a reward of 0 to 100; for one
    intent or for all."""
    table = lifts(estimates, intent)
    figure, axes = canvas(7.5, height_for(len(table), 0.27))
    axes.axvline(0, color=GREY, linewidth=1)
    columns = (table[name].tolist() for name in ("lift", "low", "high"))
    for place, (middle, low, high) in enumerate(zip(*columns, strict=True)):
        colour = sign_colour(low, high)
        axes.plot([100 * low, 100 * high], [place, place], color=colour, linewidth=2)
        axes.plot([100 * middle], [place], "o", color=colour, markersize=5)
    labels = [f"{code} ({size})" for code, size in zip(table["technique"], table["sample_size"], strict=True)]
    axes.set_yticks(range(len(table)), labels, fontsize=8)
    axes.set_ylim(len(table) - 0.4, -0.6)
    axes.set_xlabel("lift in points of 100, 95 % interval (outcomes in brackets)\nblue: above 0, orange: below 0")
    what = f"{intent or 'All intents'}: lift over the mean technique"
    axes.set_title(what + (SYNTHETIC if is_synthetic else ""), fontsize=11, loc="left")
    return figure
