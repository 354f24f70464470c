"""Say who makes a connection wait, while it waits."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

import psycopg

from workbench.db.connection import Connection, connect
from workbench.errors import DatabaseUnreachable
from workbench.sql import query

PATIENCE_SECONDS = 1.0


@contextlib.contextmanager
def telling_who_blocks(url: str, connection: Connection, tell: Callable[[str], None]) -> Iterator[None]:
    """In the block ``tell`` hears once of everyone whose lock ``connection`` waits for, from another thread."""
    done = threading.Event()
    arguments = (url, connection.info.backend_pid, done, tell)
    watcher = threading.Thread(target=_watch, args=arguments, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _watch(url: str, pid: int, done: threading.Event, tell: Callable[[str], None]) -> None:
    told: set[str] = set()
    # Only a courtesy: without a second connection the work goes on all the same.
    with contextlib.suppress(DatabaseUnreachable, psycopg.Error):
        if done.wait(PATIENCE_SECONDS):
            return
        with connect(url, autocommit=True) as connection:
            while not done.wait(PATIENCE_SECONDS):
                for (who,) in connection.execute(query("migrations", "blockers"), {"pid": pid}).fetchall():
                    if who not in told:
                        told.add(who)
                        tell(f"waiting for a lock that {who} holds")
