"""Figures drawn for real: a figure's own canvas draws nothing until a backend is given."""

from __future__ import annotations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def drawn(figure: Figure) -> None:
    FigureCanvasAgg(figure).draw()
