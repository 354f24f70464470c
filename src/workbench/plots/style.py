"""What all figures share."""

from __future__ import annotations

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


def height_for(rows: int, each: float = 0.24, least: float = 2.5, most: float = 22.0) -> float:
    """Inches for a chart with one bar a row."""
    return min(max(rows * each + 1.2, least), most)
