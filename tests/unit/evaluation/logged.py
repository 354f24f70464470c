"""Logs of a made-up policy that are known to the last probability."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.records import DIMENSIONS, DecisionLog

INTENTS = ("code.debug", "code.write", "talk.small", "talk")
ARMS = ("few_shot", "role", "steps")


def softmax_policy(intent: NDArray[np.int64], level: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shape (rows, 3): what is chosen depends on intent and complexity, each arm with at least 0.05."""
    score = np.column_stack([0.8 * (intent == 0), 0.3 * (level - 3), 0.9 * (intent >= 2)])
    share = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
    return 0.15 / 3 + 0.85 * share


def a_log(
    rows: int = 600,
    seed: int = 0,
    recorded: float = 1.0,
    policy: NDArray[np.float64] | None = None,
    arms: Sequence[str] = ARMS,
    prompts: int | None = None,
) -> tuple[DecisionLog, NDArray[np.float64]]:
    """A log of so many ``rows`` and the true probabilities of its arms; a share of the rows has them recorded."""
    random = np.random.default_rng(seed)
    of_prompt = random.integers(0, prompts, rows) if prompts else np.arange(rows)
    per_prompt = np.random.default_rng(seed + 1)
    intents = per_prompt.integers(0, len(INTENTS), of_prompt.max() + 1)[of_prompt]
    level = per_prompt.integers(1, 6, of_prompt.max() + 1).astype(float)[of_prompt]
    truth = softmax_policy(intents, level) if policy is None else policy
    taken = (random.random((rows, 1)) > np.cumsum(truth, axis=1)).sum(axis=1)
    success = 0.3 + 0.1 * taken + 0.2 * (taken == intents)
    known = random.random(rows) < recorded
    frame = pd.DataFrame(
        {
            "id": [f"row-{n}" for n in range(rows)],
            "prompt": [f"prompt-{n}" for n in of_prompt],
            "intent": [INTENTS[n] for n in intents],
            "complexity": level,
            "domain": None,
            "user": None,
            "language_model": "",
            "policy": "made up",
            "arm": [arms[n] for n in taken],
            "reward": (random.random(rows) < success).astype(float),
            "propensity": np.where(known, truth[np.arange(rows), taken], np.nan),
            "cost_tokens": 100.0 * (1 + taken),
            "is_synthetic": True,
            "decided_at": pd.Timestamp("2026-01-01", tz="UTC"),
        }
    )
    techniques = tuple(sorted({code for arm in arms for code in arm.split(";") if code}))
    marginal = np.array([[code in arm.split(";") for code in techniques] for arm in arms], dtype=float)
    full = np.where(known[:, None], truth @ marginal, np.nan)
    return DecisionLog(frame, np.full((rows, DIMENSIONS), np.nan, np.float32), techniques, full), truth
