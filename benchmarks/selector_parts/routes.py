"""Which questions go to the dear model: quality against its share of the calls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from selector_parts.answered import Answered, hide
from workbench.evaluation.resampling import bootstrap
from workbench.models.outcome_model import OutcomeModel
from workbench.models.selector_policy import CAUTION, choose_safely

SHARES = np.linspace(0, 1, 21)
COMPONENTS = 8


@dataclass(frozen=True)
class Route:
    """``mean`` (questions judged, 2) and ``covariance`` of the expected rewards of the weak and the strong arm, and the
    gain of always calling the strong one over the questions learnt from."""

    places: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    fallback_gain: float
    fallback_sd: float

    @property
    def gain(self) -> np.ndarray:
        return self.mean[:, 1] - self.mean[:, 0]


def learn(data: Answered, seed: int, with_intent: bool) -> Route:
    """From one half of the questions, each under one arm; for the other half."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(data.rewards))
    seen, judged = order[: len(order) // 2], order[len(order) // 2 :]
    log = hide(data, seen, random)
    X, asked = data.rows(seen), data.rows(judged)
    if not with_intent:
        X, asked = X.drop(columns="intent"), asked.drop(columns="intent")
    model = OutcomeModel(data.arms, components=COMPONENTS)
    model.fit(X, [data.arms[at] for at in log.taken], data.rewards[seen, log.taken])
    gain, sd = model.average(X, ["strong"], "weak")
    return Route(judged, *model.joint(asked, data.arms), float(gain[0]), float(sd[0]))


def lead(rewards: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Shape (shares,): the quality of sending the share of the questions with the highest expected gain to the strong
    arm, less that on the straight line from always weak to always strong."""
    weak, strong = rewards.T
    order = np.argsort(-gain, kind="stable")
    won = np.concatenate([[0.0], (strong - weak)[order].cumsum()]) / len(gain)
    at = np.round(SHARES * len(gain)).astype(int)
    return won[at] - SHARES * won[-1]


def area(rewards: np.ndarray, gain: np.ndarray) -> float:
    """Between the curve and the line: the mean lead over all shares."""
    return float(np.trapezoid(lead(rewards, gain), SHARES))


def area_interval(rewards: np.ndarray, gain: np.ndarray, seed: int) -> tuple[float, float, float]:
    """With the 95 % interval of other questions of the same kind: questions keep their order when they are drawn again,
    so the curve of a resample rises by each one's weight."""
    order = np.argsort(-gain, kind="stable")
    won = (rewards[:, 1] - rewards[:, 0])[order]

    def weighted(weights: np.ndarray) -> np.ndarray:
        mass = weights / weights.sum(axis=1, keepdims=True)
        before = (mass * won).cumsum(axis=1) - mass * won / 2
        return (mass * before).sum(axis=1) - (mass * won).sum(axis=1) / 2

    found = bootstrap({"area": weighted}, len(gain), seed)["area"].interval
    return found.point, found.low, found.high


def at_price(rewards: np.ndarray, route: Route, price: float) -> dict[str, float]:
    """What the selector does when the strong arm costs that much, in rewards: how often it is called, and how far the
    net reward is above that of the better of the two alone, in hindsight."""
    cost = np.array([0.0, price])
    fallback = int(route.fallback_gain - price > CAUTION * route.fallback_sd)
    called = choose_safely(route.mean, route.covariance, np.full(len(rewards), fallback), cost)
    net = (rewards - cost)[np.arange(len(rewards)), called]
    return {
        "called": float(called.mean()),
        "net": float(net.mean()),
        "over_best_fixed": float(net.mean() - (rewards.mean(axis=0) - cost).max()),
    }
