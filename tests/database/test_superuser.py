"""The private server's superuser: today's name, and a cluster of the release that called it otherwise."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from workbench.db.account import server_account
from workbench.db.cluster import socket_folder
from workbench.db.server import LocalServer
from workbench.db.superuser import superuser

HELPER = "CREATE ROLE workbench_renaming SUPERUSER LOGIN"
RENAMED = "ALTER ROLE workbench RENAME TO workbench_owner"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    folder = Path(os.environ["WORKBENCH_TEST_HOME"]) / f"s_{uuid.uuid4().hex[:10]}"
    server = LocalServer(folder)
    server.up()
    yield server
    server.down()
    shutil.rmtree(socket_folder(folder, server_account(folder / "data", None)), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def former(server: LocalServer) -> LocalServer:
    """The server as the first release left it: its superuser is called workbench, and no note says otherwise."""
    send(server, "workbench_owner", HELPER)
    send(server, "workbench_renaming", "ALTER ROLE workbench_owner RENAME TO workbench")
    send(server, "workbench", "DROP ROLE workbench_renaming", "DROP DATABASE IF EXISTS tracked")
    send(server, "workbench", "CREATE DATABASE tracked OWNER workbench")
    (server.data / "workbench.superuser").unlink()
    return server


def send(server: LocalServer, role: str, *statements: str) -> None:
    found = server.running()
    url = f"postgresql://{role}@/postgres?host={found.socket_dir}&port={found.port}"
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def roles(server: LocalServer) -> list[str]:
    with psycopg.connect(server.url("postgres")) as connection:
        return [name for (name,) in connection.execute("SELECT rolname FROM pg_roles WHERE rolcanlogin").fetchall()]


def test_the_superuser_is_not_called_like_the_role_of_the_data_scientists(server: LocalServer) -> None:
    assert superuser(server.data) == "workbench_owner"
    assert roles(server) == ["workbench_owner"]


def test_a_cluster_of_the_first_release_is_reached_by_its_name_until_it_is_renamed(former: LocalServer) -> None:
    assert roles(former) == ["workbench"]
    former.up()
    assert roles(former) == ["workbench_owner"]


def test_other_databases_and_open_sessions_live_through_the_renaming(former: LocalServer) -> None:
    with psycopg.connect(former.url("tracked"), autocommit=True) as session:
        former.up()
        session.execute("CREATE TABLE runs AS SELECT 7 AS n")
    with psycopg.connect(former.url("tracked")) as connection:
        owner = "SELECT tableowner::text, n FROM pg_tables, runs WHERE tablename = 'runs'"
        assert connection.execute(owner).fetchone() == ("workbench_owner", 7)


@pytest.mark.parametrize("done", [[HELPER], [HELPER, RENAMED], [HELPER, RENAMED, "DROP ROLE workbench_renaming"]])
def test_a_renaming_that_was_killed_is_completed(former: LocalServer, done: list[str]) -> None:
    for role, statement in zip(("workbench", "workbench_renaming", "workbench_owner"), done, strict=False):
        send(former, role, statement)
    former.up()
    assert roles(former) == ["workbench_owner"]


def test_the_password_stays_good(former: LocalServer) -> None:
    secret = "SELECT rolpassword FROM pg_authid WHERE oid = 10"
    with psycopg.connect(former.url("postgres")) as connection:
        before = connection.execute(secret).fetchone()
    former.up()
    with psycopg.connect(former.url("postgres")) as connection:
        assert connection.execute(secret).fetchone() == before


def test_an_up_that_finds_the_note_asks_nothing(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.up()
    monkeypatch.setattr("workbench.db.server.rename_superuser", lambda *_: pytest.fail("asked"))
    server.up()
