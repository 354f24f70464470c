"""Figures of a Report: against baselines, per class, confusion, calibration."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from workbench.evaluation.calibration import reliability
from workbench.evaluation.intervals import share
from workbench.plots.style import BLUE, GREY, ORANGE, canvas, height_for
from workbench.records import Report

MOST_CLASSES = 40


def against_baselines(report: Report) -> Figure:
    """Accuracy of the model and of each baseline with 95 % Wilson intervals."""
    rows = [("this model", report.accuracy), *((n, b["accuracy"]) for n, b in report.baselines.items())]
    figure, axes = canvas(7.5, height_for(len(rows), 0.42))
    for place, (_, accuracy) in enumerate(reversed(rows)):
        interval = share(round(accuracy * report.n_test), report.n_test)
        colour = BLUE if place == len(rows) - 1 else GREY
        axes.plot([interval.low, interval.high], [place, place], color=colour, linewidth=2)
        axes.plot([accuracy], [place], "o", color=colour)
        axes.annotate(f"{accuracy:.3f}", (interval.high, place), xytext=(6, -4), textcoords="offset points")
    axes.set_yticks(range(len(rows)), [name for name, _ in reversed(rows)])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlim(0, 1.05)
    axes.set_xlabel(f"accuracy on {report.n_test} test prompts, 95 % interval")
    return figure


def per_class_f1(report: Report) -> Figure:
    """F1 of every class, the weakest first; where there are more than 40 classes, the 40 weakest."""
    table = report.per_class[report.per_class["support"] > 0].sort_values("f1")
    shown = table.head(MOST_CLASSES)
    figure, axes = canvas(7.5, height_for(len(shown)))
    places = np.arange(len(shown))[::-1]
    axes.barh(places, shown["f1"], color=BLUE, height=0.7)
    axes.set_yticks(places, _with_support(shown), fontsize=8)
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xlim(0, 1)
    hidden = len(table) - len(shown)
    axes.set_xlabel("F1 (number of test prompts in brackets)" + (f"; {hidden} better ones not shown" if hidden else ""))
    return figure


def confusion(report: Report, level: int | None = 1) -> Figure:
    """Rows are the truth, columns the prediction, each row sums to 1. ``level`` cuts paths to their first segments:
    1 shows top-level branches, None whole labels; of more than 40 the 40 with the most errors."""
    truth, predicted = (_cut(report.predictions[name], level) for name in ("truth", "predicted"))
    if truth.nunique() > MOST_CLASSES:
        errors = (truth != predicted).groupby(truth).sum()
        worst = errors.sort_values(ascending=False, kind="stable").head(MOST_CLASSES).index
        truth, predicted = truth[truth.isin(worst)], predicted[truth.isin(worst)]
    names = sorted(set(truth) | set(predicted))
    counts = pd.crosstab(truth, predicted).reindex(index=names, columns=names, fill_value=0).to_numpy(dtype=float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = 3.0 + 0.42 * len(names)
    figure, axes = canvas(size + 1.0, size)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    if len(names) <= 20:
        for row, column in np.argwhere(shares >= 0.005):
            ink = "white" if shares[row, column] > 0.6 else "black"
            axes.text(column, row, f"{100 * shares[row, column]:.0f}", ha="center", va="center", color=ink, fontsize=8)
    axes.set_xlabel("predicted (per cent of the row)")
    axes.set_ylabel("truth")
    return figure


def calibration(report: Report) -> Figure:
    """Stated confidence against the share that came true, with 95 % intervals and the number of prompts a bin."""
    table = reliability(report.predictions["confidence"].to_numpy(), report.predictions["correct"].to_numpy(), bins=10)
    figure, axes = canvas(5.5, 5.0)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--")
    columns = (table[name].tolist() for name in ("confidence", "accuracy", "rows"))
    for confidence, accuracy, rows in zip(*columns, strict=True):
        interval = share(round(accuracy * rows), rows)
        axes.plot([confidence] * 2, [interval.low, interval.high], color=ORANGE, linewidth=2)
        axes.plot(confidence, accuracy, "o", color=BLUE)
        above = (confidence, interval.high)
        axes.annotate(str(rows), above, (0, 4), textcoords="offset points", ha="center", fontsize=8, color=GREY)
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.08)
    axes.set_xlabel("stated confidence")
    axes.set_ylabel("share that was right (number of prompts above)")
    return figure


def _with_support(table: pd.DataFrame) -> list[str]:
    return [f"{label} ({support})" for label, support in zip(table["label"], table["support"], strict=True)]


def _cut(labels: pd.Series, level: int | None) -> pd.Series:
    text = labels.astype(str)
    return text if level is None else text.str.split(".").str[:level].str.join(".")
