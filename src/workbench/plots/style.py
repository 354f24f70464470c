"""What all figures share."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe & Ito (2008): distinguishable with any colour vision.
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#7A7A7A"


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of its own, in inches, with one plain axes."""
    figure = Figure(figsize=(width, height), layout="constrained", dpi=110)
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def panels(
    rows: int, columns: int, width: float, height: float, ratios: Sequence[float] = ()
) -> tuple[Figure, list[Axes]]:
    """A figure of ``rows`` times ``columns`` plain axes, row by row; ``ratios`` are the widths of the columns."""
    figure = Figure(figsize=(width, height), layout="constrained", dpi=110)
    grid = figure.subplots(rows, columns, squeeze=False, width_ratios=list(ratios) or None)
    found: list[Axes] = list(grid.ravel())
    for axes in found:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, found


def sign_colour(low: float, high: float, lower_is_better: bool = False) -> str:
    """Blue where an interval lies on the good side of 0, orange on the bad one, grey where it holds 0."""
    if lower_is_better:
        low, high = -high, -low
    return BLUE if low > 0 else ORANGE if high < 0 else GREY


def shortened(text: str, most: int) -> str:
    """On one line, the middle left out where it is longer than ``most`` characters."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    tail = (most - 1) // 2
    return f"{line[: most - 1 - tail]}…{line[len(line) - tail :]}"


def height_for(rows: int, each: float = 0.24, least: float = 2.5, most: float = 22.0) -> float:
    """Inches for a chart with one bar a row."""
    return min(max(rows * each + 1.2, least), most)
