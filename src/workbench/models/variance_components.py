"""A linear model whose coefficients come in blocks, the spread of each block learnt from the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular

from workbench.records import Vector

# Each block's variance is worth that many coefficients a priori, so that none is thought to be nothing (or anything)
# because a few estimates say so.
PSEUDO_COUNT = 1.0
MOST_STEPS = 60
TOLERANCE = 1e-2
SMALLEST = 1e-10


@dataclass(frozen=True)
class Moments:
    """What the rows say: X'WX (columns, columns), X'Wy, y'Wy, and how many rows have any weight."""

    gram: Vector
    product: Vector
    square: float
    rows: int


@dataclass(frozen=True)
class Components:
    """Coefficients have mean ``mean`` and covariance root @ root.T; ``variances`` one a block; ``noise`` the variance
    of a row of weight 1."""

    mean: Vector
    root: Vector
    variances: Vector
    noise: float
    steps: int


def fit_components(
    moments: Moments, block: NDArray[np.int64], prior: Vector, learnt: NDArray[np.bool_], noise: float
) -> Components:
    """Posterior of y = X b + e with b_j ~ N(0, v_block(j)) and e_i ~ N(0, s2 / w_i).

    The variances maximise the marginal likelihood times a scaled inverse chi-square prior of one degree of freedom
    around ``prior`` (blocks,), which keeps them off zero (Chung, Rabe-Hesketh, Dorie, Gelman and Liu 2013,
    "A nondegenerate penalized likelihood estimator for variance parameters in multilevel models"). The fixed point is
    that of EM (Dempster, Laird and Rubin 1977; mixed-model equations of Henderson 1975), reached in MacKay's (1992,
    "Bayesian interpolation") steps:

        g_j = 1 - Cov(b_j) / v      how well the data determine b_j
        v = (sum b_j^2 + prior) / (sum g_j + 1)
        s2 = (sum w r^2 + noise) / (n - sum g + 1)

    Blocks that are not ``learnt`` keep ``prior``.
    """
    variances, scatter = prior.copy(), noise
    count = len(prior)
    moved, steps = np.inf, 0
    while moved > TOLERANCE and steps < MOST_STEPS:
        mean, lower, sd = _posterior(moments, np.sqrt(variances[block]), scatter)
        determined = np.clip(1 - np.square(lower).sum(axis=0), 0, 1)
        squares = np.bincount(block, mean**2, count) + PSEUDO_COUNT * prior
        updated = np.where(learnt, squares / (np.bincount(block, determined, count) + PSEUDO_COUNT), prior)
        updated = np.maximum(updated, SMALLEST)
        rest = moments.square - 2 * mean @ moments.product + mean @ moments.gram @ mean
        free = max(moments.rows - float(determined.sum()), 0.0)
        spread = max((max(float(rest), 0.0) + PSEUDO_COUNT * noise) / (free + PSEUDO_COUNT), SMALLEST)
        moved = np.abs(np.log(np.append(updated / variances, spread / scatter))).max()
        variances, scatter, steps = updated, spread, steps + 1
    mean, lower, sd = _posterior(moments, np.sqrt(variances[block]), scatter)
    return Components(mean, sd[:, None] * lower.T, variances, scatter, steps)


def _posterior(moments: Moments, sd: Vector, noise: float) -> tuple[Vector, Vector, Vector]:
    """The mean, and L^-1 of I + D X'WX D / s2 = L L', which stays well conditioned however small a variance is."""
    matrix = moments.gram * (sd[:, None] * sd / noise)
    matrix[np.diag_indices_from(matrix)] += 1.0
    factor = cholesky(matrix, lower=True, overwrite_a=True, check_finite=False)
    lower = solve_triangular(factor, np.eye(len(sd)), lower=True, check_finite=False)
    mean = sd * (lower.T @ (lower @ (sd * moments.product / noise)))
    return mean, lower, sd
