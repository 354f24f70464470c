"""What learning from outcomes would have been worth on the logged decisions themselves, per language model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluation.off_policy import logged_of
from workbench.evaluation.policies import BEST_FIXED, BEST_PER_INTENT, SELECTOR, place_policy, token_prices
from workbench.evaluation.policy_values import PolicyValue, judge_policies
from workbench.evaluation.propensity import estimate_propensities
from workbench.evaluation.reward_model import learn
from workbench.records import DecisionLog

FEWEST_OF_AN_ARM = 30
FEWEST_PROMPTS = 50
COLUMNS = (
    "language_model policy decisions value low high over_best_fixed fixed_low fixed_high over_best_per_intent "
    "intent_low intent_high tokens problem synthetic"
).split()


def regret_table(log: DecisionLog, seed: int) -> pd.DataFrame:
    """One row a language model with enough of a log ("" for all together) and policy: the outcome model's choice, the
    best fixed arm and the best per intent, each learnt on the other folds and valued doubly robustly on its own, with
    95 % intervals (NaN where none can be claimed, and ``problem`` says why). A regret is a negative difference.
    ``tokens`` is the mean cost of a decision; ``synthetic`` the simulated decisions among them.
    """
    names = sorted({str(name) for name in log.frame["language_model"]})
    parts = [("", np.ones(len(log.frame), dtype=bool))] if len(names) != 1 else []
    parts += [(name, (log.frame["language_model"] == name).to_numpy(bool)) for name in names if name or len(names) == 1]
    rows = [row for name, kept in parts for row in _rows(name, _some(log, kept), seed)]
    return pd.DataFrame(rows, columns=COLUMNS)


def real_log(log: DecisionLog, synthetic: bool) -> DecisionLog:
    """Without what was simulated, unless ``synthetic`` wants it."""
    return log if synthetic else _some(log, ~log.frame["is_synthetic"].to_numpy(bool))


def _rows(name: str, log: DecisionLog, seed: int) -> list[tuple[object, ...]]:
    counts = log.frame["arm"].value_counts()
    arms = tuple(sorted(str(arm) for arm in counts.index[counts >= FEWEST_OF_AN_ARM]))
    if len(arms) < 2 or log.frame["prompt"].nunique() < FEWEST_PROMPTS:
        return []
    found, nothing = estimate_propensities(log, arms, seed), np.zeros(len(arms))
    learnt = learn(log, arms, found, nothing)
    places = {SELECTOR: learnt.selected, BEST_FIXED: learnt.fixed, BEST_PER_INTENT: learnt.by_intent}
    policies = {policy: place_policy(place, len(arms)) for policy, place in places.items()}
    tokens, own = token_prices(log.frame, arms), float(log.frame["cost_tokens"].mean())
    reward = log.frame["reward"].to_numpy(float)
    judged = judge_policies(policies, logged_of(reward, found), learnt.rewards, tokens, own, "dr")
    synthetic = int(log.frame["is_synthetic"].sum())
    return [(name, value.name, len(reward), *_figures(value), synthetic) for value in judged]


def _figures(value: PolicyValue) -> tuple[object, ...]:
    own, fixed, intent = value.estimates["dr"].interval, value.over_fixed, value.over_intent
    bounds = (number for one in (own, fixed, intent) for number in (one.point, one.low, one.high))
    return (*bounds, value.tokens, value.problem)


def _some(log: DecisionLog, kept: NDArray[np.bool_]) -> DecisionLog:
    frame = log.frame[kept].reset_index(drop=True)
    return replace(log, frame=frame, embeddings=log.embeddings[kept], recorded=log.recorded[kept])
