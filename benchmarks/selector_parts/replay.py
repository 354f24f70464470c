"""Learn from a log that hides all arms but one, choose on other questions, and look at what was hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from selector_parts.answered import Answered, as_propensities, hide
from workbench.evaluation.off_policy import doubly_robust, logged_of
from workbench.models.outcome_model import OutcomeModel
from workbench.models.selector_policy import CAUTION, best_fixed, choose_safely


@dataclass(frozen=True)
class Judged:
    """One repeat of one language model. ``places`` are the questions judged on, ``chosen`` the arm of each."""

    places: np.ndarray
    chosen: np.ndarray
    fallback: int
    estimate: float
    low: float
    high: float


def repeat(data: Mapping[str, Answered], seed: int, cost: np.ndarray, caution: float = CAUTION) -> dict[str, Judged]:
    """All language models learn together from one half of the questions, each question under one arm a model; each is
    judged on the other half. ``cost`` (arms,) in rewards."""
    random = np.random.default_rng(seed)
    first = next(iter(data.values()))
    order = random.permutation(len(first.rewards))
    seen, judged = order[: len(order) // 2], order[len(order) // 2 :]
    parts, arms, rewards = [], [], []
    for name, one in data.items():
        log = hide(one, seen, random)
        parts.append(one.rows(seen).assign(language_model=name))
        arms += [one.arms[at] for at in log.taken]
        rewards.append(one.rewards[seen, log.taken])
    model = OutcomeModel(first.arms).fit(pd.concat(parts, ignore_index=True), arms, np.concatenate(rewards))
    return {name: _judge(model, one, name, seen, judged, cost, caution, random) for name, one in data.items()}


def _judge(
    model: OutcomeModel,
    data: Answered,
    name: str,
    seen: np.ndarray,
    judged: np.ndarray,
    cost: np.ndarray,
    caution: float,
    random: np.random.Generator,
) -> Judged:
    X = data.rows(judged).assign(language_model=name)
    fallback = best_fixed(model, data.rows(seen).assign(language_model=name), data.arms, cost, caution)
    mean, covariance = model.joint(X, data.arms)
    chosen = choose_safely(mean, covariance, np.full(len(judged), fallback), cost, caution)
    estimate = _off_policy(data, judged, chosen, mean, cost, random)
    return Judged(judged, chosen, fallback, *estimate)


def _off_policy(
    data: Answered,
    judged: np.ndarray,
    chosen: np.ndarray,
    mean: np.ndarray,
    cost: np.ndarray,
    random: np.random.Generator,
) -> tuple[float, float, float]:
    """Doubly robust, from a log of as many questions drawn from the judged ones: those are the population, so that the
    true value is known exactly and the interval claims it at its stated rate."""
    drawn = random.integers(0, len(judged), len(judged))
    log = hide(data, judged[drawn], random)
    net = data.rewards[log.places, log.taken] - cost[log.taken]
    policy = np.eye(len(data.arms))[chosen[drawn]]
    found = doubly_robust(policy, logged_of(net, as_propensities(data, log)), mean[drawn] - cost)
    return found.point, found.low, found.high


def summary(data: Answered, repeats: list[Judged], cost: np.ndarray) -> dict[str, Any]:
    """Regrets are means over repeats, in rewards less cost, with the 95 % interval of such a mean over repeats and that
    of other questions (each question's own mean as one observation); ``covered`` is the share of repeats whose
    off-policy interval holds the true value of the policy on the questions judged."""
    net = data.rewards - cost
    best, per_intent = int(net.mean(axis=0).argmax()), _best_per_intent(data, net)
    rows = []
    total, count = np.zeros(len(net)), np.zeros(len(net))
    for one in repeats:
        own = net[one.places, one.chosen]
        lost = net[one.places, best] - own
        total[one.places] += lost
        count[one.places] += 1
        truth = own.mean()
        rows.append(
            (
                lost.mean(),
                (net[one.places, per_intent[one.places]] - own).mean(),
                truth,
                one.low <= truth <= one.high,
                np.mean(one.chosen == best),
                one.fallback == int(np.argmin(cost)),
                np.mean(one.chosen == int(np.argmin(cost))),
                one.estimate - truth,
            )
        )
    regret, intent, value, covered, right, simplest, cheapest, off = np.array(rows, dtype=float).T
    asked = count > 0
    return {
        "best_fixed": data.arms[best],
        "regret": _mean(regret),
        "regret_over_questions": _mean(total[asked] / count[asked]),
        "regret_to_best_per_intent": _mean(intent),
        "value": float(value.mean()),
        "covered": float(covered.mean()),
        "estimate_bias": float(off.mean()),
        "chose_best_fixed": float(right.mean()),
        "fell_back_to_cheapest": float(simplest.mean()),
        "chose_cheapest": float(cheapest.mean()),
    }


def _best_per_intent(data: Answered, net: np.ndarray) -> np.ndarray:
    means = pd.DataFrame(net).groupby(data.frame["intent"].to_numpy()).mean()
    return means.loc[data.frame["intent"]].to_numpy().argmax(axis=1)


def _mean(values: np.ndarray) -> dict[str, float]:
    half = 1.96 * float(values.std(ddof=1)) / len(values) ** 0.5
    middle = float(values.mean())
    return {"mean": middle, "low": middle - half, "high": middle + half}
