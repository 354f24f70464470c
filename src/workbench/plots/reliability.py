"""Stated probability against what came true, in one panel or several."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.plots.style import BLUE, GREY, ORANGE, panels

MOST_A_ROW = 4
STRIP = 0.16


def reliability_panels(tables: Mapping[str, pd.DataFrame], said: str = "stated probability") -> Figure:
    """A panel a table, titled by its name: the cumulative probabilities of an ordinal model, say, or several models.

    Tables as of ``evaluation.calibration.reliability``. Whiskers are 95 % Wilson intervals, the grey strip below shows
    how the rows spread over the bins.
    """
    columns = max(min(len(tables), MOST_A_ROW), 1)
    lines = max(-(-len(tables) // columns), 1)
    figure, places = panels(lines, columns, 1.0 + 3.1 * columns, 0.5 + 3.3 * lines)
    for axes in places[len(tables) :]:
        axes.set_visible(False)
    for place, (axes, (name, table)) in enumerate(zip(places, tables.items(), strict=False)):
        _panel(axes, table)
        axes.set_title(f"{name} ({int(table['rows'].sum())} rows)", fontsize=10, loc="left")
        axes.set_xlabel(said)
        if place % columns == 0:
            axes.set_ylabel("share that came true")
    return figure


def cumulative_calibration(table: pd.DataFrame) -> Figure:
    """The statements "more complex than k" of a complexity model, a panel each.

    ``table`` as of ``evaluation.ordinal.cumulative_reliability``.
    """
    parts = {f"more complex than {level}": part for level, part in table.groupby("above")}
    return reliability_panels(parts)


def _panel(axes: Axes, table: pd.DataFrame) -> None:
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--")
    total = max(float(table["rows"].sum()), 1.0)
    tallest = max(float(table["rows"].max()) if len(table) else 1.0, 1.0) / total
    columns = table[["confidence", "accuracy", "accuracy_low", "accuracy_high", "rows"]]
    for confidence, accuracy, low, high, rows in columns.itertuples(index=False, name=None):
        axes.bar(confidence, STRIP * rows / total / tallest, width=0.03, bottom=-STRIP - 0.03, color=GREY, alpha=0.6)
        axes.plot([confidence] * 2, [low, high], color=ORANGE, linewidth=2)
        axes.plot(confidence, accuracy, "o", color=BLUE, markersize=5)
    axes.axhline(-0.03, color=GREY, linewidth=0.6)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-STRIP - 0.03, 1.02)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
