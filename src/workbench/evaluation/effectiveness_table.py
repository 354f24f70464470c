"""Estimates of effectiveness as a table of cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.evaluation.cells import Cells
from workbench.evaluation.ladder import Positions
from workbench.evaluation.log_cells import OTHER, Layout
from workbench.evaluation.pooling import Moments, Pooled
from workbench.evaluation.shrinkage import effective_size
from workbench.evaluation.support import Thresholds, reason
from workbench.records import Vector

COLUMNS = (
    "intent",
    "technique",
    "language_model",
    "score",
    "standard_error",
    "low",
    "high",
    "confidence",
    "sample_size",
    "decisions",
    "effective_n",
    "overlap",
    "real_world_performance",
    "complexity_adjustment",
    "domain_adjustments",
    "lift",
    "lift_low",
    "lift_high",
    "refused",
)
# The normal's 1.96 would do if rewards were normal and their variances known; in simulations it covers 94.5 %.
ERRORS_IN_95 = 2.0
Adjustments = list[list[Mapping[str, float] | None]]


@dataclass(frozen=True)
class _View:
    """Shape (nodes, techniques): the outcomes of one language model, or of all, in each node and below, and what they
    say. ``there`` marks the cells to show; ``prior`` is the variance of a technique's effect before any outcome."""

    language_model: str
    there: Vector
    rows: Vector
    decisions: Vector
    reward: Vector
    effective_n: Vector
    noise: Vector
    score: Moments
    prior: Vector
    overlap: Vector
    lift: Moments | None


def cell_table(
    codes: Sequence[str],
    layout: Layout,
    cells: Cells,
    pooled: Pooled,
    overlap: Vector,
    adjusted: Mapping[str, Adjustments],
    least: Thresholds,
) -> pd.DataFrame:
    """As ``effectiveness.Estimates`` describes it. ``overlap`` is of shape (nodes, techniques, models + 1)."""
    found = [_rows(view, codes, layout, adjusted) for view in _views(layout, cells, pooled, overlap)]
    table = pd.concat(found, ignore_index=True)
    supports = zip(table["effective_n"].tolist(), table["overlap"].tolist(), strict=True)
    table["refused"] = pd.Series([reason(n, part, pooled.cells.r_hat, least) for n, part in supports], dtype=object)
    return table[list(COLUMNS)]


def _views(layout: Layout, cells: Cells, pooled: Pooled, overlap: Vector) -> Iterator[_View]:
    parts = (cells.rows, cells.reward, cells.weight, cells.squares, cells.rows * cells.variance)
    sums = [layout.ladder.add_up(part)[0] for part in parts]
    decisions = layout.ladder.add_up(cells.decisions[:, :, None])[0]
    rows, reward, weight, squares, noise = (part.sum(axis=2) for part in sums)
    over_models = layout.ladder.add_up(cells.squares_over_models[..., None])[0, ..., 0]
    branch = np.where(layout.ladder.depth > 0, layout.ladder.ancestor_at(1)[0], 0)
    yield _View(
        OTHER, rows[branch] > 0, rows, decisions.sum(axis=2), reward, effective_size(weight, over_models),
        _mean(noise, rows), pooled.cells.first(), pooled.spread[0][:, None], overlap[..., -1], pooled.lift.first(),
    )  # fmt: skip
    for at, name in enumerate(layout.groups):
        if name != OTHER and len(layout.groups) > 1:
            rows, reward, weight, squares, noise = (part[..., at] for part in sums)
            spread = (pooled.spread + pooled.model_spread)[0][:, None]
            score = pooled.by_model.first((..., at))
            yield _View(
                name, rows > 0, rows, decisions[..., at], reward, effective_size(weight, squares), _mean(noise, rows),
                score, spread, overlap[..., at], None,
            )  # fmt: skip


def _rows(view: _View, codes: Sequence[str], layout: Layout, adjusted: Mapping[str, Adjustments]) -> pd.DataFrame:
    node, column = np.nonzero(view.there)
    score, error = view.score.mean[node, column], np.sqrt(view.score.variance[node, column])
    n, size = view.effective_n[node, column], view.rows[node, column]
    known = n * np.broadcast_to(view.prior, view.rows.shape)[node, column]
    table = pd.DataFrame(
        {
            "intent": np.array(layout.ladder.nodes, dtype=object)[node],
            "technique": np.array(codes, dtype=object)[column],
            "language_model": view.language_model,
            "score": np.clip(score, 0, 1),
            "standard_error": error,
            "low": np.clip(score - ERRORS_IN_95 * error, 0, 1),
            "high": np.clip(score + ERRORS_IN_95 * error, 0, 1),
            "confidence": _mean(known, known + view.noise[node, column]),
            "sample_size": size.astype(np.int64),
            "decisions": np.broadcast_to(view.decisions, view.rows.shape)[node, column].astype(np.int64),
            "effective_n": n,
            "overlap": view.overlap[node, column],
            "real_world_performance": _plain_means(view.reward[node, column], size),
        }
    )
    for name, values in adjusted.items():
        of_all = view.language_model == OTHER
        found = [values[z][t] if of_all else None for z, t in zip(node.tolist(), column.tolist(), strict=True)]
        table[name] = pd.Series(found, dtype=object)
    return table.assign(**_lift(view, node, column))


def _lift(view: _View, node: Positions, column: Positions) -> dict[str, Vector | float]:
    if view.lift is None:
        return dict.fromkeys(("lift", "lift_low", "lift_high"), float("nan"))
    middle, half = view.lift.mean[node, column], ERRORS_IN_95 * np.sqrt(view.lift.variance[node, column])
    return {"lift": middle, "lift_low": middle - half, "lift_high": middle + half}


def _plain_means(reward: Vector, rows: Vector) -> pd.Series:
    return pd.Series([r / n if n else None for r, n in zip(reward.tolist(), rows.tolist(), strict=True)], dtype=object)


def _mean(total: Vector, count: Vector) -> Vector:
    found: Vector = np.where(count > 0, total / np.where(count > 0, count, 1), 0.0)
    return found
