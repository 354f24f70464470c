"""What another policy would have been worth on logged decisions: point, error and interval of several estimators.

Of row i: reward r, arm taken a_i with the logging policy's probability p_i, the policy's probabilities pi(a), a reward
model's q(a) fitted without the row's prompt, and the weight w_i = pi(a_i) / p_i.

    direct method (DM)         mean of sum_a pi(a) q(a)
    inverse propensity (IPS)   mean of w r                                         (Horvitz and Thompson 1952)
    self-normalised (SNIPS)    sum of w r / sum of w                               (Swaminathan and Joachims 2015)
    doubly robust (DR)         mean of sum_a pi(a) q(a) + w (r - q(a_i))           (Dudik, Langford and Li 2011)
    Switch-DR                  as DR, without the second term where w > tau        (Wang, Agarwal and Dudik 2017)

Each is a ratio of two means over rows. Its error is that of the influence function, (above - point below) / mean of
below, added up within prompts, from which for estimated propensities ``score_projection`` takes what their estimation
explains; its interval uses Student's t. No interval is claimed where a bias is in no variance: by the direct method; by
Switch-DR where it switches; by IPS with estimated propensities, whose inverse is too large on average; by any where the
policy has no overlap with the log (``overlap.Weights.has_overlap``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from workbench.evaluation.folds import Codes
from workbench.evaluation.intervals import Interval
from workbench.evaluation.overlap import clustered_error, importance_weights, quantile_for, weights_of
from workbench.evaluation.propensity import Propensities
from workbench.evaluation.resampling import RESAMPLES, bootstrap
from workbench.evaluation.score_projection import Scores, scores_of
from workbench.evaluation.shrinkage import effective_size
from workbench.evaluation.weighted import ratio_of
from workbench.records import Vector

Estimator = Literal["dm", "ips", "snips", "dr", "switch_dr", "mean"]
ESTIMATORS: tuple[Estimator, ...] = ("dr", "snips", "ips", "switch_dr", "dm")
MOST_REWARD = 1.0
THRESHOLDS = 20


@dataclass(frozen=True)
class Logged:
    """``reward`` (rows,) of decisions and how they came about, ``found``; ``scores`` where that was estimated. Policies
    and rewards by a model have the shape (rows, arms), in the order of ``found.arms``."""

    reward: Vector
    found: Propensities
    scores: Scores | None = None


@dataclass(frozen=True)
class Estimate:
    """A policy's mean reward. ``low`` and ``high`` bound the 95 % interval, NaN where none is claimed; ``effective_n``
    is Kish's, NaN for the direct method, which weighs nothing. ``switched`` is the share of the policy's choices for
    which Switch-DR believed the reward model. ``above`` and ``below`` (n,) are what the point is the ratio of,
    ``influence`` (n,) what each row moves it by, times n.
    """

    estimator: Estimator
    point: float
    standard_error: float
    low: float
    high: float
    effective_n: float
    above: Vector = field(repr=False)
    below: Vector = field(repr=False)
    influence: Vector = field(repr=False)
    clusters: Codes = field(repr=False)
    switched: float = 0.0

    @property
    def interval(self) -> Interval:
        return Interval(self.point, self.low, self.high)


def logged_of(reward: Vector, found: Propensities) -> Logged:
    return Logged(reward, found, scores_of(found))


def on_policy(logged: Logged) -> Estimate:
    """The logging policy's own value, a plain mean."""
    ones = np.ones(len(logged.reward))
    return _estimate("mean", logged.reward, ones, ones, logged.found.prompts, None)


def ips(policy: Vector, logged: Logged) -> Estimate:
    weight = importance_weights(policy, logged.found)
    found = _weighted("ips", weight * logged.reward, np.ones(len(weight)), weight, policy, logged)
    return found if logged.scores is None else without_interval(found)


def snips(policy: Vector, logged: Logged) -> Estimate:
    """NaN where no row has a weight."""
    weight = importance_weights(policy, logged.found)
    return _weighted("snips", weight * logged.reward, weight, weight, policy, logged)


def direct_method(policy: Vector, logged: Logged, rewards: Vector) -> Estimate:
    """The standard error is that of drawing the rows, the model being given."""
    expected = (policy * rewards).sum(axis=1)
    ones = np.ones(len(expected))
    found = _estimate("dm", expected, ones, ones, logged.found.prompts, None)
    return replace(without_interval(found), effective_n=float("nan"))


def doubly_robust(policy: Vector, logged: Logged, rewards: Vector) -> Estimate:
    weight = importance_weights(policy, logged.found)
    above = (policy * rewards).sum(axis=1) + weight * _residual(logged, rewards)
    return _weighted("dr", above, np.ones(len(weight)), weight, policy, logged)


def switch_dr(policy: Vector, logged: Logged, rewards: Vector, threshold: float | None = None) -> Estimate:
    """With ``threshold`` (tau) None the one of 20 and infinity whose estimated squared error is least: the squared
    standard error plus the square of the bound MOST_REWARD * (share of the policy's choices that are switched)."""
    weight = importance_weights(policy, logged.found)
    matrix = logged.found.matrix
    ratio = np.divide(policy, matrix, out=np.full_like(policy, np.inf), where=matrix > 0)
    candidates = _thresholds(weight) if threshold is None else [threshold]
    found = [_switched(policy, logged, rewards, weight, ratio, tau) for tau in candidates]
    best = min(found, key=lambda one: one.standard_error**2 + (MOST_REWARD * one.switched) ** 2)
    return without_interval(best) if best.switched > 0 else _as_far_as_overlap(best, policy, logged)


def estimate_by(name: Estimator, policy: Vector, logged: Logged, rewards: Vector) -> Estimate:
    """``rewards`` is used by those estimators that take a model."""
    if name == "mean":
        return on_policy(logged)
    if name in ("ips", "snips"):
        return (ips if name == "ips" else snips)(policy, logged)
    with_model = {"dm": direct_method, "dr": doubly_robust, "switch_dr": switch_dr}
    return with_model[name](policy, logged, rewards)


def difference(ours: Estimate, theirs: Estimate) -> Interval:
    """Of two policies on the same rows, paired: ours less theirs. No interval where either claims none."""
    influence = ours.influence - theirs.influence
    point = ours.point - theirs.point
    half = quantile_for(ours.clusters) * clustered_error(influence, ours.clusters)
    if not np.isfinite(ours.low + theirs.low):
        half = float("nan")
    return Interval(point, point - half, point + half)


def resampled(estimate: Estimate, seed: int, resamples: int = RESAMPLES) -> Interval:
    """The bias-corrected percentile interval of drawing whole clusters again; propensities and model being given."""
    names, place = np.unique(estimate.clusters, return_inverse=True)
    above, below = (np.bincount(place, part) for part in (estimate.above, estimate.below))
    return bootstrap({"value": ratio_of(above, below)}, len(names), seed, resamples)["value"].interval


def without_interval(estimate: Estimate) -> Estimate:
    return replace(estimate, low=float("nan"), high=float("nan"))


def _residual(logged: Logged, rewards: Vector) -> Vector:
    taken = logged.found.taken
    return np.asarray(logged.reward - rewards[np.arange(len(taken)), np.maximum(taken, 0)])


def _thresholds(weight: Vector) -> list[float]:
    used = weight[weight > 0]
    grid = np.quantile(used, np.linspace(0, 1, THRESHOLDS)).tolist() if len(used) else []
    return [float("inf"), *sorted(set(grid), reverse=True)]


def _switched(
    policy: Vector, logged: Logged, rewards: Vector, weight: Vector, ratio: Vector, threshold: float
) -> Estimate:
    kept = np.where(weight <= threshold, weight, 0.0)
    above = (policy * rewards).sum(axis=1) + kept * _residual(logged, rewards)
    found = _estimate("switch_dr", above, np.ones(len(weight)), kept, logged.found.prompts, logged.scores)
    return replace(found, switched=float((policy * (ratio > threshold)).sum(axis=1).mean()))


def _weighted(
    name: Estimator, above: Vector, below: Vector, weight: Vector, policy: Vector, logged: Logged
) -> Estimate:
    found = _estimate(name, above, below, weight, logged.found.prompts, logged.scores)
    return _as_far_as_overlap(found, policy, logged)


def _as_far_as_overlap(estimate: Estimate, policy: Vector, logged: Logged) -> Estimate:
    return estimate if weights_of(policy, logged.found).has_overlap else without_interval(estimate)


def _estimate(
    name: Estimator, above: Vector, below: Vector, weight: Vector, clusters: Codes, scores: Scores | None
) -> Estimate:
    size = float(effective_size(weight.sum(), (weight**2).sum()))
    if below.sum() == 0:
        nothing = float("nan")
        return Estimate(name, nothing, nothing, nothing, nothing, size, above, below, above * nothing, clusters)
    point = float(above.sum() / below.sum())
    influence = (above - point * below) / below.mean()
    if scores is not None:
        influence = scores.left_over(influence)
    error = clustered_error(influence, clusters)
    half = quantile_for(clusters) * error
    return Estimate(name, point, error, point - half, point + half, size, above, below, influence, clusters)
