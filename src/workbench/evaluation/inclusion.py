"""With what probability each technique was to be among those applied: recorded where it is, estimated elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluation.folds import numbered
from workbench.evaluation.outcomes import PropensitySource
from workbench.evaluation.propensity import estimate_propensities
from workbench.records import DecisionLog, Vector

MOST_ARMS = 60


@dataclass(frozen=True)
class Inclusion:
    """All of shape (rows, techniques): ``applied``, ``probability`` (NaN where neither recorded nor estimated, never
    for what was applied) and ``recorded``. ``source`` says where the probabilities of what was applied come from."""

    applied: NDArray[np.bool_]
    probability: Vector
    recorded: NDArray[np.bool_]
    source: PropensitySource


def inclusion(log: DecisionLog, seed: int) -> Inclusion:
    """A set of techniques is taken apart: the probability of a technique is that of all sets with it.

    Where a single technique was applied, the recorded probability of the choice is that of the technique. Nothing is
    estimated where the probability of everything applied is recorded.
    """
    applied = applied_techniques(log)
    single = applied.sum(axis=1) == 1
    own = np.where(applied & single[:, None], log.frame["propensity"].to_numpy(float)[:, None], np.nan)
    probability = np.where(np.isfinite(log.recorded), log.recorded, own)
    # A probability of 0 of something that was done is a mistake of whoever recorded it.
    probability = np.asarray(np.where(applied & (probability <= 0), np.nan, probability))
    recorded = np.isfinite(probability)
    missing = np.logical_and(applied, ~recorded)
    if missing.any():
        rows = missing.any(axis=1, keepdims=True)
        probability = np.where(rows & ~recorded, _estimated(log, applied, seed), probability)
    if not missing.any():
        return Inclusion(applied, probability, recorded, "recorded")
    source: PropensitySource = "partly estimated" if (applied & recorded).any() else "estimated"
    return Inclusion(applied, probability, recorded, source)


def applied_techniques(log: DecisionLog) -> NDArray[np.bool_]:
    """Shape (rows, techniques)."""
    place = {code: at for at, code in enumerate(log.techniques)}
    found = np.zeros((len(log.frame), len(place)), dtype=bool)
    for row, arm in enumerate(log.frame["arm"]):
        found[row, [place[code] for code in arm.split(";") if code]] = True
    return found


def _estimated(log: DecisionLog, applied: NDArray[np.bool_], seed: int) -> Vector:
    arms = sorted(set(log.frame["arm"]))
    if len(np.unique(numbered(log.frame["prompt"].to_numpy(str)))) < 2:
        return np.broadcast_to(applied.mean(axis=0), applied.shape)
    if len(arms) <= MOST_ARMS:
        matrix = estimate_propensities(log, arms, seed).matrix
        has = np.array([[code in arm.split(";") for code in log.techniques] for arm in arms], dtype=float)
        return np.asarray(np.clip(matrix @ has, 0, 1))
    # So many sets have few rows each: each technique on its own, in or out.
    found = np.zeros(applied.shape)
    for column in np.flatnonzero(applied.any(axis=0)):
        found[:, column] = estimate_propensities(_in_or_out(log, applied[:, column]), ["in"], seed).matrix[:, 0]
    return found


def _in_or_out(log: DecisionLog, inside: NDArray[np.bool_]) -> DecisionLog:
    frame = log.frame.assign(arm=pd.Series(np.where(inside, "in", "out"), index=log.frame.index), propensity=np.nan)
    return replace(log, frame=frame, techniques=(), recorded=np.empty((len(frame), 0)))
