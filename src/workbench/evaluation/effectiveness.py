"""How well each technique works for each intent, estimated from rated use.

Techniques were not chosen at random, so every outcome weighs 1 / propensity, and means are self-normalised
(Swaminathan & Joachims 2015). Most intents have few outcomes of a technique, so estimates are drawn, level by level,
towards what is known above them (empirical Bayes, Morris 1983):

    curated base -> the technique over all intents -> top-level branch -> … -> intent

At each step a mean y with sampling variance v = s^2 / n_eff (s^2 the pooled variance of a reward within a cell, n_eff
the effective size of Kish 1965) becomes b y + (1 - b) parent with b = tau^2 / (tau^2 + v); tau^2, how far siblings
truly lie apart at that depth, is estimated by the method of moments (DerSimonian & Laird 1986).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench.evaluation.hierarchy import Descent, Ladder, descend
from workbench.evaluation.outcomes import Sums, sum_up, within_variance
from workbench.evaluation.shrinkage import Posterior, between_variance, shrink, variance_around
from workbench.models.taxonomy import Tree
from workbench.records import Vector

COLUMNS = (
    "intent",
    "technique",
    "score",
    "standard_error",
    "low",
    "high",
    "confidence",
    "sample_size",
    "effective_n",
    "real_world_performance",
    "complexity_adjustment",
)
NORMAL_95 = 1.959964


def estimate_effectiveness(
    outcomes: pd.DataFrame, base: Mapping[str, float], intents: Iterable[str] = ()
) -> pd.DataFrame:
    """One row an intent node and technique, for nodes of the outcomes and of ``intents``, ordered by both.

    ``outcomes`` has one row a rated use: ``intent`` (path), ``technique`` (code), ``reward`` (0 to 1), ``propensity``
    (above 0, at most 1), ``complexity`` (1 to 5 or missing). ``base`` gives the curated effectiveness by code.

    A row is there when the node's top-level branch has outcomes of the technique. Its columns:
        ``score``, ``standard_error``, ``low``, ``high``: posterior mean, its error and 95 % interval within [0, 1].
        ``confidence``: the reliability of the node's own data, n_eff / (n_eff + s^2 / sum of tau^2 down to the node):
            0 means that the score is all inherited, near 1 that it is all measured here.
        ``sample_size``, ``effective_n``: outcomes in the node's whole subtree, and their effective size.
        ``real_world_performance``: plain mean of those rewards, None without any.
        ``complexity_adjustment``: {"1" … "5": what to add to the score at that complexity}, levels with data only,
            drawn towards the parent's adjustment and at the top towards 0.
    """
    if outcomes.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    tree = Tree.over({*outcomes["intent"], *intents})
    techniques = tuple(sorted(set(outcomes["technique"])))
    ladder = Ladder.of(tree)
    sums = sum_up(outcomes, tree, techniques)
    within = within_variance(outcomes)
    scores = _scores(ladder, sums.over_levels(), within, np.array([base[code] for code in techniques]))
    adjustments = _adjustments(ladder, sums, within)
    return _frame(tree, techniques, ladder, sums, within, scores, adjustments)


def _scores(ladder: Ladder, sums: Sums, within: float, base: Vector) -> Descent:
    means, variances = sums.mean, _sampling_variance(within, sums.effective)
    between = variance_around(means[0], variances[0], base)
    root = shrink(means[0], variances[0], Posterior(base, np.zeros_like(base)), between)
    # Siblings: one family for each parent and technique.
    families = ladder.above[:, None] * len(base) + np.arange(len(base))
    return descend(ladder, means, variances, root, between, families)


def _adjustments(ladder: Ladder, sums: Sums, within: float) -> Vector:
    """Shape of the sums; NaN where there are no data or the complexity is unknown."""
    variances = _sampling_variance(within, sums.effective)
    variances[..., 0] = np.inf
    means = sums.mean - sums.over_levels().mean[..., None]
    rows, width, _ = means.shape
    families = np.arange(rows * width).reshape(rows, width, 1)
    known = np.isfinite(variances[0])
    between = between_variance(means[0][known], variances[0][known], np.broadcast_to(families[0], known.shape)[known])
    nothing = Posterior(np.zeros_like(means[0]), np.zeros_like(means[0]))
    root = shrink(means[0], variances[0], nothing, between)
    found = descend(ladder, means, variances, root, between, families)
    return np.where(np.isfinite(variances), found.posterior.mean, np.nan)


def _sampling_variance(within: float, effective: Vector) -> Vector:
    empty = effective <= 0
    return np.where(empty, np.inf, within / np.where(empty, 1.0, effective))


def _frame(
    tree: Tree,
    techniques: Sequence[str],
    ladder: Ladder,
    sums: Sums,
    within: float,
    scores: Descent,
    adjustments: Vector,
) -> pd.DataFrame:
    flat = sums.over_levels()
    row, column = np.nonzero((flat.rows[ladder.branch] > 0) & (ladder.depth > 0)[:, None])
    mean, variance = scores.posterior.mean[row, column], scores.posterior.variance[row, column]
    error = np.sqrt(variance)
    n, effective = flat.rows[row, column], flat.effective[row, column]
    values: dict[str, Any] = {
        "intent": np.array(tree.nodes, dtype=object)[row - 1],
        "technique": np.array(techniques, dtype=object)[column],
        "score": np.clip(mean, 0, 1),
        "standard_error": error,
        "low": np.clip(mean - NORMAL_95 * error, 0, 1),
        "high": np.clip(mean + NORMAL_95 * error, 0, 1),
        "confidence": effective / (effective + within / scores.before[row]),
        "sample_size": n.astype(np.int64),
        "effective_n": effective,
        "real_world_performance": _plain_means(flat.reward[row, column], n),
        "complexity_adjustment": [_by_level(adjustments[at]) for at in zip(row, column, strict=True)],
    }
    return pd.DataFrame(values, columns=list(COLUMNS))


def _plain_means(reward: Vector, rows: Vector) -> pd.Series:
    return pd.Series([r / n if n else None for r, n in zip(reward.tolist(), rows.tolist(), strict=True)], dtype=object)


def _by_level(adjustments: Vector) -> dict[str, float]:
    return {str(level): float(value) for level, value in enumerate(adjustments) if np.isfinite(value)}
