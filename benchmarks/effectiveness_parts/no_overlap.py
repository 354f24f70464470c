"""Logs of a rule, which never left a technique out or never took it: everything has to be refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from workbench.evaluation.effectiveness import estimate_effectiveness
from workbench.evaluation.pooling import Effort
from workbench.records import DecisionLog

LEAVES = ("a.x", "a.y", "b.x", "b.y", "c")
CODES = ("t0", "t1", "t2")
HASTY = Effort(chains=1, warmup=5, sweeps=10)
Rule = Callable[[pd.DataFrame], np.ndarray]
RULES: dict[str, Rule] = {
    "by intent": lambda made: pd.factorize(made["intent"])[0] % len(CODES),
    "by complexity": lambda made: np.where(made["complexity"] > 3, 1, 0),
    "by language model": lambda made: np.where(made["language_model"] == "large", 1, 2),
    "always the same": lambda made: np.zeros(len(made), dtype=int),
}


def log(rule: Rule, seed: int, recorded: bool) -> DecisionLog:
    random = np.random.default_rng(seed)
    rows = int(random.integers(150, 600))
    made = pd.DataFrame(
        {
            "prompt": np.arange(rows).astype(str),
            "intent": random.choice(LEAVES, rows),
            "complexity": random.integers(1, 6, rows).astype(float),
            "domain": None,
            "language_model": random.choice(["large", "small"], rows),
            "policy": "unknown",
            "reward": random.random(rows),
            "propensity": 1.0 if recorded else np.nan,
        }
    )
    made["arm"] = np.array(CODES)[rule(made)]
    nothing = np.full((rows, len(CODES)), np.nan)
    return DecisionLog(made, np.full((rows, 384), np.nan, np.float32), CODES, nothing)


def refused(seeds: int) -> dict[str, float]:
    """The share of logs of each rule of which every cell is refused."""
    base = dict.fromkeys(CODES, 0.5)
    found = {}
    for name, rule in RULES.items():
        for recorded in (True, False):
            whole = [
                bool(
                    estimate_effectiveness(log(rule, seed, recorded), base, effort=HASTY).table["refused"].notna().all()
                )
                for seed in range(seeds)
            ]
            found[f"{name}, {'recorded' if recorded else 'not recorded'}"] = sum(whole) / len(whole)
    return found
