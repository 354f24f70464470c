"""Empirical-Bayes shrinkage of group means, one level of a hierarchy at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.records import Vector

# The variance of rounding to two decimals. Spread below it cannot be stored, and an interval must not collapse.
FLOOR = 0.01**2 / 12


@dataclass(frozen=True)
class Posterior:
    """Means and their variances, of equal shape."""

    mean: Vector
    variance: Vector


def effective_size(weight: Vector, weight_squared: Vector) -> Vector:
    """Rows that would tell as much if all weighed the same: (sum w)^2 / sum w^2, 0 without rows (Kish 1965, 11.7).

    Takes the two sums, of any equal shape.
    """
    empty = weight_squared <= 0
    return np.where(empty, 0.0, weight**2 / np.where(empty, 1.0, weight_squared))


def between_variance(means: Vector, variances: Vector, groups: NDArray[np.int64]) -> float:
    """How far true means lie apart inside their groups, by the method of moments (DerSimonian & Laird 1986).

        Q = sum over groups g and members i of w_i (y_i - mean_g)^2,  w = 1 / v,  mean_g weighted by w
        tau^2 = max(0, (Q - sum (n_g - 1)) / sum (W_g - sum w_i^2 / W_g)),  W_g = sum of w in g

    With one group this is the published estimator. ``means``, ``variances`` (sampling variances, positive) and
    ``groups`` (whole numbers from 0) are one-dimensional. 0 when no group has two members.
    """
    if len(means) == 0:
        return 0.0
    weight = 1 / variances
    total = np.bincount(groups, weight)
    centre = np.bincount(groups, weight * means) / np.where(total > 0, total, 1)
    excess = float(np.sum(weight * (means - centre[groups]) ** 2)) - (len(means) - np.count_nonzero(total))
    squares = np.bincount(groups, weight**2) / np.where(total > 0, total, 1)
    scale = float(np.sum(total - squares))
    # Members that fill a group alone leave rounding errors, no information.
    return max(0.0, excess / scale) if scale > 1e-9 * float(total.sum()) else 0.0


def variance_around(means: Vector, variances: Vector, centres: Vector) -> float:
    """As ``between_variance``, around centres that are known: tau^2 = max(0, (sum w (y - c)^2 - n) / sum w)."""
    if len(means) == 0:
        return 0.0
    weight = 1 / variances
    return max(0.0, (float(np.sum(weight * (means - centres) ** 2)) - len(means)) / float(weight.sum()))


def shrink(means: Vector, variances: Vector, prior: Posterior, between: float) -> Posterior:
    """Draw each mean towards its prior mean, the more the less it is known (Morris 1983).

        b = tau^2 / (tau^2 + v),  mean = b y + (1 - b) prior,  variance = b v + (1 - b)^2 prior variance

    The second term carries on how uncertain the prior mean is. ``variances`` is infinite where there are no data:
    the mean is then the prior's, its variance tau^2 + prior variance. ``between`` (tau^2) is at least ``FLOOR``.
    """
    between = max(between, FLOOR)
    known = np.isfinite(variances)
    own = between / (between + np.where(known, variances, 0.0)) * known
    pulled = own * np.where(known, means, 0.0) + (1 - own) * prior.mean
    # b v = (1 - b) tau^2, which holds without data too.
    return Posterior(pulled, (1 - own) * between + (1 - own) ** 2 * prior.variance)
