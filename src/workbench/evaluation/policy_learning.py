"""The best arm for everything, for an intent, for a decision, as far as logged decisions can tell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.evaluation.folds import Codes
from workbench.evaluation.hierarchy import Ladder, descend
from workbench.evaluation.shrinkage import Posterior, between_variance, shrink
from workbench.models.outcome_model import OutcomeModel
from workbench.models.selector_policy import CAUTION
from workbench.models.taxonomy import Tree
from workbench.records import Vector

RANKS = 3
LEAST_VARIANCE = 1e-12


def doubly_robust_scores(rewards: Vector, reward: Vector, taken: Codes, chosen: Vector) -> Vector:
    """Shape (rows, arms): q(a) + [a taken] (r - q(a)) / p, whose mean is the value of always taking a."""
    scores = rewards.copy()
    row = np.flatnonzero(taken >= 0)
    own = taken[row]
    scores[row, own] += (reward[row] - rewards[row, own]) / chosen[row]
    return scores


def best_of_all(scores: Vector) -> int:
    """The arm with the highest mean score, means drawn towards each other as far as their errors explain how they
    differ, so that a few lucky rows do not win."""
    means, variances = scores.mean(axis=0), _variance_of_mean(scores)
    centre = float((means / variances).sum() / (1 / variances).sum())
    between = between_variance(means, variances, np.zeros(len(means), dtype=np.int64))
    prior = Posterior(np.full(len(means), centre), np.zeros(len(means)))
    return int(shrink(means, variances, prior, between).mean.argmax())


def best_by_intent(scores: Vector, known: pd.Series, wanted: pd.Series) -> Codes:
    """The arm with the highest mean score for each intent ``wanted``; each intent's mean is drawn towards that of the
    intent above it (``hierarchy.descend``). Rows without an intent get what is best for all."""
    tree = Tree.over(known.dropna())
    place = {node: row for row, node in enumerate(tree.nodes, 1)}
    inside = np.zeros((len(scores), len(tree.nodes) + 1))
    inside[:, 0] = 1.0
    has = known.notna().to_numpy(bool)
    inside[has, 1:] = tree.membership(known[has])
    rows = inside.sum(axis=0)[:, None]
    means = inside.T @ scores / rows
    spread = np.maximum(inside.T @ scores**2 / rows - means**2, 0)
    # A node of few rows says little of its own spread: that of all counts as ten more.
    variances = np.maximum((rows * spread + 10 * spread[0]) / (rows + 10), LEAST_VARIANCE) / rows
    ladder = Ladder.of(tree)
    families = ladder.above[:, None] * scores.shape[1] + np.arange(scores.shape[1])
    found = descend(ladder, means, variances, Posterior(means[0], variances[0]), 0.0, families)
    best = found.posterior.mean.argmax(axis=1)
    return np.asarray(best[[_known_row(intent, place) for intent in wanted]], dtype=np.int64)


def established(
    model: OutcomeModel, X: pd.DataFrame, arms: Sequence[str], values: Vector, reference: int, prices: Vector
) -> Codes:
    """For each row the arm of the highest value, where its gain over the ``reference`` arm is above 0 by ``CAUTION``
    posterior standard deviations; else the second or third highest; else the reference.

    ``values`` (rows, arms) are expected rewards less ``prices`` (arms,).
    """
    order = np.argsort(-values, axis=1, kind="stable")[:, :RANKS]
    chosen = np.full(len(X), reference)
    undecided = values.max(axis=1) > values[:, reference]
    for rank in range(order.shape[1]):
        for arm in np.unique(order[undecided, rank]):
            rows = np.flatnonzero(undecided & (order[:, rank] == arm))
            if arm == reference:
                undecided[rows] = False
                continue
            gain, deviation = model.contrast(X.iloc[rows], [arms[arm]], arms[reference])
            sure = (gain - prices[arm] + prices[reference] > CAUTION * deviation)[:, 0]
            chosen[rows[sure]] = arm
            undecided[rows[sure]] = False
    return chosen.astype(np.int64)


def _known_row(intent: str | None, place: dict[str, int]) -> int:
    """The row of the intent or of the nearest one above it that is known, 0 for the root of all."""
    path = intent if isinstance(intent, str) else ""
    while path and path not in place:
        path = path.rpartition(".")[0]
    return place.get(path, 0)


def _variance_of_mean(scores: Vector) -> Vector:
    return np.asarray(np.maximum(scores.var(axis=0) / len(scores), LEAST_VARIANCE))
