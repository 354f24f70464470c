"""Be woken when it is time to look at the schedules."""

from __future__ import annotations

import contextlib
import time

import psycopg

from workbench.db.connection import Connection, connect
from workbench.errors import DatabaseUnreachable
from workbench.sql import query


class Listener:
    """Hears the notices on a session of its own, which it opens again when the server has ended it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = contextlib.ExitStack()
        self._connection: Connection | None = None

    def wait(self, seconds: float) -> bool:
        """Return at a notice, or after ``seconds``; whether there was one. Without a server it only waits."""
        deadline = time.monotonic() + seconds
        try:
            if self._connection is None:
                self._connection = self._session.enter_context(connect(self._url, autocommit=True))
                self._connection.execute(query("schedules", "listen"))
            return any(True for _ in self._connection.notifies(timeout=seconds, stop_after=1))
        except (DatabaseUnreachable, psycopg.OperationalError):
            self.close()
            time.sleep(max(0.0, deadline - time.monotonic()))
            return False

    def close(self) -> None:
        self._connection = None
        with contextlib.suppress(DatabaseUnreachable, psycopg.OperationalError):
            self._session.close()
