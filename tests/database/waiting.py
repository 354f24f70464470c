"""Two sessions in a certain order: go on when the other one stands before a lock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from workbench.db.connection import Connection

WAITS = """SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
           WHERE NOT l.granted AND a.datname = current_database()"""


def wait_for_lock(connection: Connection, other: Future[object] | None = None) -> None:
    """Until some session of this database waits, or ``other`` is done without waiting."""
    while connection.execute(WAITS).fetchone() == (0,) and not (other and other.done()):
        pass


def pause_before_insert(connection: Connection, table: str) -> None:
    """Whoever inserts into ``table`` waits for the advisory lock 1, which the test takes and lets go of."""
    connection.execute(
        f"""CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$;
            CREATE TRIGGER pause BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION pause()"""
    )


@contextmanager
def meanwhile(errand: Callable[[], object], raises: type[Exception] | None = None) -> Iterator[Future[object]]:
    """Run ``errand`` beside the block. It ends as it shall: well, or with ``raises``."""
    pool = ThreadPoolExecutor(1)
    job = pool.submit(errand)
    try:
        yield job
        if raises is None:
            job.result()
        else:
            with pytest.raises(raises):
                job.result()
    finally:
        pool.shutdown(wait=False)  # after a failure the errand may wait for what the test holds
