"""What PostgreSQL's own programs dump they restore: the same schema, the same rows, and nothing fires twice."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import rows
from filled import contents, fill, fill_the_rest
from psycopg import sql

from workbench.db.binaries import find_binaries
from workbench.db.catalogue import compare, words
from workbench.db.connection import EXTENSIONS, OPTIONAL_EXTENSIONS, connect, with_database
from workbench.db.migrations import migrate
from workbench.db.server import LocalServer
from workbench.db.superuser import SUPERUSER
from workbench.resources import shipped


@pytest.fixture(scope="module", autouse=True)
def programs_that_suit_the_server(server_url: str) -> None:
    with psycopg.connect(server_url) as connection:
        major = connection.info.server_version // 10000
    if major < 17 <= find_binaries().version[0]:
        pytest.skip("pg_restore sets transaction_timeout, which the server does not know yet")


def program(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One of the server's own programs."""
    return subprocess.run([find_binaries().program(name), *arguments], capture_output=True, text=True, check=False)


def create(server_url: str, name: str, template: str = "template1") -> str:
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    make = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(drop)
        admin.execute(make)
    return with_database(server_url, lambda _: name)


@pytest.fixture(scope="module")
def filled(server_url: str) -> Iterator[str]:
    """URL of a migrated database with rows in every table."""
    url = create(server_url, "t_dumped", "workbench_template")
    with connect(url) as connection:
        fill(connection)
        fill_the_rest(connection)
    yield url
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("DROP DATABASE t_dumped WITH (FORCE)")


@pytest.fixture(scope="module")
def dump(filled: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("dump") / "workbench.dump")
    done = program("pg_dump", "--format=custom", "--file", path, filled)
    assert done.stderr == ""
    return path


@pytest.fixture(scope="module")
def restored(server_url: str, dump: str) -> Iterator[str]:
    url = create(server_url, "t_restored")
    done = program("pg_restore", "--exit-on-error", "--dbname", url, dump)
    assert done.stderr == ""
    yield url
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("DROP DATABASE t_restored WITH (FORCE)")


def test_the_catalogue_is_the_same(filled: str, restored: str) -> None:
    with connect(filled) as one, connect(restored) as other:
        assert compare(words(other), words(one)).lines() == []


def test_every_table_has_rows_and_they_are_the_same(filled: str, restored: str) -> None:
    with connect(filled) as one, connect(restored) as other:
        before, after = contents(one), contents(other)
    assert {name for name, (count, _) in before.items() if count == 0} == set()
    assert after == before


def test_every_history_row_is_in_the_same_partition(filled: str, restored: str) -> None:
    statement = "SELECT tableoid::regclass::text, count(*) FROM prompt_history GROUP BY 1 ORDER BY 1"
    with connect(filled) as one, connect(restored) as other:
        assert other.execute(statement).fetchall() == one.execute(statement).fetchall()


def test_the_restored_database_is_up_to_date_and_works(restored: str) -> None:
    done = migrate(restored)
    assert (done.applied, done.routines, done.left_over) == ((), (), ())
    with connect(restored) as connection:
        assert len(connection.execute("SELECT * FROM get_optimal_techniques('creative.writing', 3)").fetchall()) == 4
        technique = rows.technique(connection, "after")
        logged = "SELECT action FROM audit_log WHERE row_key ->> 'id' = %s"
        assert connection.execute(logged, [str(technique)]).fetchall() == [("INSERT",)]
        connection.rollback()


def test_a_user_of_the_application_sees_own_rows_only_after_the_restore(restored: str) -> None:
    with connect(restored) as connection:
        (user,) = connection.execute("SELECT user_id FROM prompt_history WHERE user_id IS NOT NULL LIMIT 1").fetchone()
        connection.execute("SET ROLE application_user")
        connection.execute("SELECT set_config('app.current_user_id', %s, true)", [str(user)])
        assert connection.execute("SELECT DISTINCT user_id FROM prompt_history").fetchall() == [(user,)]


def test_an_owner_who_is_no_superuser_restores_too(server_url: str, dump: str, filled: str, tmp_path: Path) -> None:
    """What belongs to another is left out: extensions, their comments, the default privileges of who dumped."""
    url = create(server_url, "t_restored_by_plain")
    role = f"restorer_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN; ALTER DATABASE t_restored_by_plain OWNER TO {role}")
        for name in (*EXTENSIONS, *OPTIONAL_EXTENSIONS):
            admin.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(name)))
    listed = program("pg_restore", "--list", dump).stdout.splitlines()
    wanted = tmp_path / "wanted"
    foreign = (" EXTENSION ", " DEFAULT ACL ")
    wanted.write_text("\n".join(line for line in listed if not any(word in line for word in foreign)))
    plain = url.replace(f"{SUPERUSER}@", f"{role}@")
    done = program("pg_restore", "--exit-on-error", "--no-owner", f"--use-list={wanted}", "--dbname", plain, dump)
    try:
        assert done.stderr == ""
        with connect(filled) as one, connect(plain) as other:
            assert contents(other) == contents(one)
    finally:
        with psycopg.connect(server_url, autocommit=True) as admin:
            admin.execute("DROP DATABASE t_restored_by_plain WITH (FORCE)")
            admin.execute(f"DROP ROLE {role}")


@pytest.mark.skipif("WORKBENCH_TEST_SERVER_URL" in os.environ, reason="restores into a server of another make")
def test_a_server_without_the_roles_takes_the_dump_once_they_are_made(
    server_home: Path, filled: str, dump: str
) -> None:
    other = LocalServer(server_home.parent / "restore")
    other.up()
    try:
        url = create(other.url("postgres"), "t_restored_elsewhere")
        refused = program("pg_restore", "--exit-on-error", "--dbname", url, dump)
        assert 'role "application_user" does not exist' in refused.stderr
        url = create(other.url("postgres"), "t_restored_elsewhere")
        with connect(url) as connection:
            connection.execute(shipped("sql", "access", "roles.sql").read_bytes())
        assert program("pg_restore", "--exit-on-error", "--dbname", url, dump).stderr == ""
        with connect(filled) as one, connect(url) as connection:
            assert compare(words(connection), words(one)).lines() == []
    finally:
        other.down()
