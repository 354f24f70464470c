"""Close the MLflow runs whose process has ended without closing them."""

from __future__ import annotations

from workbench.db.connection import connect
from workbench.jobs.workspace import Workspace
from workbench.store import performance
from workbench.tracking.items import Tags
from workbench.tracking.runs import Status, Tracker, is_gone


def sweep(workspace: Workspace) -> list[str]:
    """FINISHED where the results stand in the database, FAILED where they do not; the names of the runs closed."""
    orphans = [run for run in workspace.tracker.open_runs() if is_gone(run.owner)]
    with connect(workspace.url) as connection:
        written = performance.runs_written(connection, [run.run_id for run in orphans])
    for run in orphans:
        bury(workspace.tracker, run.run_id, "FINISHED" if run.run_id in written else "FAILED")
    return [run.name for run in orphans]


def bury(tracker: Tracker, run_id: str, status: Status) -> None:
    """Close a run for a process that has ended."""
    tracker.log(run_id, [Tags({"workbench.ended": "its process ended without closing it"})])
    tracker.close(run_id, status)
