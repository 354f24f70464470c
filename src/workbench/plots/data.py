"""Figures of the training data and of how much more of it would help."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from workbench.evaluation.learning import CurvePoint
from workbench.plots.style import BLUE, GREY, ORANGE, canvas, height_for

MOST_CLASSES = 80


def class_balance(frame: pd.DataFrame) -> Figure:
    """Prompts of each primary intent, train and test; where there are more than 80, the 80 largest."""
    counts = (
        frame.groupby(["primary", "is_test"]).size().unstack(fill_value=0).reindex(columns=[False, True], fill_value=0)
    )
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False).index[:MOST_CLASSES]].sort_index(
        ascending=False
    )
    figure, axes = canvas(7.5, height_for(len(counts), 0.2))
    places = np.arange(len(counts))
    axes.barh(places, counts[False], color=BLUE, label="train", height=0.75)
    axes.barh(places, counts[True], left=counts[False], color=ORANGE, label="test", height=0.75)
    axes.set_yticks(places, list(counts.index), fontsize=7)
    axes.set_ylim(-0.6, len(counts) - 0.4)
    axes.set_xlabel("prompts")
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure


def complexity_and_length(frame: pd.DataFrame) -> Figure:
    """Words of a prompt at each complexity: complexity is not length."""
    words = frame["prompt_text"].map(lambda text: len(text.split()))
    levels = sorted(frame["complexity"].dropna().unique())
    sizes = [int((frame["complexity"] == level).sum()) for level in levels]
    figure, axes = canvas(6.5, 4.0)
    axes.boxplot([words[frame["complexity"] == level] for level in levels], widths=0.6, showfliers=False)
    ticks = [f"{level:.0f}\n({size})" for level, size in zip(levels, sizes, strict=True)]
    axes.set_xticks(range(1, len(levels) + 1), ticks)
    axes.set_xlabel("complexity label (prompts)")
    axes.set_ylabel("words of the prompt")
    return figure


def technique_shares(frame: pd.DataFrame) -> Figure:
    """How often each technique is named among the optimal ones."""
    counts = frame["techniques"].explode().dropna().value_counts().sort_values()
    figure, axes = canvas(7.0, height_for(len(counts)))
    axes.barh(range(len(counts)), counts.to_numpy() / max(len(frame), 1), color=BLUE, height=0.7)
    axes.set_yticks(range(len(counts)), list(counts.index), fontsize=8)
    axes.set_xlabel("share of prompts whose labels name the technique")
    return figure


def learning_curve(points: list[CurvePoint]) -> Figure:
    """Accuracy on held-out training prompts against the number trained on, with 95 % intervals."""
    figure, axes = canvas(6.5, 4.0)
    rows = [point.rows for point in points]
    axes.fill_between(rows, [p.accuracy.low for p in points], [p.accuracy.high for p in points], color=BLUE, alpha=0.2)
    axes.plot(rows, [p.accuracy.point for p in points], "o-", color=BLUE)
    for point in points:
        axes.annotate(
            f"{point.accuracy.point:.3f}",
            (point.rows, point.accuracy.point),
            xytext=(0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=GREY,
        )
    axes.set_xlabel("training prompts")
    axes.set_ylabel("accuracy on held-out training prompts")
    return figure
