"""Which decisions, arms and prices a comparison of policies rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import CostsUnknown, LogUnknown, NoSupport, OutcomesMissing, PolicyUnknown
from workbench.evaluation.off_policy import Estimator
from workbench.evaluation.policies import ALWAYS, MEANINGS
from workbench.evaluation.propensity import Propensities
from workbench.records import DecisionLog, Vector

MIDDLE_LEVEL = 3


@dataclass(frozen=True)
class PolicyOrder:
    """What to compare, on which decisions. ``cost_weight`` is what 1,000 tokens cost in rewards; an arm needs
    ``min_support`` decisions."""

    language_model: str | None = None
    policy_log: str | None = None
    estimator: Estimator = "dr"
    policies: tuple[str, ...] = tuple(MEANINGS)
    cost_weight: float = 0.0
    min_support: int = 30
    seed: int = 1


def part_of(log: DecisionLog, order: PolicyOrder) -> DecisionLog:
    if log.frame.empty:
        raise OutcomesMissing
    kept = np.ones(len(log.frame), dtype=bool)
    for column, wanted in (("language_model", order.language_model), ("policy", order.policy_log)):
        if wanted is None:
            continue
        kept &= (log.frame[column] == wanted).to_numpy(bool)
        if not kept.any():
            known = ", ".join(repr(name) for name in sorted(set(log.frame[column])))
            raise LogUnknown(what=column.replace("_", " "), wanted=wanted, known=known)
    return rows_of(log, kept)


def rows_of(log: DecisionLog, kept: NDArray[np.bool_]) -> DecisionLog:
    frame = log.frame[kept].reset_index(drop=True)
    return replace(log, frame=frame, embeddings=log.embeddings[kept], recorded=log.recorded[kept])


def arms_of(log: DecisionLog, min_support: int) -> tuple[tuple[str, ...], dict[str, int]]:
    counts = log.frame["arm"].value_counts()
    arms = tuple(sorted(str(arm) for arm in counts.index[counts >= min_support]))
    if not arms:
        most = f"{counts.index[0] or 'no technique'} with {counts.iloc[0]}"
        raise NoSupport(problem=f"no arm has {min_support} decisions (the most has {most})")
    if log.frame["prompt"].nunique() < 2:
        raise NoSupport(problem="all decisions are of one prompt")
    left_out = counts[counts < min_support]
    return arms, dict(zip(map(str, left_out.index), left_out.tolist(), strict=True))


def names_of(wanted: Sequence[str], arms: Sequence[str]) -> frozenset[str]:
    """The policies asked for; "always" stands for one an arm."""
    each = tuple(ALWAYS + arm for arm in arms)
    unknown = [name for name in wanted if name not in MEANINGS and name not in each]
    if unknown or not wanted:
        known = ", ".join([*MEANINGS, *each])
        raise PolicyUnknown(name=unknown[0] if unknown else "", known=known)
    return frozenset(name for one in wanted for name in (each if one == "always" else (one,)))


def questions_of(frame: pd.DataFrame) -> list[tuple[str, int]]:
    """What the rules are told; an unknown complexity is the middle one."""
    levels = frame["complexity"].fillna(MIDDLE_LEVEL).astype(int)
    return list(zip(frame["intent"].fillna("").astype(str), levels.tolist(), strict=True))


def prices_of(tokens: Vector, arms: Sequence[str], cost_weight: float) -> Vector:
    """In rewards."""
    if cost_weight == 0:
        return np.zeros(len(arms))
    unknown = [arm or "(none)" for arm, cost in zip(arms, tokens, strict=True) if np.isnan(cost)]
    if unknown:
        raise CostsUnknown(arms=", ".join(unknown))
    return cost_weight * tokens / 1000


def paid_for(log: DecisionLog, found: Propensities, prices: Vector, cost_weight: float) -> Vector:
    """What each decision cost in rewards: the price of its arm, or its own where the arm has too little support."""
    own = cost_weight * log.frame["cost_tokens"].fillna(log.frame["cost_tokens"].mean()).to_numpy(float) / 1000
    return np.where(found.taken >= 0, prices[np.maximum(found.taken, 0)], np.nan_to_num(own))
