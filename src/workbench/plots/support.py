"""What estimates of effectiveness rest on, and which of them are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from workbench.evaluation.effectiveness_views import ROOT, of_all_models
from workbench.evaluation.support import Thresholds
from workbench.plots.lift import SYNTHETIC
from workbench.plots.style import BLUE, GREY, ORANGE, canvas

# A logarithmic axis has no place for 0.
LEAST_SHOWN = 0.5


def support_map(estimates: pd.DataFrame, least: Thresholds, is_synthetic: bool = False) -> Figure:
    """Effective sample size against overlap, a point a cell; the lines are the thresholds. Cells with less than half an
    outcome stand at the left edge."""
    table = of_all_models(estimates)
    table = table[table["intent"] != ROOT]
    refused = table["refused"].notna().to_numpy(bool)
    figure, axes = canvas(7.5, 4.2)
    x = np.maximum(table["effective_n"].to_numpy(float), LEAST_SHOWN)
    y = table["overlap"].to_numpy(float)
    for part, colour, what in ((refused, ORANGE, "refused"), (~refused, BLUE, "may be written")):
        axes.scatter(x[part], y[part], s=12, color=colour, alpha=0.5, linewidths=0, label=f"{what} ({part.sum():,})")
    axes.axvline(least.effective_n, color=GREY, linewidth=1, linestyle="--")
    axes.axhline(least.overlap, color=GREY, linewidth=1, linestyle="--")
    axes.set_xscale("log")
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("effective sample size: independent outcomes that would tell as much")
    axes.set_ylabel("overlap: share of decisions\nthat could have gone either way")
    axes.legend(loc="lower right", fontsize=8, frameon=False)
    axes.set_title("What the estimates rest on" + (SYNTHETIC if is_synthetic else ""), fontsize=11, loc="left")
    return figure
