"""What the technique selector learns from besides labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.records import DIMENSIONS, DecisionLog, Vector

COLUMNS = (
    "intent",
    "complexity",
    "language_model",
    "domain",
    "embedding",
    "arm",
    "reward",
    "cost_tokens",
    "latency_ms",
)


@dataclass(frozen=True)
class Evidence:
    """``log`` has a row a decision with ``COLUMNS`` (see ``DecisionLog``, embedding None where unknown); ``described``
    (techniques, 384) are embeddings of the active techniques' descriptions and ``tokens`` (techniques,) guesses of what
    each costs, in the order of the model's techniques. ``is_synthetic`` says that some rows of the log are."""

    log: pd.DataFrame
    described: Vector
    tokens: Vector
    is_synthetic: bool = False


def evidence_of(log: DecisionLog, described: Vector, tokens: Vector, synthetic: bool = False) -> Evidence:
    """Real decisions only, unless ``synthetic`` ones are asked for too."""
    made_up = log.frame["is_synthetic"].to_numpy(dtype=bool)
    rows = np.arange(len(made_up)) if synthetic else np.flatnonzero(~made_up)
    frame = log.frame.iloc[rows].reset_index(drop=True)
    vectors = [vector if np.isfinite(vector).all() else None for vector in log.embeddings[rows]]
    frame = frame.assign(embedding=pd.Series(vectors, dtype=object))
    return Evidence(frame[list(COLUMNS)], described, tokens, bool(made_up[rows].any()))


def no_evidence(techniques: int) -> Evidence:
    """Labels alone."""
    empty = pd.DataFrame({name: [] for name in COLUMNS})
    return Evidence(empty, np.zeros((techniques, DIMENSIONS)), np.zeros(techniques))
