"""Where in a ragged tree the mistakes are."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from workbench.plots.style import canvas, shortened
from workbench.records import Vector

MOST_LABELS = 24
ELSEWHERE = "elsewhere"


def tree_confusion(predictions: pd.DataFrame, branch: str | None = None, most: int = MOST_LABELS) -> Figure:
    """Only mistakes are coloured: per cent of the prompts of a label (row) that were taken for another (column).

    ``predictions`` has ``truth`` and ``predicted``, dotted paths. Labels stand in path order, lines part the top-level
    branches. With ``branch`` only its labels are shown, the lines part its children. Of more than ``most`` labels those
    with the most mistakes are shown. What was taken for a label that is not shown counts as elsewhere. Cells hold
    numbers of prompts.

    Raises:
        ValueError: no prompt has a label there.
    """
    truth, predicted = (predictions[name].astype(str) for name in ("truth", "predicted"))
    if branch is not None:
        inside = _within(truth, branch)
        truth, predicted = truth[inside], predicted[inside]
    if truth.empty:
        raise ValueError("no predictions to show" + (f" for the branch {branch!r}" if branch else ""))
    names = _worst(truth, predicted, branch, most)
    counts, totals = _counts(truth, predicted, names)
    columns = [*names, ELSEWHERE] if counts[:, -1].any() else names
    counts = counts[:, : len(columns)]
    figure, axes = canvas(3.6 + 0.36 * len(columns), 2.6 + 0.3 * len(names))
    shares = _mistakes(counts, totals)
    largest = max(float(np.nan_to_num(shares).max(initial=0.0)), 0.01)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=largest, aspect="auto")
    _write(axes, counts, shares > 0.6 * largest)
    _name(axes, names, columns, totals, 0 if branch is None else len(branch.split(".")))
    figure.colorbar(image, ax=axes, label="share of the row that is mistaken", shrink=0.7, pad=0.02)
    return figure


def _within(labels: pd.Series, branch: str) -> pd.Series:
    return (labels == branch) | labels.str.startswith(branch + ".")


def _worst(truth: pd.Series, predicted: pd.Series, branch: str | None, most: int) -> list[str]:
    wrong = truth != predicted
    if branch is not None:
        predicted = predicted[_within(predicted, branch)]
    involved = pd.concat([truth[wrong], predicted[wrong[predicted.index]]]).value_counts()
    ordered = sorted(set(truth) | set(predicted), key=lambda name: (-int(involved.get(name, 0)), name))
    return sorted(ordered[:most])


def _counts(truth: pd.Series, predicted: pd.Series, names: list[str]) -> tuple[Vector, Vector]:
    """Shape (names, names and elsewhere), and the prompts of each name."""
    shown = predicted.where(predicted.isin(names), ELSEWHERE)
    table = pd.crosstab(truth, shown).reindex(index=names, columns=[*names, ELSEWHERE], fill_value=0)
    counts = table.to_numpy(dtype=float)
    return counts, counts.sum(axis=1)


def _mistakes(counts: Vector, totals: Vector) -> Vector:
    """NaN, which stays white, for what is right, what never happens, and what went elsewhere, which is no one label."""
    shares = np.where(counts > 0, counts / np.maximum(totals, 1)[:, None], np.nan)
    shares[:, len(counts) :] = np.nan
    np.fill_diagonal(shares, np.nan)
    return shares


def _write(axes: Axes, counts: Vector, dark: NDArray[np.bool_]) -> None:
    for row, column in np.argwhere(counts > 0):
        ink = "#8A8A8A" if row == column else "white" if dark[row, column] else "black"
        axes.text(column, row, f"{counts[row, column]:.0f}", ha="center", va="center", color=ink, fontsize=7)


def _name(axes: Axes, names: list[str], columns: list[str], totals: Vector, depth: int) -> None:
    axes.set_xticks(range(len(columns)), [shortened(name, 30) for name in columns], rotation=60, ha="right", fontsize=7)
    labels = [f"{shortened(name, 34)} ({total:.0f})" for name, total in zip(names, totals, strict=True)]
    axes.set_yticks(range(len(names)), labels, fontsize=7)
    axes.tick_params(length=0)
    axes.set_xlabel("predicted")
    axes.set_ylabel("truth (prompts)")
    groups = [name.split(".")[: depth + 1] for name in names]
    for place in (n for n in range(1, len(names)) if groups[n] != groups[n - 1]):
        axes.axhline(place - 0.5, color="#B0B0B0", linewidth=0.8)
        axes.axvline(place - 0.5, color="#B0B0B0", linewidth=0.8)
    if len(columns) > len(names):
        axes.axvline(len(names) - 0.5, color="black", linewidth=0.8)
