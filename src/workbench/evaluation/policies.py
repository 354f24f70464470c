"""Policies as matrices of shape (rows, arms): with what probability each arm would be taken on each decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from workbench.evaluation.folds import Codes
from workbench.evaluation.reward_model import Learnt
from workbench.records import Vector

ALWAYS = "always:"
LOGGED, UNIFORM, BEST_FIXED = "logged", "uniform", "best_fixed"
BEST_PER_INTENT, RULES, SELECTOR = "best_per_intent", "rules", "selector"
MEANINGS = {
    "always": "one arm for every prompt, for each arm with support",
    LOGGED: "what was done: the mean reward of the log",
    UNIFORM: "every arm with support equally likely",
    BEST_FIXED: "one arm for every prompt, the best on the other folds",
    BEST_PER_INTENT: "the best arm for the intent on the other folds",
    RULES: "get_optimal_techniques of the design, told the logged intent and complexity",
    SELECTOR: "the outcome model of the other folds, which leaves the best fixed arm only for an established gain",
}


def place_policy(places: Codes, arms: int) -> Vector:
    """Always the arm of the row's place."""
    return np.asarray(np.eye(arms)[places])


def by_name(arms: Sequence[str], learnt: Learnt, ranked: Codes) -> dict[str, Vector]:
    """Every policy but ``LOGGED``, which is no matrix but what was taken; ``ranked`` are the places of ``RULES``."""
    rows, width = learnt.rewards.shape
    fixed = {ALWAYS + arm: place_policy(np.full(rows, at), width) for at, arm in enumerate(arms)}
    learned = {BEST_FIXED: learnt.fixed, BEST_PER_INTENT: learnt.by_intent, SELECTOR: learnt.selected, RULES: ranked}
    return {
        **fixed,
        UNIFORM: np.full((rows, width), 1 / width),
        **{name: place_policy(places, width) for name, places in learned.items()},
    }


def first_supported(
    rankings: Mapping[tuple[str, int], Sequence[str]], questions: Sequence[tuple[str, int]], arms: Sequence[str]
) -> tuple[Codes, Vector]:
    """For each question the place of the first technique of its ranking that is an arm (the first arm where none is),
    and how many better ones had to be passed over."""
    place = {arm: at for at, arm in enumerate(arms)}
    found = {
        key: next(((n, place[c]) for n, c in enumerate(codes) if c in place), None) for key, codes in rankings.items()
    }
    passed = [found.get(question) or (len(rankings.get(question, ())), 0) for question in questions]
    return np.array([at for _, at in passed], dtype=np.int64), np.array([n for n, _ in passed], dtype=np.float64)


def token_prices(frame: pd.DataFrame, arms: Sequence[str]) -> Vector:
    """Mean ``cost_tokens`` of each arm's decisions, NaN where none is known."""
    means = frame.groupby("arm")["cost_tokens"].mean()
    return np.array([means.get(arm, np.nan) for arm in arms], dtype=np.float64)
