"""How a search went: loss by trial, and loss against each parameter."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from workbench.models.search import Choice, Found, Range, Space
from workbench.plots.style import BLUE, GREEN, GREY, ORANGE, RED, panels, shortened

COLUMNS = 3
FAR = 1.5


def search_history(found: Found, space: Space) -> Figure:
    """The first panel shows the trials in order with the best so far; then one panel a parameter.

    Losses far above the upper quartile (Tukey 1977) are drawn as triangles at the upper edge: on one scale with them
    the others would look alike.
    """
    rows = math.ceil((1 + len(space)) / COLUMNS)
    figure, axes = panels(rows, min(COLUMNS, 1 + len(space)), 3.8 * min(COLUMNS, 1 + len(space)), 2.9 * rows)
    scored = found.trials[found.trials["state"] == "finished"]
    ceiling = _ceiling(scored["loss"])
    best = int(np.nanargmin(found.trials["loss"]))
    _history(axes[0], found, ceiling)
    for place, part in zip(axes[1:], space, strict=False):
        _parameter(place, part, scored, ceiling, best)
    for place in axes[1 + len(space) :]:
        place.set_visible(False)
    spared = found.default_loss - found.loss
    said = f"{spared:.4g} below the defaults" if math.isfinite(spared) else "the defaults failed"
    title = f"{len(found.trials)} trials: lowest loss {found.loss:.4g} in trial {best:02}, {said}"
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    return figure


def _ceiling(losses: pd.Series) -> float:
    low, high = (float(end) for end in np.quantile(losses, (0.25, 0.75)))
    return float(losses[losses <= high + FAR * (high - low)].max())


def _history(axes: Axes, found: Found, ceiling: float) -> None:
    trials = found.trials
    _dots(axes, trials["trial"], trials["loss"], ceiling, "higher")
    axes.step(trials["trial"], trials["best_loss"].clip(upper=ceiling), where="post", color=ORANGE, label="best so far")
    if math.isfinite(found.default_loss):
        axes.axhline(min(found.default_loss, ceiling), color=GREY, linewidth=1, linestyle=":", label="defaults")
    failed = trials[trials["state"] == "failed"]
    if len(failed):
        edge = axes.get_xaxis_transform()
        axes.plot(failed["trial"], [0.02] * len(failed), "x", color=RED, transform=edge, label="failed")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("trial")
    axes.set_ylabel("loss")
    _legend(axes)


def _parameter(axes: Axes, part: Range | Choice, scored: pd.DataFrame, ceiling: float, best: int) -> None:
    if isinstance(part, Choice):
        places = pd.Series([float(part.options.index(value)) for value in scored[part.name]], index=scored.index)
        axes.set_xticks(range(len(part.options)), [shortened(str(option), 14) for option in part.options], fontsize=8)
        axes.set_xlim(-0.5, len(part.options) - 0.5)
    else:
        places = scored[part.name].astype(float)
        if part.log:
            axes.set_xscale("log")
        # The whole range, so that one sees where nothing was tried and whether the best lies at an end.
        axes.plot([part.low, part.high], [ceiling, ceiling], alpha=0.0)
    _dots(axes, places, scored["loss"], ceiling)
    if scored["trial"].iloc[0] == 0:
        axes.plot(places.iloc[:1], scored["loss"].iloc[:1].clip(upper=ceiling), "s", color=GREEN, label="defaults")
    axes.plot(places[[best]], scored["loss"][[best]], "o", color=ORANGE, markersize=9, label="best")
    axes.set_xlabel(part.name)
    _legend(axes)


def _dots(axes: Axes, places: pd.Series, losses: pd.Series, ceiling: float, higher: str = "_") -> None:
    near, far = losses <= ceiling, losses > ceiling
    axes.plot(places[near], losses[near], "o", color=BLUE, markersize=5, alpha=0.7)
    if far.any():
        axes.plot(places[far], [ceiling] * int(far.sum()), "^", color=BLUE, markersize=5, alpha=0.7, label=higher)


def _legend(axes: Axes) -> None:
    axes.legend(
        frameon=False,
        fontsize=8,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=4,
        columnspacing=1.0,
        handletextpad=0.4,
    )
