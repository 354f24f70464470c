"""A database that the previous release made and filled is migrated with every row in its place."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import rows
from filled import columns_of_tables, digest, fill
from psycopg import sql

from workbench.db.catalogue import compare, words
from workbench.db.connection import Connection, connect, ensure_database, ensure_extensions, with_database
from workbench.db.migrations import migrate, scripts
from workbench.resources import shipped

OLD = Path(__file__).parent / "previous_release"
LAST_OLD = "0006_workbench"
FILLED_BY_A_MIGRATION = ("intent_taxonomy", "tree_sortkey")


def previous_release(url: str, folder: Path) -> None:
    """Migrate the empty database as the previous release did, from its own files."""
    (folder / "migrations").mkdir(parents=True)
    for path in shipped("sql", "migrations").glob("*.sql"):
        if path.stem <= LAST_OLD:
            shutil.copy(path, folder / "migrations")
    ensure_database(url)
    ensure_extensions(url)
    with connect(url, autocommit=True) as connection:
        connection.execute((OLD / "ledger.sql").read_bytes())
        routines = [script for script in scripts(OLD) if script.name != "ledger"]
        for kind, found in (("migration", scripts(folder / "migrations")), ("routine", routines)):
            for script in found:
                connection.execute(script.text.encode())
                named = (kind, script.name, script.digest)
                connection.execute("INSERT INTO schema_migrations (kind, name, digest) VALUES (%s, %s, %s)", named)
        for step in (-1, 0, 1):
            day = datetime.now(UTC).replace(day=15) + timedelta(days=30 * step)
            connection.execute("SELECT create_monthly_partition(%s)", [day.date()])


@pytest.fixture(scope="module")
def migrated(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The URL of a database of the previous release that was filled and migrated, and what stood in it before."""
    name = "t_previous_release"
    url = with_database(server_url, lambda _: name)
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(drop)
        previous_release(url, tmp_path_factory.mktemp("old"))
        with connect(url) as connection:
            fill(connection)
            columns = {table: of for table, of in columns_of_tables(connection).items() if table != "schema_migrations"}
            columns[FILLED_BY_A_MIGRATION[0]].remove(FILLED_BY_A_MIGRATION[1])
            before = {table: digest(connection, table, of) for table, of in columns.items()}
        done = migrate(url)
        yield {"url": url, "columns": columns, "before": before, "done": done}
        admin.execute(drop)


def test_every_row_of_the_previous_release_is_unchanged(migrated: dict[str, Any]) -> None:
    with connect(migrated["url"]) as connection:
        after = {table: digest(connection, table, columns) for table, columns in migrated["columns"].items()}
    assert {table: count for table, (count, _) in migrated["before"].items() if count == 0} == {}
    assert after == migrated["before"]


def test_only_the_new_migrations_are_applied(migrated: dict[str, Any]) -> None:
    assert min(migrated["done"].applied) > LAST_OLD
    assert migrate(migrated["url"]).applied == ()


def test_its_catalogue_becomes_that_of_a_database_made_from_empty(migrated: dict[str, Any], schema: Connection) -> None:
    with connect(migrated["url"]) as connection:
        assert compare(words(connection), words(schema)).lines() == []


def test_rows_of_the_default_partition_found_their_months(migrated: dict[str, Any]) -> None:
    with connect(migrated["url"]) as connection:
        counts = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE tableoid = 'prompt_history_default'::regclass),"
            " (SELECT count(*) FROM enhancement_feedback JOIN prompt_history h ON h.id = prompt_history_id)"
            " FROM prompt_history"
        ).fetchone()
    assert counts == (60, 0, 20)


def test_it_works_afterwards(migrated: dict[str, Any]) -> None:
    with connect(migrated["url"]) as connection:
        best = connection.execute("SELECT count(*) FROM get_optimal_techniques('creative.writing', 3)").fetchone()
        prompt = rows.history(connection, user_id=None, created_at=datetime.now(UTC) - timedelta(days=400))
        rows.feedback(connection, prompt)
        moved = connection.execute("SELECT archive_old_prompts()").fetchone()
        connection.rollback()
    assert (best, moved) == ((4,), (1,))
