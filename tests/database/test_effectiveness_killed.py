"""An apply or undo that is killed has changed nothing or everything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from rows import effectiveness
from staged import CODES, PATHS, cell, contents, empty, known, staged
from waiting import wait_for_lock

from workbench.db.connection import Connection, connect
from workbench.errors import DatabaseUnreachable
from workbench.jobs.effectiveness_batches import apply, show, undo

CELLS = [cell(intent, technique) for intent in PATHS for technique in CODES]
# Whoever writes the nth row of the transaction waits until the backend is told to end.
FALTER = """
CREATE SEQUENCE IF NOT EXISTS rows_written;
CREATE OR REPLACE FUNCTION falter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('rows_written') = TG_ARGV[0]::bigint THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
        PERFORM pg_sleep(60);
    END IF;
    RETURN NULL;
END $$;
"""
WAIT = """
CREATE OR REPLACE FUNCTION wait_for_a_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$
"""


@pytest.fixture
def database(module_database: str) -> Iterator[str]:
    yield module_database
    with connect(module_database, autocommit=True) as connection:
        for table in ("intent_technique_effectiveness", "effectiveness_batches", "effectiveness_estimates"):
            connection.execute(f"DROP TRIGGER IF EXISTS falter ON {table}")
        empty(connection)


@pytest.fixture
def batch(connection: Connection, database: str) -> str:
    """Of six cells; of two there is a row already."""
    ids = known(connection)
    for path in PATHS[:2]:
        effectiveness(connection, ids[path], ids["cot"], 0.5, complexity_adjustment={"1": 0.1})
    return staged(database, *CELLS)


def falter_at(connection: Connection, table: str, row: int) -> None:
    connection.execute(FALTER)
    connection.execute("ALTER SEQUENCE rows_written RESTART")
    connection.execute(f"DROP TRIGGER IF EXISTS falter ON {table}")
    connection.execute(
        f"CREATE TRIGGER falter AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION falter('{row}')"
    )


def everything(connection: Connection) -> tuple[list[str], list[tuple[str, ...]]]:
    kept = connection.execute(
        "SELECT to_jsonb(s)::text FROM effectiveness_estimates s ORDER BY intent_path, technique_code"
    ).fetchall()
    state = connection.execute("SELECT to_jsonb(b)::text FROM effectiveness_batches b").fetchall()
    return contents(connection), kept + state


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("effectiveness_estimates", 1),
        ("effectiveness_estimates", 6),
        *(("intent_technique_effectiveness", row) for row in (1, 2, 3, 4, 6)),
        ("effectiveness_estimates", 9),
        ("effectiveness_batches", 1),
    ],
)
def test_an_apply_that_is_ended_in_between_has_changed_nothing(
    connection: Connection, database: str, batch: str, table: str, row: int
) -> None:
    before = everything(connection)
    falter_at(connection, table, row)
    with pytest.raises(DatabaseUnreachable):
        apply(database, batch)
    assert everything(connection) == before
    connection.execute(f"DROP TRIGGER falter ON {table}")
    assert apply(database, batch).written == 6


@pytest.mark.parametrize(
    ("table", "row"), [*(("intent_technique_effectiveness", row) for row in (1, 3, 6)), ("effectiveness_batches", 1)]
)
def test_an_undo_that_is_ended_in_between_has_changed_nothing(
    connection: Connection, database: str, batch: str, table: str, row: int
) -> None:
    start = contents(connection)
    apply(database, batch)
    applied = everything(connection)
    falter_at(connection, table, row)
    with pytest.raises(DatabaseUnreachable):
        undo(database, batch)
    assert everything(connection) == applied
    connection.execute(f"DROP TRIGGER falter ON {table}")
    undo(database, batch)
    assert contents(connection) == start


def killed_while_waiting(url: str, connection: Connection, verb: str, batch: str, ready: Callable[[], None]) -> None:
    words = [sys.executable, "-c", "from workbench.cli.main import main; main()", "effectiveness", verb, batch]
    process = subprocess.Popen(words, env=os.environ | {"WORKBENCH_DATABASE_URL": url}, stderr=subprocess.PIPE)
    try:
        wait_for_lock(connection)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()
    ready()


def test_a_killed_process_leaves_all_or_nothing(connection: Connection, database: str, batch: str) -> None:
    """Killed when everything but the commit is done; what its backend does then is the server's matter."""
    before = everything(connection)
    connection.execute(WAIT)
    with connect(database) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(1)")
        when = "AFTER UPDATE ON effectiveness_batches FOR EACH ROW"
        connection.execute(f"CREATE TRIGGER falter {when} EXECUTE FUNCTION wait_for_a_lock()")
        killed_while_waiting(database, connection, "apply", batch, holder.rollback)
    while connection.execute("SELECT count(*) FROM pg_locks WHERE relation = 'effectiveness_batches'::regclass "
                             "AND pid <> pg_backend_pid()").fetchone() != (0,):  # fmt: skip
        pass
    state = show(database, batch).batch.state
    assert state in {"staged", "applied"}
    assert (everything(connection) == before) == (state == "staged")
    assert len(contents(connection)) == (2 if state == "staged" else 6)
