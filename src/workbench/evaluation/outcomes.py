"""Rated outcomes of techniques, and the sums over them that estimates are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from workbench.evaluation.shrinkage import effective_size
from workbench.models.taxonomy import Tree, ancestors
from workbench.records import Vector

PropensitySource = Literal["recorded", "estimated", "partly estimated"]
CLIP_QUANTILE = 0.99
LEVELS = 6
# The variance of rounding to five ratings a quarter apart: the least that can be claimed of a reward.
LEAST_VARIANCE = 0.25**2 / 12


@dataclass(frozen=True)
class Sums:
    """Shape (1 + nodes, techniques, 6): row 0 for all, then each node with its whole subtree; complexity 0: unknown."""

    rows: Vector
    reward: Vector
    weight: Vector
    weight_squared: Vector
    weighted_reward: Vector

    def over_levels(self) -> Sums:
        """The same with all complexities in one: shape (1 + nodes, techniques)."""
        return Sums(*(part.sum(axis=2) for part in vars(self).values()))

    @property
    def effective(self) -> Vector:
        return effective_size(self.weight, self.weight_squared)

    @property
    def mean(self) -> Vector:
        """The self-normalised estimate sum w r / sum w (Swaminathan & Joachims 2015); 0 without rows."""
        return self.weighted_reward / np.where(self.weight > 0, self.weight, 1.0)


def fill_propensities(outcomes: pd.DataFrame) -> tuple[pd.DataFrame, PropensitySource]:
    """Put the technique's share of its top-level branch's outcomes where ``propensity`` is missing, and say so."""
    missing = outcomes["propensity"].isna()
    if not missing.any():
        return outcomes, "recorded"
    branch = outcomes["intent"].map(lambda path: ancestors(path)[0])
    chosen = outcomes.groupby([branch, outcomes["technique"]])["reward"].transform("size")
    share = chosen / outcomes.groupby(branch)["reward"].transform("size")
    filled = outcomes.assign(propensity=outcomes["propensity"].fillna(share))
    return filled, "estimated" if missing.all() else "partly estimated"


def importance_weights(outcomes: pd.DataFrame) -> Vector:
    """1 / propensity, cut off at the 0.99 quantile of each technique: less variance for a little bias.

    Swaminathan & Joachims (2015) on why one clips and normalises.
    """
    weight = 1 / outcomes["propensity"]
    limit = weight.groupby(outcomes["technique"]).transform(lambda of_one: of_one.quantile(CLIP_QUANTILE))
    clipped: Vector = np.minimum(weight.to_numpy(float), limit.to_numpy(float))
    return clipped


def sum_up(outcomes: pd.DataFrame, tree: Tree, techniques: Sequence[str]) -> Sums:
    """Columns taken: ``intent``, ``technique``, ``reward``, ``propensity``, ``complexity``."""
    labels = pd.Index(sorted(set(outcomes["intent"])))
    weight = importance_weights(outcomes)
    reward = outcomes["reward"].to_numpy(float)
    level = outcomes["complexity"].fillna(0).to_numpy(np.int64)
    row, column = (
        labels.get_indexer(pd.Index(outcomes["intent"])),
        pd.Index(techniques).get_indexer(pd.Index(outcomes["technique"])),
    )
    shape = (len(labels), len(techniques), LEVELS)
    cell = np.ravel_multi_index((row, column, level), shape)
    above = np.vstack([np.ones(len(labels)), tree.membership(labels).T])
    parts = [np.ones_like(weight), reward, weight, weight**2, weight * reward]
    size = int(np.prod(shape))
    return Sums(*(np.tensordot(above, np.bincount(cell, part, size).reshape(shape), axes=1) for part in parts))


def within_variance(outcomes: pd.DataFrame) -> float:
    """Variance of a reward inside an intent and technique, pooled over all of them; never below ``LEAST_VARIANCE``.

    One number for all: most cells have too few rows for a variance of their own.
    """
    cells = outcomes.groupby(["intent", "technique"])["reward"]
    freedom = len(outcomes) - cells.ngroups
    if freedom < 1:
        return max(LEAST_VARIANCE, float(outcomes["reward"].var(ddof=0)))
    squares = float(((outcomes["reward"] - cells.transform("mean")) ** 2).sum())
    return max(LEAST_VARIANCE, squares / freedom)
