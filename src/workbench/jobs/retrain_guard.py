"""One retraining of a model type at a time: by a lock for each type, and by asking whether its process lives."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from workbench.db.connection import connect
from workbench.db.locks import POLL_SECONDS, LockSet
from workbench.db.owners import application_name, is_gone, is_here, this_process
from workbench.errors import RetrainBusy, RetrainLost
from workbench.records import ModelType
from workbench.store import retraining
from workbench.store.retraining import RetrainRun

# The process of another machine that says nothing for that long is taken for dead.
SILENT_SECONDS = 120.0
RENEW_SECONDS = 60.0


@dataclass(frozen=True)
class Holder:
    """Who retrains what, and since when."""

    what: str
    who: str
    since: str


def at_work(run: RetrainRun) -> bool:
    """Whether the process of an open retraining lives."""
    return not is_gone(run.owner) if is_here(run.owner) else run.silent_seconds < SILENT_SECONDS


class Guard:
    """The right to retrain ``models``, which ends with the server's session: ``ensure`` takes it again."""

    def __init__(self, url: str, models: Sequence[ModelType], run: str) -> None:
        self._url = url
        self._models = models
        self._run = run
        self._locks = LockSet(url, sorted(f"workbench.retrain.{model}" for model in models))

    def attempt(self) -> Holder | None:
        """Take it, or say who has it."""
        taken = self._locks.take()
        if taken is not None:
            return Holder(taken.name.removeprefix("workbench.retrain."), taken.who, taken.since)
        # Whoever lost the lock with the server's session still works, and will want it back.
        if rival := self._rival():
            self._locks.release()
        return rival

    def of(self, run: str) -> None:
        """Work on another retraining of the same models from now on."""
        self._run = run

    def held(self) -> bool:
        return self._locks.held()

    def ensure(self) -> None:
        """
        Raises:
            RetrainLost: the server ended the session and another has taken what this one held.
            DatabaseUnreachable
        """
        deadline = time.monotonic() + RENEW_SECONDS
        while not self._locks.held():
            holder = self.attempt()
            if holder is None:
                return
            if time.monotonic() > deadline:
                raise RetrainLost(run=self._run, reason=f"{holder.who} retrains {holder.what}, since {holder.since}")
            time.sleep(POLL_SECONDS)

    def release(self) -> None:
        self._locks.release()

    def _rival(self) -> Holder | None:
        with connect(self._url) as connection:
            running = retraining.runs(connection, states=["running"])
        for run in running:
            shared = [model for model in run.models if model in self._models]
            if shared and run.id != self._run and run.owner != this_process() and at_work(run):
                since = f"{run.started_at:%Y-%m-%d %H:%M:%S} UTC"
                return Holder(shared[0], application_name(run.owner), since)
        return None


@contextlib.contextmanager
def guarded(
    url: str, models: Sequence[ModelType], run: str, wait_seconds: float, waiting: Callable[[Holder], None]
) -> Iterator[Guard]:
    """Hold the right for the block; ``waiting`` is told twice a second who has it and may raise to give up.

    Raises:
        RetrainBusy: another had it for ``wait_seconds``.
    """
    guard = Guard(url, models, run)
    started = time.monotonic()
    try:
        while holder := guard.attempt():
            waited = time.monotonic() - started
            if waited >= wait_seconds:
                raise RetrainBusy(what=holder.what, who=holder.who, since=holder.since, seconds=waited)
            waiting(holder)
            time.sleep(POLL_SECONDS)
        yield guard
    finally:
        guard.release()
