"""The seed's monitoring views, repaired."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from examined import cure, finding, flush
from rows import history

from workbench.db.connection import Connection, connect, with_database
from workbench.db.migrations import migrate
from workbench.db.server import LocalServer

SLOW = "SELECT pg_sleep(0.11)"


@pytest.mark.parametrize(
    ("view", "columns"),
    [
        ("v_table_sizes", "schemaname tablename size size_bytes"),
        ("v_slow_queries", "query calls mean_exec_time total_exec_time stddev_exec_time"),
        ("v_index_usage", "schemaname tablename indexname idx_scan idx_tup_read idx_tup_fetch index_size"),
    ],
)
def test_the_columns_begin_with_the_seeds(schema: Connection, view: str, columns: str) -> None:
    shown = [column.name for column in schema.execute(f"SELECT * FROM {view}").description]
    assert shown[: len(columns.split())] == columns.split()


def test_the_views_lend_nobody_their_owners_rights(schema: Connection) -> None:
    views = "v_table_sizes v_slow_queries v_index_usage v_table_health v_index_health".split()
    found = schema.execute(
        "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND 'security_invoker=true' = ANY(reloptions)", [views]
    )
    assert sorted(name for (name,) in found) == sorted(views)


def sizes(connection: Connection) -> dict[str, int]:
    return dict(connection.execute("SELECT tablename, size_bytes FROM v_table_sizes").fetchall())


def test_a_name_in_mixed_case_does_not_break_the_sizes(schema: Connection) -> None:
    schema.execute('CREATE SCHEMA "Other One"')
    schema.execute('CREATE TABLE "Other One"."MixedCase" AS SELECT 1 AS one')
    assert sizes(schema)["MixedCase"] == 8192


def test_a_partitioned_table_has_the_size_of_its_partitions(schema: Connection) -> None:
    history(schema)
    found = sizes(schema)
    parts = [room for table, room in found.items() if table.startswith("prompt_history_") and "archive" not in table]
    assert found["prompt_history"] == sum(parts) > 0


def test_materialized_views_have_sizes_and_the_largest_comes_first(schema: Connection) -> None:
    """Which one is the largest is not asked: tests that were rolled back leave their room in the shared database."""
    schema.execute("CREATE MATERIALIZED VIEW large AS SELECT repeat('x', 100) FROM generate_series(1, 30000)")
    schema.execute("CREATE MATERIALIZED VIEW small AS SELECT 1 AS one")
    found = list(sizes(schema).items())
    names, rooms = [name for name, _ in found], [room for _, room in found]
    assert rooms == sorted(rooms, reverse=True)
    assert names.index("large") < names.index("small")


def usage(connection: Connection, index: str) -> tuple[int, int]:
    row = connection.execute("SELECT idx_scan, idx_tup_fetch FROM v_index_usage WHERE indexname = %s", [index])
    return row.fetchone()


def test_index_usage_counts_what_the_partitions_do(connection: Connection) -> None:
    history(connection, created_at="2024-01-05Z")
    connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off")
    before = usage(connection, "idx_history_session")
    connection.execute(
        "SELECT original_prompt FROM prompt_history "
        "WHERE session_id = '00000000-0000-0000-0000-000000000001' AND created_at BETWEEN '2024-01-01' AND '2024-02-01'"
    )
    flush(connection)
    scans, fetched = usage(connection, "idx_history_session")
    assert (scans - before[0], fetched - before[1]) == (1, 1)


def test_index_usage_tells_of_a_partitions_own_index(schema: Connection) -> None:
    found = schema.execute(
        "SELECT indexname, index_size_bytes FROM v_index_usage WHERE partition_of = 'idx_history_session'"
    )
    own = dict(found.fetchall())
    whole = schema.execute(
        "SELECT index_size_bytes FROM v_index_usage WHERE indexname = 'idx_history_session'"
    ).fetchone()
    assert len(own) > 1
    assert whole == (sum(own.values()),)


def slow(connection: Connection) -> list[str]:
    return [text for (text,) in connection.execute("SELECT query FROM v_slow_queries")]


def test_slow_queries_are_this_databases_only(connection: Connection, server_url: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as elsewhere:
        elsewhere.execute(f"{SLOW} AS elsewhere")
    connection.execute(f"{SLOW} AS here")
    connection.execute("SELECT 1 AS quick")
    said = " ".join(slow(connection))
    assert "AS here" in said
    assert "elsewhere" not in said
    assert "quick" not in said


def test_another_roles_statement_does_not_appear_without_its_text(schema: Connection) -> None:
    schema.execute(f"{SLOW} AS of_the_owner")
    assert any("of_the_owner" in text for text in slow(schema))
    schema.execute(
        "CREATE ROLE plain_looker; GRANT USAGE ON SCHEMA public TO plain_looker; "
        "GRANT SELECT ON v_slow_queries TO plain_looker; "
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO plain_looker"
    )
    schema.execute("SET LOCAL ROLE plain_looker")
    assert slow(schema) == []


def test_the_extension_may_come_late_and_lie_in_any_schema(schema: Connection) -> None:
    schema.execute("DROP EXTENSION pg_stat_statements")
    assert slow(schema) == []
    schema.execute("CREATE SCHEMA elsewhere; CREATE EXTENSION pg_stat_statements SCHEMA elsewhere")
    schema.execute(SLOW)
    assert slow(schema) != []


@pytest.fixture(scope="module")
def spartan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database on a server that loads no statistics, vacuums nothing and can prepare transactions."""
    home = Path(os.environ["WORKBENCH_TEST_HOME"]) / tmp_path_factory.mktemp("spartan").name
    server = LocalServer(home)
    server.up()
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET shared_preload_libraries = 'plpgsql'")
        admin.execute("ALTER SYSTEM SET max_prepared_transactions = 2")
        admin.execute("ALTER SYSTEM SET autovacuum = off")
    server.down()
    server.up()
    url = with_database(server.url("postgres"), lambda _: "spartan")
    migrate(url)
    yield url
    server.down()


def test_a_library_that_was_not_loaded_leaves_the_view_empty(spartan: str) -> None:
    with connect(spartan, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            connection.execute("SELECT * FROM pg_stat_statements")
        assert slow(connection) == []
        assert finding(connection, "pg_stat_statements").state == "note"
        assert "not known" in finding(connection, "slow statements").found


def test_autovacuum_that_is_off_is_a_problem_whose_cure_works(spartan: str) -> None:
    with connect(spartan, autocommit=True) as connection:
        found = finding(connection, "vacuum")
        assert found.found == "autovacuum is off: dead rows pile up"
        cure(connection, found)
    with connect(spartan, autocommit=True) as connection:
        assert finding(connection, "vacuum").state == "ok"


def test_a_prepared_transaction_that_nobody_ends_is_a_problem_whose_cure_works(
    spartan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.jobs.doctor_activity.LONG_MINUTES", 0)
    with connect(spartan, autocommit=True) as connection:
        connection.execute("BEGIN; CREATE TABLE half (one INTEGER); PREPARE TRANSACTION 'half'")
        found = finding(connection, "transactions")
        assert found.state == "problem"
        assert "half is prepared" in found.found
        cure(connection, found)
        assert finding(connection, "transactions").state == "ok"
