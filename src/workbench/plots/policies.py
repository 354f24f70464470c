"""Policies side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from workbench.evaluation.off_policy import Estimator
from workbench.evaluation.policies import LOGGED
from workbench.evaluation.policy_values import PolicyValue
from workbench.plots.style import BLUE, GREY, ORANGE, height_for, panels, shortened, sign_colour

MOST = 40
OTHERS: tuple[tuple[Estimator, str, str], ...] = (("snips", "|", "|"), ("ips", "x", "×"), ("dm", "d", "◆"))


def values_with_intervals(values: Sequence[PolicyValue], by: Estimator = "dr", is_synthetic: bool = False) -> Figure:
    """On the left each policy's value by one estimator with its 95 % interval, beside what others say; on the right how
    much it lies above the best fixed arm, paired. Hollow where no interval is claimed. The first 40 are shown."""
    shown = [value for value in values if np.isfinite(value.estimates[by].point)][:MOST]
    figure, (left, right) = panels(1, 2, 11.0, height_for(len(shown), 0.3), (3, 2))
    for place, value in enumerate(shown):
        own = value.estimates[by]
        colour = ORANGE if value.name == LOGGED else BLUE
        left.plot([own.low, own.high], [place, place], color=colour, linewidth=2)
        hollow = not np.isfinite(own.low)
        face = "none" if hollow else colour
        left.plot([own.point], [place], "o", color=GREY if hollow else colour, markerfacecolor=face, markersize=6)
        for name, mark, _ in () if value.name == LOGGED else OTHERS:
            if name != by:
                left.plot([value.estimates[name].point], [place], mark, color=GREY, markersize=5)
        over = value.over_fixed
        if np.isfinite(over.low):
            shade = sign_colour(over.low, over.high)
            right.plot([100 * over.low, 100 * over.high], [place, place], color=shade, linewidth=2)
            right.plot([100 * over.point], [place], "s" if shade == ORANGE else "o", color=shade, markersize=5)
    left.set_yticks(range(len(shown)), [shortened(value.name, 34) for value in shown], fontsize=8)
    right.set_yticks(range(len(shown)), [])
    right.axvline(0, color=GREY, linewidth=1)
    for axes in (left, right):
        axes.set_ylim(len(shown) - 0.4, -0.6)
    marks = ", ".join(f"{sign} {name}" for name, _, sign in OTHERS if name != by)
    left.set_xlabel(
        f"mean reward by {by}, 95 % interval ({marks})\norange: what was logged; hollow: no interval", fontsize=9
    )
    right.set_xlabel("points of 100 over the best fixed arm,\n95 % interval, paired", fontsize=9)
    left.set_title("Values of policies" + (" (SYNTHETIC log)" if is_synthetic else ""), fontsize=11, loc="left")
    return figure
