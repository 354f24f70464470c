"""A migration comes to the same schema whatever the role, the server and other tables are set to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from workbench.db.catalogue import compare, words
from workbench.db.connection import Connection, connect, ensure_database, with_database
from workbench.db.migrations import ADVISORY_LOCK, migrate
from workbench.errors import ExtensionElsewhere


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(statement)


def differences(url: str, usual: Connection) -> list[str]:
    """From the catalogue of a database that was migrated where nothing was in the way."""
    with connect(url) as connection:
        connection.execute("SET statement_timeout = 0")
        return compare(words(connection), words(usual)).lines()


@pytest.mark.parametrize(
    "setting",
    [
        "search_path = elsewhere, public",
        "search_path = ''",
        "statement_timeout = '30ms'",
        "timezone = 'America/New_York'",
    ],
)
def test_settings_of_the_database_do_not_reach_the_schema(
    empty_database: str, schema: Connection, setting: str
) -> None:
    ensure_database(empty_database)
    execute(empty_database, "CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.users (shoe_size INTEGER)")
    alter = f"format('ALTER DATABASE %I SET {setting}', current_database())".replace(
        setting, setting.replace("'", "''")
    )
    execute(empty_database, f"DO $$ BEGIN EXECUTE {alter}; END $$")
    migrate(empty_database)
    assert differences(empty_database, schema) == []


def test_tables_of_somebody_else_stay_as_they_are(empty_database: str, schema: Connection) -> None:
    ensure_database(empty_database)
    execute(empty_database, "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('keep me')")
    migrate(empty_database)
    assert differences(empty_database, schema) == ["+ table notes: is not of the workbench"]
    with connect(empty_database) as connection:
        assert connection.execute("TABLE notes").fetchall() == [("keep me",)]


def test_an_extension_in_another_schema_is_refused_with_the_remedy(empty_database: str) -> None:
    ensure_database(empty_database)
    execute(empty_database, "CREATE SCHEMA extensions; CREATE EXTENSION vector SCHEMA extensions")
    with pytest.raises(ExtensionElsewhere, match="ALTER EXTENSION vector SET SCHEMA public"):
        migrate(empty_database)
    execute(empty_database, "ALTER EXTENSION vector SET SCHEMA public")
    migrate(empty_database)


def waits_for(url: str, folder: Path | None, free: Callable[[], object]) -> list[str]:
    """What is told by a migration that has to wait until ``free`` is called, which happens when it told of that."""
    told: list[str] = []
    freed = threading.Event()

    def tell(said: str) -> None:
        told.append(said)
        if said.startswith("waiting") and not freed.is_set():
            freed.set()
            free()

    in_the_end = threading.Timer(20, free)  # a migration that says nothing must not wait for ever
    in_the_end.start()
    migrate(url, folder, tell)
    in_the_end.cancel()
    return [said for said in told if said.startswith("waiting")]


def test_a_migration_that_waits_for_a_table_says_for_whom(database: str, tmp_path: Path) -> None:
    for kind in ("migrations", "routines"):
        (tmp_path / kind).mkdir()
    with connect(database) as connection:
        connection.execute("DELETE FROM schema_migrations")
        connection.commit()
        (tmp_path / "migrations" / "0001_wide.sql").write_text("ALTER TABLE users ADD COLUMN shoe_size INTEGER;")
        connection.execute("LOCK TABLE users")
        said = waits_for(database, tmp_path, connection.rollback)
    assert len(said) == 1
    assert "waiting for a lock that workbench " in said[0]
    assert "process" in said[0]


def test_a_migration_that_waits_for_another_says_for_whom(database: str) -> None:
    with connect(database, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        free = lambda: connection.execute("SELECT pg_advisory_unlock_all()")  # noqa: E731
        assert len(waits_for(database, None, free)) == 1


def test_a_second_database_of_the_server_is_migrated_too(server_url: str, empty_database: str) -> None:
    name = "t_second"
    url = with_database(server_url, lambda _: name)
    try:
        assert migrate(empty_database).access == migrate(url).access != ()
    finally:
        with psycopg.connect(server_url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
