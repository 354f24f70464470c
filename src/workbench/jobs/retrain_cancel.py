"""Ask a retraining to stop."""

from __future__ import annotations

import time

from workbench.db.connection import connect
from workbench.db.locks import POLL_SECONDS
from workbench.jobs.retrain_asked import find, this_person
from workbench.jobs.retrain_guard import at_work
from workbench.jobs.sweep import sweep
from workbench.jobs.workspace import Workspace
from workbench.store import retraining
from workbench.store.retraining import OPEN, RetrainRun


def cancel(workspace: Workspace, named: str, wait_seconds: float) -> RetrainRun:
    """Ask it to stop and wait until it has, for so long. One whose process has ended is closed at once.

    Raises:
        RetrainUnknown
    """
    with connect(workspace.url) as connection:
        run = find(connection, named)
        retraining.ask_cancel(connection, run.id, this_person())
    if run.state in OPEN and not at_work(run):
        sweep(workspace)
    deadline = time.monotonic() + wait_seconds
    while True:
        with connect(workspace.url) as connection:
            run = find(connection, run.id)
        if run.state not in OPEN or time.monotonic() > deadline:
            return run
        time.sleep(POLL_SECONDS)
