"""What a long job does when the database goes away: wait until it is back, and do the same again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from workbench.db.connection import connect, database_url, mlflow_database_url
from workbench.errors import DatabaseUnreachable, LockNotTaken, ServerNotStarted
from workbench.jobs.workspace import Workspace

PATIENCE_SECONDS = 600.0
PAUSE_SECONDS = 1.0
MOST_TRIES = 5

T = TypeVar("T")


def patiently(workspace: Workspace, call: Callable[[], T]) -> T:
    """What ``call`` gives; it may run several times, so that it has to change nothing the second time.

    Raises:
        DatabaseUnreachable: the database stayed away for ten minutes, or went away again and again.
    """
    for _ in range(MOST_TRIES - 1):
        try:
            return call()
        except Exception as exc:
            if not is_outage(exc):
                raise
            wait_for_database(workspace)
    return call()


def is_outage(exc: BaseException) -> bool:
    """Whether the database, or MLflow's, is away for the moment."""
    from workbench.tracking.outages import is_outage as mlflow_is_away

    return isinstance(exc, DatabaseUnreachable | ServerNotStarted) or mlflow_is_away(exc)


def wait_for_database(workspace: Workspace) -> None:
    """Return when both databases answer; the private server is started again.

    Raises:
        DatabaseUnreachable, ServerNotStarted, LockNotTaken: not within ten minutes.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            for url in (database_url(workspace.settings), mlflow_database_url(workspace.settings)):
                with connect(url):
                    pass
            return
        except (DatabaseUnreachable, ServerNotStarted, LockNotTaken):
            if time.monotonic() > deadline:
                raise
        time.sleep(PAUSE_SECONDS)
