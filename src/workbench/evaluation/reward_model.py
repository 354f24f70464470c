"""What each arm would have brought on each logged decision, by models that never saw the row's prompt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.evaluation.folds import Codes
from workbench.evaluation.policy_learning import best_by_intent, best_of_all, doubly_robust_scores, established
from workbench.evaluation.propensity import Propensities
from workbench.models.outcome_model import OutcomeModel
from workbench.records import DecisionLog, Vector

Tick = Callable[[int, int], None]


@dataclass(frozen=True)
class Learnt:
    """What the other folds say of each row: ``rewards`` (rows, arms), and places among the arms of the best arm for all
    rows (``fixed``), for the row's intent (``by_intent``) and for the row (``selected``, see ``established``)."""

    rewards: Vector
    fixed: Codes
    by_intent: Codes
    selected: Codes


def contexts_of(log: DecisionLog) -> pd.DataFrame:
    """What ``OutcomeModel`` takes: one row a decision."""
    vectors = [vector if np.isfinite(vector).all() else None for vector in log.embeddings]
    frame = log.frame[["intent", "complexity", "language_model", "domain"]].reset_index(drop=True)
    return frame.assign(embedding=pd.Series(vectors, dtype=object))


def learn(
    log: DecisionLog, arms: Sequence[str], found: Propensities, prices: Vector, tick: Tick = lambda *_: None
) -> Learnt:
    """One ``OutcomeModel`` a fold of ``found``, fitted on all the others, decides for its rows; ``prices`` (arms,) are
    taken from the rewards."""
    X, logged = contexts_of(log), log.frame["arm"].to_numpy(object)
    reward = log.frame["reward"].to_numpy(float)
    rows = len(X)
    rewards = np.empty((rows, len(arms)))
    fixed, by_intent, selected = (np.empty(rows, dtype=np.int64) for _ in range(3))
    folds = np.unique(found.folds)
    tick(0, len(folds))
    for done, fold in enumerate(folds, 1):
        known, mine = found.folds != fold, found.folds == fold
        model = OutcomeModel().fit(X[known], logged[known].tolist(), reward[known])
        rewards[mine] = np.clip(model.predict_mean(X[mine], arms), 0, 1)
        fitted = np.clip(model.predict_mean(X[known], arms), 0, 1)
        scores = doubly_robust_scores(fitted, reward[known], found.taken[known], found.chosen[known]) - prices
        best = best_of_all(scores)
        fixed[mine] = best
        by_intent[mine] = best_by_intent(scores, X["intent"][known], X["intent"][mine])
        selected[mine] = established(model, X[mine], arms, rewards[mine] - prices, best, prices)
        tick(done, len(folds))
    return Learnt(rewards, fixed, by_intent, selected)
