"""Studies of optuna: what to try next, and what came of what was tried. Kept in PostgreSQL, so that a search goes on
where a killed one stopped.

What is tried next is drawn from the seed, the number of the trial and the trials before it, by a sampler of its own: an
interrupted search tries the same as one that ran through.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
import sqlalchemy.exc
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.pool import QueuePool

from workbench.db.connection import ensure_schema, masked, open_in_schema
from workbench.db.locks import polling, waiting
from workbench.errors import StudiesUnusable
from workbench.models.search import Choice, Parameters, Range, Score, Space, Trial, defaults

# MLflow's tables are in public, where both would write alembic_version.
SCHEMA = "optuna_studies"
PREPARING = "workbench.studies.prepare"
DRAWN_AT_RANDOM = 10
# A trial that ends its process every time (memory) must not be tried for ever.
MOST_TRIES = 2
NUMBER, OUTCOME = "number", "outcome"
logging.getLogger("optuna").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Proposal:
    """What to try; ``number`` counts from 0, the defaults."""

    number: int
    parameters: Parameters
    handle: optuna.Trial


class Study:
    """One study, held by this process alone."""

    def __init__(self, study: optuna.Study, space: Space, seed: int) -> None:
        self._study = study
        self._space = space
        self._seed = seed
        for left in self._in_state(TrialState.RUNNING):
            study.tell(left.number, state=TrialState.FAIL)

    def trials(self) -> list[Trial]:
        """What is known, in order. What a process took with it when it ended is not among it and will be tried again,
        unless that happens with the same trial every time."""
        told = self._in_state(TrialState.COMPLETE, TrialState.PRUNED)
        found = {each.user_attrs[NUMBER]: _told(each) for each in told}
        lost: dict[int, list[FrozenTrial]] = {}
        for each in self._in_state(TrialState.FAIL):
            if NUMBER in each.user_attrs and OUTCOME not in each.user_attrs:
                lost.setdefault(each.user_attrs[NUMBER], []).append(each)
        for number, tries in lost.items():
            if len(tries) >= MOST_TRIES and number not in found:
                error = f"its process ended while it ran, {len(tries)} times"
                found[number] = Trial(number, tries[-1].params, None, 0.0, error)
        return [found[number] for number in sorted(found)]

    def ask(self) -> Proposal:
        number = len(self.trials())
        if number == 0 and not self._in_state(TrialState.WAITING):
            self._study.enqueue_trial(defaults(self._space))
        self._study.sampler = _sampler(self._seed, number)
        handle = self._study.ask(_distributions(self._space))
        handle.set_user_attr(NUMBER, number)
        return Proposal(number, handle.params, handle)

    def tell(self, proposal: Proposal, outcome: Score | str, seconds: float) -> Trial:
        """``outcome`` is a score, or why there is none."""
        if isinstance(outcome, str):
            proposal.handle.set_user_attr(OUTCOME, {"seconds": seconds, "error": outcome})
            # The sampler keeps away from what was pruned and knows nothing of what failed.
            self._study.tell(proposal.handle, state=TrialState.PRUNED)
            return Trial(proposal.number, proposal.parameters, None, seconds, outcome)
        proposal.handle.set_user_attr(OUTCOME, {"seconds": seconds, "accuracy": outcome.accuracy})
        self._study.tell(proposal.handle, outcome.loss)
        return Trial(proposal.number, proposal.parameters, outcome, seconds)

    def give_up(self, proposal: Proposal) -> None:
        """Somebody stopped the search: the trial is to be tried again."""
        proposal.handle.set_user_attr(OUTCOME, {})
        self._study.tell(proposal.handle, state=TrialState.FAIL)

    def forget(self) -> None:
        """The next search of this name starts from nothing."""
        optuna.delete_study(study_name=self._study.study_name, storage=self._study._storage)

    def _in_state(self, *states: TrialState) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False, states=states)


@contextmanager
def opened(url: str, name: str, space: Space, seed: int, refused: Callable[[float, str, str], None]) -> Iterator[Study]:
    """The study ``name`` in the database ``url``, made on first use; see ``locks.polling`` for ``refused``.

    Raises:
        DatabaseUnreachable, SchemaNotCreated, StudiesUnusable
    """

    def connection() -> Any:
        return open_in_schema(url, SCHEMA)

    # optuna gets connections instead of the address, which it may quote and would fill in where it has braces.
    pool = QueuePool(connection, pre_ping=True)
    with polling(url, f"workbench.study {name}", refused):
        try:
            storage = _storage(url, pool)
            study = optuna.create_study(storage=storage, study_name=name, load_if_exists=True)
            yield Study(study, space, seed)
        except (optuna.exceptions.StorageInternalError, sqlalchemy.exc.DBAPIError) as exc:
            raise StudiesUnusable(url=masked(url), schema=SCHEMA, reason=_first_line(exc)) from exc
        finally:
            pool.dispose()


def in_memory(space: Space, seed: int) -> Study:
    """Kept nowhere; proposes what a study in a database would."""
    return Study(optuna.create_study(), space, seed)


def _storage(url: str, pool: QueuePool) -> RDBStorage:
    """The tables are made on first use, by one process at a time."""
    with waiting(url, PREPARING):
        ensure_schema(url, SCHEMA)
        try:
            return RDBStorage("postgresql+psycopg://", engine_kwargs={"pool": pool})
        except RuntimeError as exc:
            raise StudiesUnusable(url=masked(url), schema=SCHEMA, reason=_first_line(exc)) from exc


def _sampler(seed: int, number: int) -> TPESampler:
    own = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    return TPESampler(seed=own, n_startup_trials=DRAWN_AT_RANDOM, multivariate=True, constant_liar=False)


def _distributions(space: Space) -> dict[str, BaseDistribution]:
    return {part.name: _distribution(part) for part in space}


def _distribution(part: Range | Choice) -> BaseDistribution:
    if isinstance(part, Choice):
        return CategoricalDistribution(part.options)
    if part.whole:
        return IntDistribution(int(part.low), int(part.high), log=part.log)
    return FloatDistribution(part.low, part.high, log=part.log)


def _told(trial: FrozenTrial) -> Trial:
    number, said = trial.user_attrs[NUMBER], trial.user_attrs[OUTCOME]
    score = None if trial.value is None else Score(trial.value, said["accuracy"])
    return Trial(number, trial.params, score, said["seconds"], said.get("error", ""))


def _first_line(exc: BaseException) -> str:
    # What the driver said is shorter than what SQLAlchemy makes of it, and quotes no statement.
    cause = exc.__cause__ if isinstance(exc, optuna.exceptions.StorageInternalError) and exc.__cause__ else exc
    return str(getattr(cause, "orig", None) or cause).strip().splitlines()[0]
