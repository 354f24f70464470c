"""`workbench doctor` on tables: each problem is really there, and the advised command ends it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from examined import commands, cure, finding, flush

from workbench.db.connection import Connection, connect
from workbench.jobs import doctor_tables


@pytest.fixture
def connection(module_database: str) -> Iterator[Connection]:
    with connect(module_database, autocommit=True) as opened:
        yield opened
        opened.execute('DROP TABLE IF EXISTS "Filled"; TRUNCATE prompt_history CASCADE')


@pytest.fixture
def filled(connection: Connection) -> Connection:
    """11 MB of rows in a table that autovacuum leaves alone."""
    connection.execute('CREATE TABLE "Filled" (one INTEGER, words TEXT) WITH (autovacuum_enabled = false)')
    connection.execute("""INSERT INTO "Filled" SELECT n, repeat('x', 200) FROM generate_series(1, 50000) n""")
    return connection


def test_a_full_table_is_not_bloated(filled: Connection) -> None:
    filled.execute('VACUUM (ANALYZE) "Filled"')
    assert finding(filled, "table bloat").state == "ok"


def test_a_table_that_is_mostly_air_is_a_problem_whose_cure_works(filled: Connection) -> None:
    filled.execute('DELETE FROM "Filled" WHERE one % 10 <> 0; ')
    filled.execute('VACUUM (ANALYZE) "Filled"')
    found = finding(filled, "table bloat")
    assert found.state == "problem"
    assert 'public."Filled" takes 11 MB' in found.found
    cure(filled, found)
    assert finding(filled, "table bloat").state == "ok"


def test_the_fill_factor_of_a_table_is_no_bloat(filled: Connection) -> None:
    filled.execute('ALTER TABLE "Filled" SET (fillfactor = 40)')
    filled.execute('VACUUM (FULL, ANALYZE) "Filled"')
    assert finding(filled, "table bloat").state == "ok"


def test_more_dead_rows_than_live_ones_are_a_problem_whose_cure_works(filled: Connection) -> None:
    assert finding(filled, "vacuum").state == "ok"
    filled.execute('DELETE FROM "Filled" WHERE one > 10000')
    flush(filled)
    found = finding(filled, "vacuum")
    assert found.found == 'public."Filled" has 40,000 dead rows and 10,000 live ones'
    assert 'ALTER TABLE public."Filled" RESET (autovacuum_enabled)' in commands(found)
    cure(filled, found)
    assert finding(filled, "vacuum").state == "ok"


def test_dead_rows_that_are_fewer_than_the_live_ones_wait_for_autovacuum(filled: Connection) -> None:
    filled.execute('DELETE FROM "Filled" WHERE one > 30000')
    flush(filled)
    assert finding(filled, "vacuum").state == "ok"


def test_a_table_that_autovacuum_does_not_look_at_is_noted_without_statistics(filled: Connection) -> None:
    found = finding(filled, "planner statistics")
    assert (found.state, found.found) == ("note", 'none of public."Filled" (11 MB)')
    cure(filled, found)
    assert finding(filled, "planner statistics").state == "ok"


def test_a_partitioned_table_without_statistics_is_noted(connection: Connection) -> None:
    connection.execute(
        "INSERT INTO prompt_history (session_id, original_prompt, original_length, enhanced_prompt, enhanced_length, "
        "techniques_applied) SELECT gen_random_uuid(), repeat('a', 999), 9, 'b', 1, '{}' FROM generate_series(1, 1500)"
    )
    for (part,) in connection.execute("SELECT relid FROM pg_partition_tree('prompt_history') WHERE isleaf").fetchall():
        connection.execute(f"ANALYZE {part}")
    found = finding(connection, "planner statistics")
    assert found.found.startswith("none of public.prompt_history (")
    cure(connection, found)
    assert finding(connection, "planner statistics").state == "ok"


def test_a_table_that_autovacuum_will_come_to_is_left_to_it(filled: Connection) -> None:
    filled.execute('ALTER TABLE "Filled" RESET (autovacuum_enabled)')
    flush(filled)
    assert finding(filled, "planner statistics").state == "ok"


def test_a_restored_table_has_no_changes_that_would_call_autovacuum(filled: Connection) -> None:
    filled.execute('ALTER TABLE "Filled" RESET (autovacuum_enabled)')
    flush(filled)
    filled.execute("""SELECT pg_stat_reset_single_table_counters('"Filled"'::regclass)""")
    assert finding(filled, "planner statistics").state == "note"


def test_rows_that_were_never_frozen_are_a_problem(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    assert finding(connection, "transaction age").state == "ok"
    monkeypatch.setattr(doctor_tables, "MOST_TRANSACTIONS", 1)
    found = finding(connection, "transaction age")
    assert found.state == "problem"
    assert commands(found) == ["VACUUM (FREEZE)"]


def test_the_size_names_the_largest_tables(filled: Connection) -> None:
    assert " MB; largest: Filled 1" in finding(filled, "size").found
