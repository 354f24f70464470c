"""Run the schedules: one leader at a time decides, and every retraining is a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from workbench.db.connection import connect, database_url
from workbench.db.locks import LockSet
from workbench.db.locks import Taken as Holder
from workbench.db.owners import this_process
from workbench.errors import DatabaseUnreachable, ServerNotStarted, WorkbenchError
from workbench.jobs.schedule import Taken, take_due
from workbench.records import SHORT_NAMES
from workbench.settings import Settings
from workbench.store import schedules
from workbench.store.notices import Listener
from workbench.store.schedules import TurnState

LOCK = "workbench.schedule"
MOST_AT_ONCE = 4
STANDBY_SECONDS = 5.0
PAUSE_SECONDS = 5.0
LONGEST_MESSAGE = 1000


@dataclass(frozen=True)
class Done:
    """A turn that this process took; ``state`` is what became of it, and ``message`` why."""

    taken: Taken
    state: TurnState
    message: str


class Retrainings:
    """The processes of the turns that were taken."""

    def __init__(self, url: str, logs: Path, tell: Callable[[str], None]) -> None:
        self._url = url
        self._logs = logs
        self._tell = tell
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._ending = False

    def start(self, taken: Taken) -> Future[Done]:
        return self._pool.submit(self._run, taken)

    def end(self) -> None:
        """Ask all of them to stop, and wait until they have written down how they stand."""
        self._ending = True
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
        self._pool.shutdown(cancel_futures=True)

    def _run(self, taken: Taken) -> Done:
        """The turn stays open where this process ends: the next one goes on with it."""
        if not taken.retrains:
            return Done(taken, "idle", "No trigger fired.")
        why = " ".join(answer.why for answer in taken.answers.values() if answer.fired)
        self._tell(f"{taken.schedule.name}: {why}")
        try:
            code, said = self._retrain(taken)
        except OSError as exc:
            code, said = 1, str(exc)
        if self._ending and code:
            return Done(taken, "running", "It goes on when the schedules are run again.")
        state: TurnState = "failed" if code else "finished"
        message = _last(said) if code else ""
        self._close(taken, state, message)
        self._tell(f"{taken.schedule.name}: {state}. {message}".rstrip())
        return Done(taken, state, message)

    def _retrain(self, taken: Taken) -> tuple[int, str]:
        """Exit code, and what it said, which is kept: the retraining may outlive this process."""
        log = self._logs / f"schedule-{taken.turn}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            process = subprocess.Popen(_command(taken), stdout=subprocess.DEVNULL, stderr=file)
        self._processes.append(process)
        code = process.wait()
        self._processes.remove(process)
        return code, log.read_text(encoding="utf-8")

    def _close(self, taken: Taken, state: TurnState, message: str) -> None:
        while True:
            try:
                with connect(self._url) as connection:
                    schedules.close(connection, taken.turn, this_process(), state, message)
                return
            except DatabaseUnreachable:
                time.sleep(PAUSE_SECONDS)


def run_once(settings: Settings, tell: Callable[[str], None]) -> tuple[list[Done], Holder | None]:
    """Take what is due and wait for it; or name who runs the schedules and has it done."""
    url = database_url(settings)
    locks = LockSet(url, [LOCK])
    if holder := locks.take():
        return [], holder
    # Only to decide: what takes hours must not keep others from looking at other schedules.
    try:
        due = take_due(url)
    finally:
        locks.release()
    at_work = Retrainings(url, settings.home / "log", tell)
    try:
        started = [at_work.start(taken) for taken in due]
        wait(started)
        return [each.result() for each in started], None
    finally:
        at_work.end()


def run_for_ever(settings: Settings, tell: Callable[[str], None], clock: bool = True) -> None:
    """Lead, or stand by while another leads, until interrupted. Looks every minute, and at every notice; without
    ``clock`` at notices alone."""
    url = database_url(settings)
    locks = LockSet(url, [LOCK])
    at_work = Retrainings(url, settings.home / "log", tell)
    told = ""
    with closing(Listener(url)) as listener:
        try:
            while True:
                try:
                    told = _lead(url, locks, at_work, told, tell)
                    listener.wait(_pause(clock, leads=told == LEADS))
                except (DatabaseUnreachable, ServerNotStarted) as exc:
                    tell(str(exc))
                    time.sleep(PAUSE_SECONDS)
                    with suppress(WorkbenchError):
                        database_url(settings)
        finally:
            locks.release()
            at_work.end()


LEADS = "running the schedules"


def _lead(url: str, locks: LockSet, at_work: Retrainings, told: str, tell: Callable[[str], None]) -> str:
    holder = None if locks.held() else locks.take()
    now = f"standing by: {holder.who} runs the schedules since {holder.since}" if holder else LEADS
    if now != told:
        tell(now)
    if holder is None:
        for taken in take_due(url):
            at_work.start(taken)
    return now


def _pause(clock: bool, leads: bool) -> float:
    """Until the next minute begins; a second later, so that the server's clock has reached it as well."""
    if not leads:
        return STANDBY_SECONDS
    return 60.0 - time.time() % 60.0 + 1.0 if clock else 3600.0


def _command(taken: Taken) -> list[str]:
    short = {model: name for name, model in SHORT_NAMES.items()}
    models = ",".join(short[model] for model in taken.schedule.models)
    words = ["--dataset-version", taken.schedule.dataset_version, "--models", models, "--turn", str(taken.turn)]
    return [sys.executable, "-m", "workbench.cli.main", "retrain", *words, "--json"]


def _last(said: str) -> str:
    """The error that a command ends with, else its last line."""
    lines = [line for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("Error: ")]
    return (errors or lines or ["It said nothing."])[-1][:LONGEST_MESSAGE]
