"""Would more labels help, and for which intents?"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.evaluation.label_gain import LabelGain
from workbench.plots.style import BLUE, GREEN, GREY, ORANGE, RED, height_for, panels, shortened

LINES = ((BLUE, "o", "-"), (ORANGE, "s", "--"), (GREEN, "D", "-."), (RED, "^", ":"))
MOST_ROWS = 24
FEWEST_WRONG = 3
TICKS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)


def label_gain(found: LabelGain, of: Literal["branches", "intents"] = "branches", most: int = MOST_ROWS) -> Figure:
    """Accuracy against labels learnt from, and the ranking by what half as many labels again would likely bring.

    The four with the largest gain are drawn in colour, with the 95 % interval of the largest fit. Of more than ``most``
    the ranking shows those with the largest gain.
    """
    table, curves = (found.branches, found.branch_curves) if of == "branches" else (found.intents, found.curves)
    shown = table.head(most)
    figure, (left, right) = panels(1, 2, 11.5, max(height_for(len(shown), 0.27), 4.2), (1.0, 1.1))
    _curves(left, curves, [str(label) for label in shown["label"].head(len(LINES))])
    _ranking(right, shown, len(table) - len(shown))
    gain = f"{100 * found.gain.point:+.1f} points ({100 * found.gain.low:+.1f} to {100 * found.gain.high:+.1f})"
    figure.suptitle(f"50 % more labels everywhere: {gain} of accuracy", fontsize=11, x=0.01, ha="left")
    return figure


def _curves(axes: Axes, curves: pd.DataFrame, chosen: list[str]) -> None:
    for label, part in curves.groupby("label"):
        if str(label) not in chosen:
            axes.plot(part["labels"], part["accuracy"], color=GREY, linewidth=0.8, alpha=0.35)
    for label, (colour, mark, line) in zip(chosen, LINES, strict=False):
        part = curves[curves["label"] == label].sort_values("fraction")
        name = shortened(label, 34)
        axes.plot(part["labels"], part["accuracy"], marker=mark, linestyle=line, color=colour, label=name)
        last = part.iloc[-1:]
        axes.vlines(last["labels"], last["low"], last["high"], color=colour, linewidth=1.5, alpha=0.7)
    axes.set_xscale("symlog", linthresh=1)
    ticks = [tick for tick in TICKS if tick <= 1.2 * curves["labels"].max()]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks], fontsize=8)
    axes.minorticks_off()
    axes.set_xlim(left=max(0.8 * float(curves["labels"].min()), 0.0))
    axes.set_ylim(top=1.02)
    axes.set_xlabel("labels learnt from")
    axes.set_ylabel("accuracy on held-out training prompts")
    axes.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


def _ranking(axes: Axes, shown: pd.DataFrame, hidden: int) -> None:
    axes.axvline(0, color=GREY, linewidth=1)
    close = _between_relatives(shown)
    bounds = 100 * shown[["gain", "gain_low", "gain_high"]].to_numpy(float)
    for place, (gain, low, high) in enumerate(bounds):
        colour = BLUE if low > 0 else GREY
        axes.plot([low, high], [place, place], color=colour, linewidth=2)
        mark, filling = ("D", "white") if close[place] else ("o", colour)
        axes.plot([gain], [place], mark, color=colour, markerfacecolor=filling)
    labels = [f"{shortened(str(label), 34)} ({n})" for label, n in zip(shown["label"], shown["labels"], strict=True)]
    axes.set_yticks(range(len(shown)), labels, fontsize=8)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    notes = ["likely gain by 50 % more labels in points, 95 % interval (labels today)", "blue: the interval is above 0"]
    notes += ["hollow: most errors are between siblings, parent and child"] if close.any() else []
    notes += [f"{hidden} with less to gain not shown"] if hidden else []
    axes.set_xlabel("\n".join(notes), fontsize=9)


def _between_relatives(table: pd.DataFrame) -> pd.Series:
    if "sibling_rows" not in table:
        return pd.Series(np.zeros(len(table), dtype=bool))
    found = (table["wrong"] >= FEWEST_WRONG) & (2 * table["sibling_rows"] > table["wrong"])
    return found.reset_index(drop=True)
