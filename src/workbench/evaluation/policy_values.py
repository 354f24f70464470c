"""Policies side by side: what each is worth on the same decisions, and by how much it beats the best simple ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workbench.evaluation.intervals import Interval
from workbench.evaluation.off_policy import ESTIMATORS, Estimate, Estimator, Logged, difference, estimate_by, on_policy
from workbench.evaluation.overlap import Weights, weights_of
from workbench.evaluation.policies import BEST_FIXED, BEST_PER_INTENT, LOGGED
from workbench.records import Vector


@dataclass(frozen=True)
class PolicyValue:
    """``estimates`` by estimator; ``weights`` are None of what was logged, which weighs nothing. ``tokens`` is the mean
    cost of a decision, NaN where unknown. ``over_fixed`` and ``over_intent`` are the paired differences to the best
    fixed arm and the best per intent, by the estimator that was asked for; regret is their negative."""

    name: str
    estimates: Mapping[Estimator, Estimate]
    weights: Weights | None
    tokens: float
    over_fixed: Interval
    over_intent: Interval

    @property
    def problem(self) -> str:
        """Why no interval can be claimed, "" where one can."""
        return self.weights.problem if self.weights else ""


def judge_policies(
    policies: Mapping[str, Vector], logged: Logged, rewards: Vector, tokens: Vector, own_tokens: float, by: Estimator
) -> list[PolicyValue]:
    """Of every policy, and last what was logged. ``policies`` hold at least the best fixed arm and the best per intent;
    ``rewards`` (rows, arms) by a model, ``tokens`` (arms,) the mean cost of each, ``own_tokens`` that of the log."""
    known = {name: _estimates(policy, logged, rewards) for name, policy in policies.items()}
    own = on_policy(logged)
    known[LOGGED] = dict.fromkeys(ESTIMATORS, own)
    fixed, per_intent = known[BEST_FIXED][by], known[BEST_PER_INTENT][by]
    found = []
    for name, estimates in known.items():
        policy = policies.get(name)
        weights = None if policy is None else weights_of(policy, logged.found)
        cost = own_tokens if policy is None else float(np.nansum(policy.mean(axis=0) * tokens, initial=0.0))
        if policy is not None and np.isnan(tokens[policy.any(axis=0)]).any():
            cost = float("nan")
        over = difference(estimates[by], fixed), difference(estimates[by], per_intent)
        found.append(PolicyValue(name, estimates, weights, cost, *over))
    return found


def _estimates(policy: Vector, logged: Logged, rewards: Vector) -> dict[Estimator, Estimate]:
    return {name: estimate_by(name, policy, logged, rewards) for name in ESTIMATORS}
