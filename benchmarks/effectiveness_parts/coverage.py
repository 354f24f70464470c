"""How often intervals hold the truth, and how far estimates are from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binom

from effectiveness_parts.world import Regime, Worlds, draw
from workbench.evaluation.cells import Cells, Uses, measure
from workbench.evaluation.effectiveness_table import ERRORS_IN_95
from workbench.evaluation.inclusion import inclusion
from workbench.evaluation.pooling import Effort, Moments, pool
from workbench.evaluation.shrinkage import effective_size
from workbench.evaluation.support import Thresholds
from workbench.records import DecisionLog, Vector

AT_ONCE = 500
FEWEST = Thresholds().effective_n
LOWEST, HIGHEST = 0.93, 0.97
RMSE_FACTOR = 0.8
REGIMES = (
    Regime("ratings"),
    Regime("ratings, techniques hardly differ", effects=(0.02, 0.02, 0.015, 0.015)),
    Regime("ratings, techniques differ much", effects=(0.12, 0.1, 0.08, 0.08)),
    Regime("binary", binary=True),
    Regime("prompts three times each", rows=3000, times=3, difficulty=0.2),
    Regime("three language models", rows=3000, models=3),
)
ESTIMATED = Regime("probabilities not recorded", recorded=False)


@dataclass(frozen=True)
class Errors:
    """One entry a repeat and cell: ``inside`` (the interval holds the truth), ``ours``, ``plain`` and ``weighted``
    (errors of the estimate, the plain mean and the weighted mean; NaN without outcomes), ``effective_n``."""

    inside: Vector
    ours: Vector
    plain: Vector
    weighted: Vector
    effective_n: Vector
    by_model: Vector

    @classmethod
    def together(cls, parts: list[Errors]) -> Errors:
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])))


def run(regime: Regime, repeats: int, seed: int, effort: Effort) -> Errors:
    starts = range(0, repeats, AT_ONCE)
    return Errors.together([_run(regime, min(AT_ONCE, repeats - at), seed + at, effort) for at in starts])


def _run(regime: Regime, repeats: int, seed: int, effort: Effort) -> Errors:
    worlds = draw(regime, repeats, seed)
    cells = measured(regime, worlds)
    found = pool(worlds.ladder, cells, worlds.base, effort)
    squares = cells.squares_over_models[..., None]
    rows, reward, weight, squares, sums = (
        worlds.ladder.add_up(part).sum(axis=-1)
        for part in (cells.rows, cells.reward, cells.weight, squares, cells.weight * cells.mean)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        plain, weighted = reward / rows - worlds.truth, sums / weight - worlds.truth
    ours = found.cells.mean - worlds.truth
    return Errors(
        _inside(found.cells, worlds.truth), ours, plain, weighted, effective_size(weight, squares),
        _inside(found.by_model, worlds.truth_by_model),
    )  # fmt: skip


def measured(regime: Regime, worlds: Worlds) -> Cells:
    rows = worlds.rows
    repeats, size = rows["node"].shape
    nodes, techniques = len(worlds.ladder.nodes), len(worlds.base)
    repeat = np.repeat(np.arange(repeats), size)
    shape = (repeats, nodes, techniques, regime.models)
    node, technique, model = (rows[name].ravel() for name in ("node", "technique", "model"))
    chance = rows["propensity"] if regime.recorded else _estimated(worlds)
    uses = Uses(
        np.ravel_multi_index((repeat, node, technique, model), shape),
        rows["prompt"].ravel(),
        1 / np.maximum(chance.ravel(), Thresholds().floor),
        rows["reward"].ravel(),
    )
    place = np.ravel_multi_index((repeat, node, model), (repeats, nodes, regime.models))
    decisions = np.bincount(place, minlength=repeats * nodes * regime.models).astype(float)
    return measure(uses, worlds.ladder, decisions.reshape(repeats, nodes, regime.models), techniques)


def _estimated(worlds: Worlds) -> Vector:
    """As the workbench estimates them of a log that has the covariate as its complexity."""
    found = np.empty(worlds.rows["node"].shape)
    for repeat in range(len(found)):
        rows = {name: values[repeat] for name, values in worlds.rows.items()}
        frame = pd.DataFrame(
            {
                "prompt": rows["prompt"].astype(str),
                "intent": np.array([node or None for node in worlds.ladder.nodes], dtype=object)[rows["node"]],
                "complexity": rows["x"],
                "domain": None,
                "language_model": "",
                "policy": "unknown",
                "arm": rows["technique"].astype(str),
                "propensity": np.nan,
            }
        )
        techniques = tuple(str(at) for at in range(len(worlds.base)))
        nothing = np.full((len(frame), len(techniques)), np.nan)
        log = DecisionLog(frame, np.full((len(frame), 384), np.nan, np.float32), techniques, nothing)
        chances = inclusion(log, 1)
        found[repeat] = chances.probability[chances.applied]
    return found


def summary(errors: Errors) -> dict[str, Any]:
    """Coverage over all cells, over those that may be written, of the lowest and highest cell; RMSE beside the others'
    over cells with outcomes."""
    by_cell = errors.inside.mean(axis=0)
    enough = errors.effective_n >= FEWEST
    has = errors.effective_n > 0
    rmse = {name: _rmse(getattr(errors, name)[has]) for name in ("ours", "plain", "weighted")}
    written = {name: _rmse(getattr(errors, name)[enough]) for name in ("ours", "plain", "weighted")}
    return {
        "cells": int(by_cell.size),
        "covered": float(by_cell.mean()),
        "covered_written": float(errors.inside[enough].mean()),
        "covered_by_model": float(errors.by_model.mean()),
        "lowest_cell": float(by_cell.min()),
        "highest_cell": float(by_cell.max()),
        "cells_inside": float(((by_cell >= LOWEST) & (by_cell <= HIGHEST)).mean()),
        "cells_surely_outside": surely_outside(by_cell.ravel(), len(errors.inside)),
        "rmse": rmse,
        "rmse_written": written,
        "factor": rmse["ours"] / rmse["plain"],
        "factor_written": written["ours"] / written["plain"],
    }


def surely_outside(coverage: Vector, repeats: int) -> int:
    """Cells whose true coverage is below 93 or above 97 %, as sure as 99 % for all cells together (Bonferroni). Of 500
    repeats a cell with a true 95 % is outside by chance in one of 25 runs."""
    count = np.rint(coverage * repeats)
    below = binom.cdf(count, repeats, LOWEST)
    above = binom.sf(count - 1, repeats, HIGHEST)
    return int((np.minimum(below, above) < 0.01 / len(coverage)).sum())


def promises(found: dict[str, dict[str, Any]]) -> dict[str, bool]:
    """What is promised of every regime, and whether it held."""
    every = list(found.values())
    return {
        "the intervals of all cells together hold the truth in 93 to 97 %": all(
            LOWEST <= one["covered"] <= HIGHEST for one in every
        ),
        "so do those of the cells that may be written": all(
            LOWEST <= one["covered_written"] <= HIGHEST for one in every
        ),
        "of no single cell the share is surely outside of 93 to 97 %": not any(
            one["cells_surely_outside"] for one in every
        ),
        f"the root mean square error is at most {RMSE_FACTOR} times that of plain means": all(
            one["factor"] <= RMSE_FACTOR for one in every
        ),
    }


def _inside(found: Moments, truth: Vector) -> Vector:
    inside: Vector = np.abs(found.mean - truth) <= ERRORS_IN_95 * np.sqrt(found.variance)
    return inside


def _rmse(errors: Vector) -> float:
    return float(np.sqrt(np.mean(errors**2)))
