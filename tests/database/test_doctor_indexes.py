"""`workbench doctor` on indexes, constraints and triggers: each problem is really there, and its cure works."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest
from examined import commands, cure, finding, flush
from rows import technique

from workbench.db import monitoring
from workbench.db.connection import Connection, connect
from workbench.jobs import doctor_indexes


@pytest.fixture
def connection(module_database: str) -> Iterator[Connection]:
    """Tests call what they make odd or filled."""
    with connect(module_database, autocommit=True) as opened:
        yield opened
        opened.execute('DROP INDEX IF EXISTS odd, "Odd"; DROP TABLE IF EXISTS filled')
        opened.execute("ALTER TABLE users DROP CONSTRAINT IF EXISTS odd; DELETE FROM techniques")
        opened.execute("SELECT pg_stat_reset()")


def test_an_index_whose_build_failed_is_a_problem_whose_cure_works(connection: Connection) -> None:
    technique(connection, "one", name="same")
    second = technique(connection, "two", name="same")
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute('CREATE UNIQUE INDEX CONCURRENTLY "Odd" ON techniques (name)')
    found = finding(connection, "indexes")
    assert found.found == 'public."Odd" on public.techniques is invalid: its build failed'
    assert "If rows are double, delete them first." in found.advice
    connection.execute("DELETE FROM techniques WHERE id = %s", [second])
    cure(connection, found)
    assert finding(connection, "indexes").state == "ok"


def test_an_index_that_is_being_built_is_not_reported(connection: Connection, module_database: str) -> None:
    def build() -> None:
        with connect(module_database, autocommit=True) as builder:
            builder.execute("CREATE INDEX CONCURRENTLY odd ON techniques (name)")

    with connect(module_database) as writer:
        technique(writer)
        building = threading.Thread(target=build)
        building.start()
        while connection.execute("SELECT to_regclass('odd')").fetchone()[0] is None:
            pass
        state = finding(connection, "indexes").state
        writer.rollback()
    building.join()
    assert state == "ok"


@pytest.mark.parametrize(
    ("definition", "twin"),
    [
        ("INDEX odd ON users USING btree (lower(email))", "uk_users_email_lower"),
        ("INDEX odd ON techniques (created_by)", "idx_techniques_created_by"),
        ("INDEX odd ON prompt_history (session_id)", "idx_history_session"),
        ("UNIQUE INDEX odd ON techniques (code)", "techniques_code_key"),
    ],
)
def test_an_index_that_does_what_another_does_is_a_problem_whose_cure_works(
    connection: Connection, definition: str, twin: str
) -> None:
    connection.execute(f"CREATE {definition}")
    found = finding(connection, "duplicate indexes")
    assert (found.state, found.found) == ("problem", f"public.odd does what {twin} does")
    cure(connection, found)
    assert finding(connection, "duplicate indexes").state == "ok"


@pytest.mark.parametrize(
    "definition",
    [
        "INDEX odd ON techniques (description)",
        "INDEX odd ON techniques (description, name)",
        "INDEX odd ON techniques (description, code DESC)",
        "INDEX odd ON techniques (description text_pattern_ops, code)",
        'INDEX odd ON techniques (description COLLATE "POSIX", code)',
        "INDEX odd ON techniques (description, code) WHERE is_active",
        "INDEX odd ON techniques (description) INCLUDE (code)",
        "UNIQUE INDEX odd ON techniques (description, code)",
    ],
)
def test_an_index_that_does_something_else_is_no_duplicate(schema: Connection, definition: str) -> None:
    schema.execute("CREATE INDEX even ON techniques (description, code)")
    schema.execute(f"CREATE {definition}")
    assert "public.odd" not in [index for index, *_ in monitoring.duplicate_indexes(schema)]


def unused(connection: Connection) -> set[str]:
    return {index for index, *_ in monitoring.unused_indexes(connection, 0, 0, 0)}


def test_an_index_is_unused_until_a_query_takes_it(connection: Connection) -> None:
    connection.execute("CREATE INDEX odd ON users (bio)")
    assert "public.odd" in unused(connection)
    connection.execute("SET enable_seqscan = off")
    connection.execute("SELECT FROM users WHERE bio = 'x'")
    flush(connection)
    assert "public.odd" not in unused(connection)


def test_what_keeps_a_rule_or_serves_a_foreign_key_is_never_unused(connection: Connection) -> None:
    assert not unused(connection) & {
        "public.users_pkey",
        "public.uk_users_email_lower",
        "public.idx_techniques_created_by",
    }


def test_a_month_that_nobody_asks_for_does_not_make_its_index_unused(connection: Connection) -> None:
    connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
    assert "public.idx_history_session" in unused(connection)
    connection.execute("SELECT FROM prompt_history_default WHERE session_id = gen_random_uuid()")
    connection.execute(
        "SELECT FROM prompt_history_default WHERE session_id = '00000000-0000-0000-0000-000000000001'::uuid"
    )
    flush(connection)
    assert not {index for index in unused(connection) if "session" in index}


def test_an_unused_index_is_noted_after_a_month_of_queries(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.execute("CREATE INDEX odd ON users (bio)")
    assert finding(connection, "unused indexes").state == "ok"
    for threshold in ("LEAST_UNUSED_BYTES", "LEAST_TABLE_SCANS", "LEAST_DAYS"):
        monkeypatch.setattr(doctor_indexes, threshold, 0)
    found = finding(connection, "unused indexes")
    assert found.state == "note"
    assert found.found.startswith("no query used public.")
    assert all(command.startswith("DROP INDEX public.") for command in commands(found))


def test_an_index_that_is_mostly_air_is_a_problem_whose_cure_works(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_indexes, "LEAST_BLOAT_BYTES", 1 << 20)
    connection.execute("CREATE TABLE filled (one INTEGER PRIMARY KEY, words TEXT)")
    connection.execute("INSERT INTO filled SELECT n, 'x' || n % 7 FROM generate_series(1, 60000) n")
    connection.execute("CREATE INDEX odd ON filled (lower(words), one)")
    connection.execute("VACUUM (ANALYZE) filled")
    assert finding(connection, "index bloat").state == "ok"
    connection.execute("DELETE FROM filled WHERE one % 10 <> 0")
    connection.execute("VACUUM (ANALYZE) filled")
    found = finding(connection, "index bloat")
    assert found.state == "problem"
    assert "public.odd takes" in found.found
    assert "public.filled_pkey takes" in found.found
    cure(connection, found)
    assert finding(connection, "index bloat").state == "ok"


def test_a_constraint_that_old_rows_may_break_is_a_problem_whose_cure_works(connection: Connection) -> None:
    connection.execute("ALTER TABLE users ADD CONSTRAINT odd CHECK (length(bio) < 9) NOT VALID")
    found = finding(connection, "constraints")
    assert found.found == "odd of users was never checked against its old rows"
    cure(connection, found)
    assert finding(connection, "constraints").state == "ok"


def test_triggers_that_are_off_are_a_problem_whose_cure_works(connection: Connection) -> None:
    connection.execute("ALTER TABLE enhancement_feedback DISABLE TRIGGER ALL")
    found = finding(connection, "triggers")
    assert found.state == "problem"
    assert "triggers of enhancement_feedback switched off" in found.found
    cure(connection, found)
    assert finding(connection, "triggers").state == "ok"
