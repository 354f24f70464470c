"""Log what was decided for a prompt, and later how it turned out."""

from __future__ import annotations

import math
from uuid import UUID

from workbench.db.connection import connect
from workbench.errors import DecisionInvalid, OutcomeInvalid
from workbench.records import Decided
from workbench.store import decisions


def log_decision(url: str, decided: Decided) -> UUID:
    """Write the decision to the log; the id by which its outcome, its history and its feedback refer to it.

    Raises:
        DecisionInvalid, DatabaseUnreachable
    """
    _check(decided)
    with connect(url) as connection:
        return decisions.log_decision(connection, decided)


def record_outcome(url: str, decision: UUID, reward: float) -> None:
    """Write how a decision turned out, 0 to 1. A later outcome replaces an earlier one.

    Raises:
        OutcomeInvalid, DecisionUnknown, DatabaseUnreachable
    """
    if not 0 <= reward <= 1:
        raise OutcomeInvalid(reward=reward)
    with connect(url) as connection:
        decisions.record_outcome(connection, decision, reward)


def _check(decided: Decided) -> None:
    given = decided.propensities
    if not decided.prompt.strip():
        raise DecisionInvalid(problem="the prompt is empty")
    if any(not 0 <= share <= 1 for share in given.values()):
        raise DecisionInvalid(problem="a propensity lies outside 0 to 1")
    outside = [code for code in decided.chosen if given and not given.get(code)]
    if outside:
        raise DecisionInvalid(problem=f"{outside[0]!r} was chosen but has no propensity above 0 among the candidates")
    whole = decided.propensity
    if whole is not None and (math.isnan(whole) or not 0 < whole <= 1):
        raise DecisionInvalid(problem=f"the propensity of the chosen set is {whole}, not above 0 and at most 1")
