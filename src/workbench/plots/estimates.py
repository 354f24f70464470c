"""Estimates of effectiveness with their intervals: what would change, what is known least, model beside model."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.evaluation.effectiveness_views import by_model, least_known
from workbench.plots.lift import SYNTHETIC
from workbench.plots.style import BLUE, GREEN, GREY, ORANGE, RED, canvas, height_for

COLOURS = (BLUE, ORANGE, GREEN, RED, GREY)


def changes_chart(changes: pd.DataFrame, most: int = 30, is_synthetic: bool = False) -> Figure:
    """From the old score to the new one with its 95 % interval, the largest change first, then cells that are new;
    ``changes`` as ``store.batches.changes`` describes them, of which refused and unchanged ones are left out."""
    rows = changes[changes["differs"] & changes["refusal"].isna()]
    rows = rows.assign(size=(rows["score"] - rows["old_score"]).abs())
    rows = rows.sort_values(["stands", "size", "sample_size"], ascending=False, kind="stable").head(most)
    figure, axes = canvas(8, height_for(len(rows), 0.26))
    for place, row in enumerate(rows.to_dict("records")):
        _interval(axes, place, row["low"], row["score"], row["high"], BLUE)
        if row["stands"]:
            axes.plot([100 * row["old_score"]], [place], "|", color=ORANGE, markersize=9, markeredgewidth=2)
    _label(axes, [f"{t} · {i}" for i, t in zip(rows["intent"], rows["technique"], strict=True)])
    axes.set_xlabel("score in points of 100 with its 95 % interval; orange: what stands there now")
    what = f"What would change ({len(rows):,} of {int((changes['differs'] & changes['refusal'].isna()).sum()):,})"
    axes.set_title(what + (SYNTHETIC if is_synthetic else ""), fontsize=11, loc="left")
    return figure


def least_known_chart(estimates: pd.DataFrame, most: int = 20, is_synthetic: bool = False) -> Figure:
    """Scores that would be worth knowing better: of the most asked intents the techniques that may be the best there
    and are known least. The number behind a name counts the decisions of the intent."""
    rows = least_known(estimates, most)
    figure, axes = canvas(8, height_for(len(rows), 0.28))
    for place, row in enumerate(rows.to_dict("records")):
        colour = GREY if row["technique"] == row["best"] else BLUE
        _interval(axes, place, row["low"], row["score"], row["high"], colour)
    names = zip(rows["intent"], rows["technique"], rows["decisions"], strict=True)
    _label(axes, [f"{technique} · {intent} ({decisions:,})" for intent, technique, decisions in names])
    axes.set_xlabel("score in points of 100, 95 % interval\ngrey: the best technique there as far as is known")
    axes.set_title("What we do not know yet" + (SYNTHETIC if is_synthetic else ""), fontsize=11, loc="left")
    return figure


def models_chart(estimates: pd.DataFrame, intent: str = "", is_synthetic: bool = False) -> Figure:
    """Every technique with every language model at an intent, or over all of them; the five models with the most
    outcomes."""
    rows = by_model(estimates, intent)
    models = rows.groupby("language_model")["sample_size"].sum().sort_values(ascending=False).index[: len(COLOURS)]
    order = rows.groupby("technique")["score"].mean().sort_values(ascending=False).index
    figure, axes = canvas(7.5, height_for(len(order) * (1 + len(models)), 0.13))
    for at, model in enumerate(models):
        of_model = rows[rows["language_model"] == model].set_index("technique")
        for place, technique in enumerate(order):
            if technique in of_model.index:
                low, score, high = of_model.loc[technique, ["low", "score", "high"]].astype(float)
                _interval(axes, place + (at - (len(models) - 1) / 2) * 0.8 / len(models), low, score, high, COLOURS[at])
        axes.plot([], [], "o-", color=COLOURS[at], label=model)
    _label(axes, list(order))
    axes.legend(fontsize=8, frameon=False, loc="best")
    axes.set_xlabel("score in points of 100, 95 % interval")
    what = f"{intent or 'All intents'}, by language model"
    axes.set_title(what + (SYNTHETIC if is_synthetic else ""), fontsize=11, loc="left")
    return figure


def _interval(axes: Axes, place: float, low: float, middle: float, high: float, colour: str) -> None:
    axes.plot([100 * low, 100 * high], [place, place], color=colour, linewidth=2)
    axes.plot([100 * middle], [place], "o", color=colour, markersize=5)


def _label(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), list(names), fontsize=8)
    axes.set_ylim(max(len(names), 1) - 0.4, -0.6)
