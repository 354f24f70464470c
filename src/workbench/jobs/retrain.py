"""Run the notebooks in order. This process, outside every kernel, owns the state of every run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workbench.db.connection import connect
from workbench.db.owners import this_process
from workbench.errors import (
    DatabaseUnreachable,
    NotebookFailed,
    RetrainBusy,
    RetrainCancelled,
    RetrainLost,
)
from workbench.jobs import data
from workbench.jobs.aliases import follow
from workbench.jobs.describe import best_baseline
from workbench.jobs.embed import Embedded, fill_all
from workbench.jobs.encoder import find_encoder
from workbench.jobs.patience import patiently
from workbench.jobs.retrain_asked import Asked
from workbench.jobs.retrain_begin import begin
from workbench.jobs.retrain_guard import Guard, Holder, guarded
from workbench.jobs.retrain_plan import ESTIMATE, TRAINING, Plan, make_plan
from workbench.jobs.retrain_steps import Flight, run_steps
from workbench.jobs.retrain_watch import Watch, watching
from workbench.jobs.sweep import close_of, close_retraining, sweep
from workbench.jobs.workspace import Workspace
from workbench.store import effectiveness, performance, retraining
from workbench.store.performance import ModelRow
from workbench.store.retraining import Failure, State
from workbench.tracking.items import Note


@dataclass(frozen=True)
class Retrained:
    """``models`` are the rows written, in the order trained; ``runs`` the MLflow run of each notebook; ``retraining``
    the id in ``retrain_runs`` and ``resumed`` whether an earlier process had begun it."""

    version: str
    folder: Path
    run_id: str
    models: tuple[ModelRow, ...]
    runs: dict[str, str]
    effectiveness_rows: int
    embedded: Embedded
    swept: tuple[str, ...]
    seconds: float
    retraining: str
    resumed: bool


def retrain(
    workspace: Workspace,
    version: str,
    models: Sequence[str],
    wait_seconds: float,
    tell: Callable[[str], None],
    asked: Asked | None = None,
) -> Retrained:
    """Embed, run the notebooks, keep what they made. One that was interrupted is gone on with where nothing that
    decides the result has changed; the others stand as they are.

    Raises:
        RetrainBusy: another retraining of one of the models was at work for ``wait_seconds``.
        NotebookFailed: that notebook's run and the parent run are FAILED; what it had not written back is not there.
        RetrainCancelled: somebody asked for that, and both are KILLED.
        RetrainNotResumable: what was to be gone on with has other inputs.
        RetrainLost: another process works on it.
    """
    started = time.perf_counter()
    asked = asked or Asked()
    data.check_known(workspace.url, version)
    with connect(workspace.url) as connection:
        plan = make_plan(connection, version, models)
        run = retraining.queue(connection, version, plan.model_types, asked.by, asked.reason, this_process())
    with watching(workspace.url, run) as watch:
        try:
            with guarded(workspace.url, plan.model_types, run, wait_seconds, _waiting(watch, tell)) as guard:
                done = _fly(workspace, plan, asked, guard, watch, tell)
        except BaseException as exc:
            _settle(workspace, watch.run, exc)
            raise
    return _retrained(workspace, done, time.perf_counter() - started)


@dataclass(frozen=True)
class _Done:
    flight: Flight
    runs: dict[str, str]
    embedded: Embedded
    swept: tuple[str, ...]
    resumed: bool


def _waiting(watch: Watch, tell: Callable[[str], None]) -> Callable[[Holder], None]:
    told: list[Holder] = []

    def waiting(holder: Holder) -> None:
        watch.check()
        if not told:
            told.append(holder)
            tell(f"waiting for another retraining of {holder.what} ({holder.who}, since {holder.since}) …")

    return waiting


def _fly(
    workspace: Workspace, plan: Plan, asked: Asked, guard: Guard, watch: Watch, tell: Callable[[str], None]
) -> _Done:
    swept = sweep(workspace)
    tell("embedding what is new …")
    encoder = find_encoder(workspace.settings)
    embedded = patiently(workspace, lambda: fill_all(workspace.url, encoder, plan.version))
    watch.check()
    begun = begin(workspace, plan, asked, watch, encoder.space, tell)
    guard.of(begun.run)
    flight = Flight(workspace, plan, begun.run, begun.parent, begun.folder, guard, watch, tell)
    runs = run_steps(flight)
    patiently(workspace, lambda: _finish(flight, runs))
    return _Done(flight, runs, embedded, tuple(swept), begun.resumed)


def _finish(flight: Flight, runs: dict[str, str]) -> None:
    """PostgreSQL says that it is finished, MLflow follows; done twice, nothing changes."""
    workspace = flight.workspace
    follow(workspace, flight.plan.model_types)
    workspace.tracker.log(flight.parent, [Note(summary(flight.plan.version, _rows(workspace, runs)))])
    flight.write(lambda connection: retraining.end(connection, flight.run, this_process(), "finished"))
    close_of(workspace, flight.run)


def _settle(workspace: Workspace, run: str, exc: BaseException) -> None:
    """Write down how it ended. Where that cannot be done the next sweep does it, once this process is gone."""
    if isinstance(exc, RetrainLost):
        return
    state, failure = _ending(exc)

    def close() -> None:
        with connect(workspace.url, autocommit=True) as connection:
            for found in retraining.runs(connection, run):
                if found.owner == this_process():
                    close_retraining(connection, found, state, failure, str(exc) or type(exc).__name__)
        close_of(workspace, run)

    with suppress(DatabaseUnreachable):
        patiently(workspace, close)


def _ending(exc: BaseException) -> tuple[State, Failure | None]:
    if isinstance(exc, RetrainCancelled | RetrainBusy):
        return "cancelled", None
    if isinstance(exc, NotebookFailed):
        found: Failure = exc.fields["failure"]  # type: ignore[assignment]
        return "failed", found
    if isinstance(exc, KeyboardInterrupt | SystemExit):
        return "failed", "interrupted"
    return "failed", "database away" if isinstance(exc, DatabaseUnreachable) else "error"


def _retrained(workspace: Workspace, done: _Done, seconds: float) -> Retrained:
    flight = done.flight
    return Retrained(
        flight.plan.version,
        flight.folder,
        flight.parent,
        _rows(workspace, done.runs),
        done.runs,
        _estimated(workspace, done.runs),
        done.embedded,
        done.swept,
        seconds,
        flight.run,
        done.resumed,
    )


def _rows(workspace: Workspace, runs: dict[str, str]) -> tuple[ModelRow, ...]:
    with connect(workspace.url) as connection:
        found = [performance.of_run(connection, runs[s.notebook]) for s in TRAINING.values() if s.notebook in runs]
    return tuple(row for row in found if row is not None)


def _estimated(workspace: Workspace, runs: dict[str, str]) -> int:
    if ESTIMATE.notebook not in runs:
        return 0
    with connect(workspace.url) as connection:
        return effectiveness.rows_of_run(connection, runs[ESTIMATE.notebook])


def summary(version: str, rows: Sequence[ModelRow]) -> str:
    """The Markdown description of the parent run."""
    lines = [f"## Retraining on `{version}`", ""]
    lines += ["| model | version | accuracy | best baseline | live |", "|---|---|---|---|---|"]
    for row in rows:
        accuracy, best = row.metrics["accuracy"], best_baseline(row.metrics["baselines"])[1]
        live = "yes" if row.is_active else "no"
        lines.append(f"| {row.model_type} | {row.model_version} | {accuracy:.3f} | {best:.3f} | {live} |")
    return "\n".join(lines)
