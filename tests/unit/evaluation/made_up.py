"""A small world to draw outcomes from, for tests of the simulation and of the estimates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.evaluation.simulated_rows import draw
from workbench.evaluation.simulation import GroundTruth, World, make_truth
from workbench.records import DIMENSIONS, DecisionLog, Technique

INTENTS = ["a", "a.x", "a.y", "a.y.deep", "b", "b.x", "b.y", "b.z", "c", "c.x"]
TECHNIQUES = [Technique(f"id-{n}", f"t{n:02d}", f"T {n}", 1 + n % 5, 0.5 + 0.03 * n, 0.1, True) for n in range(10)]
BASE = {t.code: t.base_effectiveness for t in TECHNIQUES}


def prompts(count: int = 300) -> pd.DataFrame:
    random = np.random.default_rng(0)
    codes = [t.code for t in TECHNIQUES]
    return pd.DataFrame(
        {
            "intent": random.choice(INTENTS, count),
            "complexity": random.integers(1, 6, count),
            "techniques": [list(random.choice(codes, 2, replace=False)) for _ in range(count)],
        }
    )


def truth(seed: int = 1, world: World | None = None) -> GroundTruth:
    return make_truth(prompts(), TECHNIQUES, seed, world or World())


def outcomes(made: GroundTruth, rows: int, seed: int = 1) -> pd.DataFrame:
    drawn = draw(made, rows, seed)
    asked = prompts().iloc[drawn.prompt]
    frame = pd.DataFrame(
        {
            "intent": asked["intent"].to_numpy(),
            "technique": np.array(made.techniques)[drawn.technique],
            "reward": (drawn.rating - 1) / 4,
            "propensity": drawn.propensity,
            "complexity": asked["complexity"].to_numpy(float),
        }
    )
    return frame[drawn.rating > 0].reset_index(drop=True)


def log_of(made: pd.DataFrame, **columns: object) -> DecisionLog:
    """A log of the outcomes, one technique a decision; ``columns`` are of ``DecisionLog.frame``."""
    rows = len(made)
    frame = pd.DataFrame(
        {
            "id": [str(row) for row in range(rows)],
            "prompt": [f"prompt {row}" for row in range(rows)],
            "intent": made["intent"].to_numpy(object),
            "complexity": made["complexity"].to_numpy(float),
            "domain": None,
            "user": None,
            "language_model": "",
            "policy": "made up",
            "arm": made["technique"].to_numpy(object),
            "reward": made["reward"].to_numpy(float),
            "propensity": made["propensity"].to_numpy(float),
            "cost_tokens": np.nan,
            "is_synthetic": True,
            "decided_at": pd.Timestamp("2026-01-01", tz="UTC"),
        }
    ).assign(**columns)
    techniques = tuple(sorted({code for arm in frame["arm"] for code in arm.split(";") if code}))
    nothing = np.full((rows, DIMENSIONS), np.nan, dtype=np.float32)
    return DecisionLog(frame, nothing, techniques, np.full((rows, len(techniques)), np.nan))
