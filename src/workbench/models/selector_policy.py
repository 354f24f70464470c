"""Choose among arms: what is established wins, what is not leaves the choice where it was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import FloorTooHigh
from workbench.models.outcome_columns import differences
from workbench.models.outcome_model import OutcomeModel
from workbench.records import Vector

# So many posterior standard deviations a gain has to lie above 0: its 95 % interval has to leave out 0. Chosen by
# benchmarks/selector.py: where techniques differ by a point, a selector that learns from 200 logged questions and asks
# for 1.64 or less is below the best fixed technique by more than its interval allows, one that asks for 1.96 is not.
# The price is that a real gain is taken later; labels or the cheapest technique stand meanwhile, and exploring shortens
# the wait.
CAUTION = 1.96
DRAWS = 2000


def choose_safely(
    mean: Vector, covariance: Vector, start: NDArray[np.int64], cost: Vector, caution: float = CAUTION
) -> NDArray[np.int64]:
    """Shape (rows,): of the arms whose gain over the row's ``start`` (reward less cost) is above 0 by ``caution``
    posterior standard deviations the one with the highest expected value, else the start.

    ``mean`` has shape (rows, arms), ``covariance`` (rows, arms, arms), ``cost`` (arms,) or (rows, arms), in rewards.
    The same lower bound guards safe policy improvement (Thomas, Theocharous and Ghavamzadeh 2015).
    """
    row, price = np.arange(len(mean)), np.broadcast_to(cost, mean.shape)
    gain, sd = differences(mean, covariance, range(mean.shape[1]), start.tolist())
    gain = gain - price + price[row, start][:, None]
    sure = gain > caution * sd
    sure[row, start] = False
    best = np.where(sure, gain, -np.inf).argmax(axis=1)
    chosen: NDArray[np.int64] = np.where(sure.any(axis=1), best, start)
    return chosen


def order_scores(mean: Vector, covariance: Vector, by_labels: Vector, caution: float = CAUTION) -> Vector:
    """Shape (rows, arms), to put arms in order: what labels are worth, ``by_labels`` (rows, arms) in rewards, moved by
    what outcomes have established. That is how far an arm's expected reward lies from the row's mean beyond labels,
    less ``caution`` standard deviations of it, 0 where they reach across (soft thresholding, Donoho 1995)."""
    beyond = mean - by_labels
    beyond = beyond - beyond.mean(axis=1, keepdims=True)
    shared = covariance.mean(axis=2)
    square = np.diagonal(covariance, axis1=1, axis2=2) - 2 * shared + shared.mean(axis=1, keepdims=True)
    sure = np.maximum(np.abs(beyond) - caution * np.sqrt(np.maximum(square, 0.0)), 0.0)
    found: Vector = by_labels + np.sign(beyond) * sure
    return found


def best_fixed(
    model: OutcomeModel, X: pd.DataFrame, arms: Sequence[str], cost: Vector, caution: float = CAUTION
) -> int:
    """The arm to fall back on: the cheapest (the first of several), unless another one's mean gain over it on all rows,
    less what it costs more, is established; then the best of these."""
    start = int(np.argmin(cost))
    if not len(X):
        return start
    gain, sd = model.average(X, arms, arms[start])
    net = gain - cost + cost[start]
    sure = net > caution * sd
    sure[start] = False
    return int(np.where(sure, net, -np.inf).argmax()) if sure.any() else start


def best_probabilities(mean: Vector, covariance: Vector, seed: int, draws: int = DRAWS) -> Vector:
    """Shape (arms,): how likely each arm is the best one of a row; ``mean`` (arms,), ``covariance`` (arms, arms)."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    drawn = mean + np.random.default_rng(seed).normal(size=(draws, len(mean))) @ root.T
    found: Vector = np.bincount(drawn.argmax(axis=1), minlength=len(mean)) / draws
    return found


def exploring(best: Vector, chosen: int, share: float, floor: float) -> Vector:
    """Shape (arms,): with what probability to take each arm. ``share`` of all decisions explores: as many of the
    likeliest best arms as fit get ``floor`` each, what is left of the share goes to them by how likely each is best
    (Thompson 1933), and the chosen arm gets the rest. Arms that do not fit get 0 and are no candidates.

    Raises:
        FloorTooHigh: the floor leaves no room for a second arm.
    """
    found = np.zeros(len(best))
    found[chosen] = 1.0
    if share == 0 or len(best) == 1:
        return found
    others = np.argsort(-best, kind="stable")
    others = others[others != chosen][: int(share / floor + 1e-9)]
    if not len(others) or 1 - share < floor:
        raise FloorTooHigh(floor=floor, share=share)
    weight = best[others] + 1e-9
    found[others] = floor + (share - floor * len(others)) * weight / weight.sum()
    found[chosen] = 1.0 - found[others].sum()
    return found
