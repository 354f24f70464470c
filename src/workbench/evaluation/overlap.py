"""Whether the log can say anything of a policy: how heavy a few rows weigh, and what was never tried."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t

from workbench.evaluation.folds import Codes
from workbench.evaluation.intervals import Interval
from workbench.evaluation.propensity import Propensities, of_taken
from workbench.evaluation.shrinkage import effective_size
from workbench.records import Vector

LEVEL = 0.95
QUANTILES = (0.5, 0.9, 0.99, 1.0)
MOST_UNTRIED = 0.02
MOST_OFF = 1.25


@dataclass(frozen=True)
class Weights:
    """Importance weights of one policy. ``rows`` is the number with a weight above 0 and ``effective_n`` what they are
    worth (Kish 1965); ``quantiles`` are those of ``QUANTILES`` over these rows. The ``mean`` over all rows is 1 but for
    chance where every arm that the policy wants had a chance, and the propensities are right; its interval is clustered
    by prompt. ``raised`` is the share of the policy's weight on rows whose estimated propensity lay below the floor
    and was raised to it, ``untried`` the share of the policy's choices that were hardly ever tried, as
    ``Propensities.untried`` has it."""

    rows: int
    effective_n: float
    quantiles: tuple[float, ...]
    mean: Interval
    raised: float
    untried: float

    @property
    def has_overlap(self) -> bool:
        """False where two in a hundred of the policy's choices were hardly ever tried, or the mean weight is surely off
        by a factor of 1.25: no interval then holds what it says."""
        return not self.problem

    @property
    def problem(self) -> str:
        """Why there is no overlap, "" where there is."""
        if not self.rows:
            return "nothing it chooses was ever tried"
        if self.untried > MOST_UNTRIED:
            return f"{self.untried:.1%} of what it chooses was hardly ever tried"
        if self.mean.high < 1 / MOST_OFF or self.mean.low > MOST_OFF:
            return (
                f"its weights have the mean {self.mean.point:.2f} instead of 1: propensities are wrong or missing arms"
            )
        return ""


def importance_weights(policy: Vector, found: Propensities) -> Vector:
    """policy(arm taken | row) over the logging policy's probability of it; 0 where another arm was taken.

    ``policy`` has shape (rows, arms), each row a distribution over ``found.arms``.
    """
    own = np.where(found.taken < 0, 0.0, policy[np.arange(len(found.taken)), np.maximum(found.taken, 0)])
    return np.asarray(own / found.chosen)


def weights_of(policy: Vector, found: Propensities) -> Weights:
    """The diagnostics of a ``policy`` of shape (rows, arms)."""
    weight = importance_weights(policy, found)
    used = weight[weight > 0]
    below = ~found.was_recorded & (of_taken(found.matrix, found.taken) < found.floor)
    return Weights(
        len(used),
        float(effective_size(weight.sum(), (weight**2).sum())),
        tuple(np.quantile(used, QUANTILES).tolist()) if len(used) else (0.0,) * len(QUANTILES),
        clustered_mean(weight, found.prompts),
        float(weight[below].sum() / weight.sum()) if len(used) else 0.0,
        float((policy * found.untried).sum(axis=1).mean()),
    )


def overlap_table(found: Propensities) -> pd.DataFrame:
    """One row an arm, the policy that always takes it: ``arm``, ``rows`` (how often it was taken), ``inside``,
    ``effective_n``, ``weight_50`` to ``weight_100`` (quantiles of the weights), ``mean_weight``, ``mean_weight_low``,
    ``mean_weight_high``, ``raised``, ``untried``.

    ``inside`` is the share of all rows whose probability of the arm lies in [floor, 1 - floor], where the arm and the
    others can be compared (Crump, Hotz, Imbens and Mitnik 2009, "Dealing with limited overlap in estimation of average
    treatment effects", Biometrika 96).
    """
    inside = ((found.matrix >= found.floor) & (found.matrix <= 1 - found.floor)).mean(axis=0)
    rows = []
    for place, arm in enumerate(found.arms):
        weights = weights_of(np.eye(len(found.arms))[np.full(len(found.taken), place)], found)
        quantiles = {f"weight_{100 * q:.0f}": w for q, w in zip(QUANTILES, weights.quantiles, strict=True)}
        mean = {
            "mean_weight": weights.mean.point,
            "mean_weight_low": weights.mean.low,
            "mean_weight_high": weights.mean.high,
        }
        said = {"arm": arm, "rows": weights.rows, "inside": float(inside[place]), "effective_n": weights.effective_n}
        rows.append(said | quantiles | mean | {"raised": weights.raised, "untried": weights.untried})
    return pd.DataFrame(rows)


def clustered_mean(values: Vector, clusters: Codes) -> Interval:
    """The mean with its 95 % interval, where rows of one cluster may be alike."""
    point = float(values.mean())
    half = clustered_error(values - point, clusters) * quantile_for(clusters)
    return Interval(point, point - half, point + half)


def clustered_error(deviations: Vector, clusters: Codes) -> float:
    """Standard error of a mean from deviations that sum to 0 (Liang and Zeger 1986), with the factor G / (G - 1) of G
    clusters; infinite of a single one.

        sqrt(G / (G - 1) * sum over clusters of (sum of deviations in it)^2) / rows
    """
    sums = np.bincount(clusters, deviations)
    count = len(np.unique(clusters))
    if count < 2:
        return float("inf")
    return float(np.sqrt(count / (count - 1) * np.sum(sums**2)) / len(deviations))


def quantile_for(clusters: Codes) -> float:
    """How many standard errors a 95 % interval reaches: Student's t with one degree less than clusters."""
    return float(t.ppf((1 + LEVEL) / 2, max(len(np.unique(clusters)) - 1, 1)))
