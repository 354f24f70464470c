"""Two numbers between scores and probabilities."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, softmax

from workbench.records import Vector

ROWS_AT_ONCE = 4_096
# Beyond it log(log(1 + e^x)) is x to the last bit.
STRAIGHT = -40.0


@dataclass(frozen=True)
class Link:
    """Logits ``sharpness`` * log(bend * log(1 + e^(score / bend))), of which a softmax makes probabilities.

    Scores of a least-squares fit estimate the probabilities themselves, so their logarithms are the natural logits;
    the softplus (Dugas et al. 2001) keeps them finite and in order where a score is not above 0. There the link is a
    softmax with the temperature bend / sharpness, and for a wide bend everywhere: temperature scaling (Guo et al. 2017)
    is the limit.
    """

    sharpness: float
    bend: float

    @classmethod
    def of_temperature(cls, temperature: float) -> Link:
        """As near to a softmax of scores / temperature as makes no odds for scores of the size of 1."""
        return cls.at_zero(temperature, bend=100.0)

    @classmethod
    def at_zero(cls, temperature: float, bend: float) -> Link:
        """The link that changes with a score of 0 as a softmax of this temperature does."""
        return cls(2.0 * math.log(2.0) * bend / temperature, bend)

    def logits(self, scores: Vector) -> Vector:
        found: Vector = self.sharpness * (_log_softplus(scores / self.bend) + np.log(self.bend))
        return found

    def probabilities(self, scores: Vector) -> Vector:
        """Of the shape of the scores, (rows, classes)."""
        found: Vector = softmax(self.logits(scores), axis=1)
        return found


def fit_link(scores: Vector, truth: NDArray[Any]) -> tuple[Link, float]:
    """The link that gives the rows the highest likelihood, and their log loss then.

    ``scores`` of shape (rows, classes), ``truth`` the columns of the true classes.
    """
    spread = float(scores.std()) or 1.0

    def loss(logs: Vector) -> tuple[float, Vector]:
        link = Link.at_zero(*np.exp(logs).tolist())
        parts = (slice(start, start + ROWS_AT_ONCE) for start in range(0, len(truth), ROWS_AT_ONCE))
        pieces = [_loss_and_slope(link, scores[rows], truth[rows]) for rows in parts]
        value, by_sharpness, by_bend = np.sum(pieces, axis=0) / len(truth)
        return float(value), np.array([-by_sharpness, by_sharpness + by_bend])

    start = np.log([0.15 * spread, 0.3 * spread])
    # The first keeps rows that are all right from making the link sure beyond reason.
    bounds = [(-6.0, 3.0), (math.log(1e-3 * spread), math.log(1e3 * spread))]
    best = minimize(loss, start, method="L-BFGS-B", jac=True, bounds=bounds)
    return Link.at_zero(*np.exp(best.x).tolist()), float(best.fun)


def _log_softplus(x: Vector) -> Vector:
    found: Vector = np.where(x < STRAIGHT, x, np.log(np.logaddexp(0.0, np.maximum(x, STRAIGHT))))
    return found


def _loss_and_slope(link: Link, scores: Vector, truth: NDArray[Any]) -> Vector:
    """Sum over the rows of the log loss and of its slopes in log sharpness and log bend, shape (3,)."""
    rows = np.arange(len(truth))
    x = scores / link.bend
    shape = _log_softplus(x)
    logs = log_softmax(link.sharpness * shape, axis=1)
    change = np.exp(logs)
    change[rows, truth] -= 1.0
    inside = np.maximum(x, STRAIGHT)  # below it the quotient is 1
    by_bend = -x * expit(inside) / np.logaddexp(0.0, inside)
    slopes = [link.sharpness * float((change * part).sum()) for part in (shape, by_bend)]
    return np.array([-float(logs[rows, truth].sum()), *slopes])
