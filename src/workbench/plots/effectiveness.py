"""A map of what works where."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from workbench.evaluation.effectiveness_views import branches, lifts
from workbench.plots.lift import SYNTHETIC
from workbench.plots.style import canvas, height_for


def effectiveness_map(estimates: pd.DataFrame, is_synthetic: bool = False) -> Figure:
    """Score of every technique in every top-level branch, the best technique on average first; blank: no data."""
    table = branches(estimates).pivot(index="technique", columns="intent", values="score")
    table = table.loc[[code for code in lifts(estimates)["technique"] if code in table.index]]
    scores = 100 * table.to_numpy(float)
    figure, axes = canvas(3.6 + 0.52 * len(table.columns), height_for(len(table), 0.27) + 0.9)
    image = axes.imshow(np.ma.masked_invalid(scores), cmap="cividis", aspect="auto")
    middle = float(np.nanmean([np.nanmin(scores), np.nanmax(scores)]))
    for row, column in np.argwhere(np.isfinite(scores)):
        ink = "black" if scores[row, column] > middle else "white"
        axes.text(column, row, f"{scores[row, column]:.0f}", ha="center", va="center", color=ink, fontsize=8)
    axes.set_xticks(range(len(table.columns)), list(table.columns), rotation=60, ha="right", fontsize=8)
    axes.set_yticks(range(len(table)), list(table.index), fontsize=8)
    axes.tick_params(length=0)
    figure.colorbar(image, ax=axes, label="estimated mean reward, 0 to 100", shrink=0.6)
    axes.set_title("Effectiveness by branch" + (SYNTHETIC if is_synthetic else ""), fontsize=11, loc="left")
    return figure
