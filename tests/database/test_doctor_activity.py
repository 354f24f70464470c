"""`workbench doctor` on what the server is doing: each problem is really there, and the advised command ends it."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from examined import commands, cure, finding

from workbench.db.connection import Connection, connect
from workbench.jobs import doctor_activity


@pytest.fixture
def connection(module_database: str) -> Iterator[Connection]:
    with connect(module_database, autocommit=True) as opened:
        yield opened
        opened.execute(f"ALTER DATABASE {opened.info.dbname} CONNECTION LIMIT -1")


@pytest.fixture
def other(module_database: str) -> Iterator[Connection]:
    """A second session; what it leaves open is thrown away, also when it was ended from outside."""
    with psycopg.connect(module_database, application_name="other") as opened:
        yield opened
        if not opened.closed:
            opened.rollback()


def test_a_quiet_server_has_no_problem(connection: Connection) -> None:
    for name in ("connections", "transactions", "replication slots", "cache", "slow statements"):
        assert finding(connection, name).state == "ok"


def test_connections_near_the_limit_are_a_problem(connection: Connection) -> None:
    connection.execute(f"ALTER DATABASE {connection.info.dbname} CONNECTION LIMIT 1")
    found = finding(connection, "connections")
    assert (found.state, found.found) == ("problem", "1 of 1 are in use")


def test_the_servers_own_limit_counts_where_the_database_has_none(connection: Connection) -> None:
    usable = connection.execute(
        "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
    ).fetchone()[0]
    assert finding(connection, "connections").found.endswith(f"of {usable} are in use")


def test_a_session_idle_in_a_transaction_is_a_problem_whose_cure_ends_it(
    connection: Connection, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    other.execute("SELECT 1")
    assert finding(connection, "transactions").state == "ok"
    monkeypatch.setattr(doctor_activity, "IDLE_MINUTES", 0)
    found = finding(connection, "transactions")
    assert found.state == "problem"
    assert f"process {other.info.backend_pid} (other)" in found.found
    cure(connection, found)
    with pytest.raises(psycopg.errors.AdminShutdown):
        other.execute("SELECT 1")


def test_a_long_statement_is_a_note_whose_cure_ends_it(
    connection: Connection, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_activity, "LONG_MINUTES", 0)
    ended: list[str] = []

    def sleep() -> None:
        try:
            other.execute("SELECT pg_sleep(60)")
        except psycopg.errors.QueryCanceled:
            ended.append("cancelled")

    sleeper = threading.Thread(target=sleep)
    sleeper.start()
    while (found := finding(connection, "transactions")).state == "ok":
        pass
    cure(connection, found)
    sleeper.join()
    assert found.state == "note"
    assert ended == ["cancelled"]


def test_a_forgotten_replication_slot_is_a_problem_whose_cure_works(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"forgotten_{uuid.uuid4().hex[:8]}"
    connection.execute("SELECT pg_create_physical_replication_slot(%s, true)", [name])
    assert finding(connection, "replication slots").state == "ok"  # it keeps little so far
    monkeypatch.setattr(doctor_activity, "SLOT_BYTES", 0)
    found = finding(connection, "replication slots")
    assert found.state == "problem"
    assert name in found.found
    connection.execute(next(command for command in commands(found) if name in command))
    assert name not in finding(connection, "replication slots").found


def test_few_pages_found_in_memory_are_worth_a_note(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_activity, "LEAST_PAGES", 0)
    assert finding(connection, "cache").state == "ok"
    monkeypatch.setattr(doctor_activity, "LEAST_HITS", 1.01)
    found = finding(connection, "cache")
    assert found.state == "note"
    assert "% of" in found.found


def test_a_slow_statement_is_noted_once_it_is_called_often(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.execute("SELECT pg_sleep(0.11) AS dawdled")
    assert finding(connection, "slow statements").state == "ok"
    monkeypatch.setattr(doctor_activity, "LEAST_CALLS", 1)
    found = finding(connection, "slow statements")
    assert found.state == "note"
    # A server with too many statements to remember forgets the form with placeholders.
    assert re.search(r"1 times: SELECT pg_sleep\((\$1|0\.11)\) AS dawdled", found.found)
    assert connection.execute(commands(found)[0]).fetchone() is not None


@pytest.fixture
def lowly(connection: Connection, module_database: str) -> Iterator[str]:
    """URL of a login that was given nothing."""
    name = f"lowly_{uuid.uuid4().hex[:8]}"
    connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'secret'")
    place = urlsplit(module_database)
    yield urlunsplit(place._replace(netloc=f"{name}:secret@{place.netloc.rpartition('@')[2]}"))
    connection.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


def test_a_lowly_role_gets_notes_instead_of_a_traceback(lowly: str) -> None:
    with connect(lowly, autocommit=True) as connection:
        assert finding(connection, "transactions").state == "note"
        found = finding(connection, "maintenance")
    assert found.state == "note"
    assert found.found == "not looked at: permission denied for schema public"
    assert "pg_monitor" in found.advice


def test_a_locked_table_is_not_waited_for(connection: Connection, other: Connection) -> None:
    other.execute("LOCK TABLE ml_training_data")
    found = finding(connection, "references")
    assert found.found == "not looked at: canceling statement due to lock timeout"
    assert "again in a moment" in found.advice
