"""With what probability the logging policy chose each arm: recorded where it is, estimated where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluation.folds import Codes, grouped_folds, numbered
from workbench.evaluation.log_columns import columns_of, context_levels
from workbench.evaluation.outcomes import PropensitySource
from workbench.evaluation.propensity_models import NOTHING, Context, guess_choices
from workbench.records import DecisionLog, Vector

FOLDS = 5
TOLERANCE = 1e-6
FEWEST_TRIES = 5


@dataclass(frozen=True)
class Propensities:
    """``matrix`` has shape (rows, arms): P(arm | row) as recorded or estimated, not clipped; what a row lacks to 1 is
    the probability of all other arms. ``taken`` is the place of the logged arm among ``arms``, -1 where it is another.
    ``chosen`` is the probability of what was chosen, to divide by: an estimated one raised to ``floor``, a recorded one
    as it is; where ``taken`` is -1 and nothing is recorded, that of all other arms together. ``source`` says where
    ``chosen`` comes from, ``was_recorded`` in which rows. ``model`` estimated the others out of fold, from ``columns``
    (rows, columns; no columns where nothing was estimated). ``prompts`` numbers the prompts, ``folds`` are grouped by
    them.
    """

    arms: tuple[str, ...]
    matrix: Vector
    chosen: Vector
    source: PropensitySource
    taken: Codes
    prompts: Codes
    folds: Codes
    floor: float
    was_recorded: NDArray[np.bool_]
    model: str
    columns: Vector

    @property
    def estimated_by(self) -> str | None:
        return None if self.model == NOTHING else self.model

    @cached_property
    def untried(self) -> NDArray[np.bool_]:
        """Shape (rows, arms): True where the arm's probability is below the floor, and in all rows where it is that low
        or lower the arm was taken fewer than five times. What it would have brought there nobody can know."""
        few = np.zeros(self.matrix.shape, dtype=bool)
        for arm, share in enumerate(self.matrix.T):
            tries = np.searchsorted(np.sort(share[self.taken == arm]), share, side="right")
            few[:, arm] = (share < self.floor) & (tries < FEWEST_TRIES)
        return few


def floor_of(arms: int) -> float:
    """A tenth of what a choice at random gives each arm."""
    return 0.1 / max(arms, 1)


def estimate_propensities(log: DecisionLog, arms: Sequence[str], seed: int, floor: float | None = None) -> Propensities:
    """Recorded propensities where there are any; the missing ones of each fold by a model of the other folds.

    Folds are grouped by prompt; the models are those of ``guess_choices`` on what was known before the choice: intent,
    complexity, domain, language model, logging policy, embedding. ``floor`` is that of ``floor_of`` unless given. Rows
    of which only the chosen arm's propensity is recorded get estimates for the other arms, scaled to what is left.

    Raises:
        ValueError: fewer than two prompts, or an arm named twice.
    """
    taken = places_of(log, arms)
    prompts = numbered(log.frame["prompt"].to_numpy(str))
    folds = grouped_folds(prompts, FOLDS, seed)
    known, chosen, is_whole = _recorded(log, arms, taken)
    missing = ~is_whole
    matrix, model, columns = known, NOTHING, np.empty((len(taken), 0))
    if missing.any():
        context = Context(columns_of(log, seed), context_levels(log))
        width = len(arms) + 1
        guess = guess_choices(context, np.where(taken < 0, len(arms), taken), width, folds, missing)
        matrix = np.where(missing[:, None], _scaled(guess.matrix, taken, chosen), known)
        model, columns = guess.model, guess.columns
    least = floor_of(len(arms)) if floor is None else floor
    was_recorded = np.isfinite(chosen)
    found = np.where(was_recorded, chosen, np.clip(of_taken(matrix, taken), least, 1.0))
    source = _source(was_recorded)
    return Propensities(tuple(arms), matrix, found, source, taken, prompts, folds, least, was_recorded, model, columns)


def known_propensities(
    matrix: Vector, taken: Codes, prompts: Codes, chosen: Vector | None = None, arms: Sequence[str] = ()
) -> Propensities:
    """Of a logging policy that is known: ``matrix`` (rows, arms), ``taken`` and ``prompts`` as in ``Propensities``.
    ``chosen`` is needed where an arm outside was taken; names of ``arms`` where one wants to read them."""
    rows = len(taken)
    names = tuple(arms) or tuple(str(place) for place in range(matrix.shape[1]))
    own = of_taken(matrix, taken) if chosen is None else chosen
    folds = grouped_folds(prompts, FOLDS, seed=0)
    least, recorded = floor_of(matrix.shape[1]), np.ones(rows, dtype=bool)
    nothing = np.empty((rows, 0))
    return Propensities(names, matrix, own, "recorded", taken, prompts, folds, least, recorded, NOTHING, nothing)


def places_of(log: DecisionLog, arms: Sequence[str]) -> Codes:
    """The place of each row's arm among ``arms``, -1 where it is another.

    Raises:
        ValueError: an arm named twice.
    """
    if len(set(arms)) < len(arms):
        raise ValueError(f"an arm is named twice among {list(arms)}")
    place = {arm: at for at, arm in enumerate(arms)}
    return np.array([place.get(arm, -1) for arm in log.frame["arm"]], dtype=np.int64)


def of_taken(matrix: Vector, taken: Codes) -> Vector:
    """The entry of the arm taken in each row of (rows, arms); where it is another, what the row lacks to 1."""
    own = matrix[np.arange(len(taken)), np.maximum(taken, 0)]
    return np.where(taken < 0, np.maximum(1 - matrix.sum(axis=1), 0.0), own)


def _recorded(log: DecisionLog, arms: Sequence[str], taken: Codes) -> tuple[Vector, Vector, NDArray[np.bool_]]:
    """What is recorded of P(arm | row) and of the chosen arm, NaN where nothing is; and of which rows all is.

    A technique's probability to be among the chosen is that of choosing it alone only where one technique at a time was
    chosen: the probabilities then sum to 1, and that of the chosen one is the recorded propensity, if there is one.
    """
    techniques = pd.Index(log.techniques, dtype=object)
    chosen = log.frame["propensity"].to_numpy(float).copy()
    of_technique = np.nan_to_num(log.recorded)
    place = techniques.get_indexer(pd.Index(log.frame["arm"], dtype=object))
    own = (
        np.where(place >= 0, of_technique[np.arange(len(place)), np.maximum(place, 0)], 0.0) if len(techniques) else 0.0
    )
    one_at_a_time = (own > 0) & (np.abs(of_technique.sum(axis=1) - 1) < TOLERANCE)
    one_at_a_time &= np.isnan(chosen) | (np.abs(chosen - own) < TOLERANCE)
    chosen = np.where(np.isnan(chosen) & one_at_a_time, own, chosen)
    matrix = np.full((len(chosen), len(arms)), np.nan)
    matrix[one_at_a_time] = 0.0
    for column, arm in enumerate(arms):
        if arm in techniques:
            matrix[one_at_a_time, column] = of_technique[one_at_a_time, techniques.get_loc(arm)]
    listed = np.flatnonzero((taken >= 0) & np.isfinite(chosen))
    matrix[listed, taken[listed]] = chosen[listed]
    return matrix, chosen, np.asarray(one_at_a_time)


def _scaled(guess: Vector, taken: Codes, chosen: Vector) -> Vector:
    """Of (rows, arms + 1) the arms, the others scaled to what the recorded propensity of the chosen one leaves."""
    rows = np.arange(len(taken))
    fixed = (taken >= 0) & np.isfinite(chosen)
    own = guess[rows, taken]
    left = np.where(fixed, (1 - np.where(fixed, chosen, 0)) / np.maximum(1 - own, 1e-12), 1.0)
    scaled = guess * left[:, None]
    scaled[rows[fixed], taken[fixed]] = chosen[fixed]
    return np.asarray(scaled[:, :-1])


def _source(was_recorded: NDArray[np.bool_]) -> PropensitySource:
    if was_recorded.all():
        return "recorded"
    return "partly estimated" if was_recorded.any() else "estimated"
