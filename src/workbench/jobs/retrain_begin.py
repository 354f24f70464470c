"""Begin a retraining: go on with an interrupted one, or start anew and say why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workbench.db.connection import Connection, connect
from workbench.db.locks import waiting
from workbench.db.owners import this_process
from workbench.errors import RetrainLost, RetrainNotResumable, RunUnknown
from workbench.jobs.patience import patiently
from workbench.jobs.retrain_asked import Asked, find
from workbench.jobs.retrain_plan import PARENT, Plan, differences, inputs_of
from workbench.jobs.retrain_watch import Watch
from workbench.jobs.sweep import SWEEPING, sweep_alone
from workbench.jobs.workspace import Workspace
from workbench.store import retraining, schedules
from workbench.store.retraining import RetrainRun
from workbench.tracking.runs import RETRAINING

# The same command later than that is a new wish.
LONGEST_BREAK = timedelta(days=1)


@dataclass(frozen=True)
class Begun:
    run: str
    parent: str
    folder: Path
    resumed: bool


def begin(
    workspace: Workspace, plan: Plan, asked: Asked, watch: Watch, encoder: str, tell: Callable[[str], None]
) -> Begun:
    """This process's place in the queue, which ``watch`` watches, becomes the retraining, or is given up for it.

    Raises:
        RetrainNotResumable, RetrainLost
    """
    with connect(workspace.url) as connection:
        inputs = inputs_of(connection, plan, encoder)
    # Nobody sweeps while what was swept is taken over.
    with waiting(workspace.url, SWEEPING), watch.paused():
        sweep_alone(workspace)
        with connect(workspace.url) as connection:
            earlier = _earlier(connection, plan, asked, inputs, tell)
            if earlier is None:
                begun = retraining.start(connection, watch.run, this_process(), inputs)
            else:
                begun = retraining.take_over(connection, earlier.id, this_process())
                begun = begun and retraining.give_up(connection, watch.run, this_process())
            if not begun:
                raise RetrainLost(run=watch.run, reason="it was closed or taken over")
            _record(connection, asked, earlier.id if earlier else watch.run)
        watch.run = earlier.id if earlier else watch.run
        return patiently(workspace, lambda: _in_mlflow(workspace, plan, watch.run, earlier))


def _record(connection: Connection, asked: Asked, run: str) -> None:
    """Whatever started it is on record: a schedule's triggers with their turn, a person here."""
    if asked.turn is None:
        schedules.record(connection, schedules.PERSON, True, f"{asked.reason}.", run=run)
    else:
        schedules.link(connection, asked.turn, run)


def _earlier(
    connection: Connection, plan: Plan, asked: Asked, inputs: dict[str, str], tell: Callable[[str], None]
) -> RetrainRun | None:
    """What to go on with."""
    if asked.resume not in ("auto", "never"):
        return _chosen(connection, plan, asked.resume, inputs)
    last = retraining.newest(connection, plan.version, plan.model_types)
    if asked.resume == "never" or last is None or last.state != "failed" or last.finished_at is None:
        return None
    name = f"the retraining {last.id[:8]}, which was not finished ({last.failure})"
    if datetime.now(UTC) - last.finished_at > LONGEST_BREAK:
        tell(f"starting anew and not going on with {name}: it ended more than a day ago")
        return None
    if changed := differences(last.inputs or {}, inputs):
        tell(f"starting anew and not going on with {name}: {', '.join(changed)}")
        return None
    tell(f"going on with {name}")
    return last


def _chosen(connection: Connection, plan: Plan, run: str, inputs: dict[str, str]) -> RetrainRun:
    found = find(connection, run)
    if found.state not in ("failed", "cancelled"):
        raise RetrainNotResumable(run=run[:8], reason=f"it is {found.state}", version=plan.version)
    if changed := differences(found.inputs or {}, inputs):
        reason = ", ".join(changed) if found.inputs else "it had not begun"
        raise RetrainNotResumable(run=run[:8], reason=reason, version=plan.version)
    return found


def _in_mlflow(workspace: Workspace, plan: Plan, run: str, earlier: RetrainRun | None) -> Begun:
    """The parent run is open, and the retraining names it."""
    parent = _reopened(workspace, earlier.mlflow_run_id) if earlier and earlier.mlflow_run_id else None
    if parent is None:
        tags = {"dataset_version": plan.version, RETRAINING: run}
        parent = workspace.tracker.open(PARENT, f"retrain {plan.version}", tags)
    folder = Path(earlier.folder) if earlier and earlier.folder else _new_folder(workspace, run)
    folder.mkdir(parents=True, exist_ok=True)
    with connect(workspace.url) as connection:
        if not retraining.name_run(connection, run, this_process(), parent, str(folder)):
            raise RetrainLost(run=run, reason="it was closed or taken over")
    return Begun(run, parent, folder, earlier is not None)


def _reopened(workspace: Workspace, run_id: str) -> str | None:
    try:
        workspace.tracker.status(run_id)
    except RunUnknown:
        return None
    workspace.tracker.reopen(run_id)
    return run_id


def _new_folder(workspace: Workspace, run: str) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return workspace.settings.runs / f"{stamp}-{run[:8]}"
