"""Where the database is, what a message may show of it, and what a connection promises."""

from __future__ import annotations

import os
import uuid

import psycopg
import pytest

from workbench.db.connection import Connection, connect, ensure_database, ensure_extensions, masked, with_database
from workbench.errors import DatabaseNotCreated, DatabaseUnreachable, ExtensionMissing

NOWHERE = "postgresql://me:s3cret@127.0.0.1:1/none"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:s3cret@host/db",
        "postgresql://me:s3c:s3cret@host:5432/db",
        "postgresql://me:p@s3cret@host/db",
        "postgresql://me@host/db?password=s3cret&sslmode=require",
        "postgresql://:s3cret@/db?host=/tmp",
    ],
)
def test_a_masked_url_shows_no_piece_of_the_password(url: str) -> None:
    assert "s3c" not in masked(url)
    assert "***" in masked(url)


@pytest.mark.parametrize("url", ["postgresql://me@/db?host=/tmp&port=5432", "postgresql://host:5432/db"])
def test_a_url_without_a_password_is_shown_as_it_is(url: str) -> None:
    assert masked(url) == url


def test_a_database_is_renamed_and_the_rest_of_the_url_stays() -> None:
    url = with_database("postgresql://me:x@host:1/my%20db?sslmode=require", lambda name: name + " two")
    assert url == "postgresql://me:x@host:1/my%20db%20two?sslmode=require"


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(DatabaseUnreachable, match="WORKBENCH_DATABASE_URL") as caught, connect(NOWHERE):
        pass
    assert "s3cret" not in str(caught.value)
    assert "127.0.0.1:1/none" in str(caught.value)


def test_a_malformed_url_is_reported_without_a_piece_of_the_password() -> None:
    with pytest.raises(DatabaseUnreachable, match="malformed") as caught, connect("postgresql://me:s3%zzcret@host/db"):
        pass
    assert "zz" not in str(caught.value)


def test_ensuring_a_database_on_a_dead_server_names_that_database() -> None:
    with pytest.raises(DatabaseUnreachable, match=r"127\.0\.0\.1:1/none"):
        ensure_database(NOWHERE)


@pytest.mark.parametrize("name", ["plain", "with space", 'qu"ote', "Ümlaut", "per%cent"])
def test_a_missing_database_is_made_whatever_its_name(server_url: str, name: str) -> None:
    wanted = f"{name} {uuid.uuid4().hex[:8]}"
    url = with_database(server_url, lambda _: wanted)
    ensure_database(url)
    ensure_database(url)
    with connect(url, autocommit=True) as connection:
        assert connection.info.dbname == wanted


def test_a_role_that_may_make_no_database_hears_why(server_url: str) -> None:
    url = with_database(_as_reader(server_url), lambda _: f"t_{uuid.uuid4().hex[:8]}")
    with pytest.raises(DatabaseNotCreated, match="permission denied to create database"):
        ensure_database(url)


def test_a_role_that_may_make_no_extension_hears_what_to_ask_for(empty_database: str) -> None:
    ensure_database(empty_database)
    with pytest.raises(ExtensionMissing, match="CREATE EXTENSION vector;"):
        ensure_extensions(_as_reader(empty_database))


def test_extensions_that_exist_are_no_hindrance_to_a_plain_role(database: str) -> None:
    ensure_extensions(_as_reader(database))


def _as_reader(url: str) -> str:
    role = f"plain_{os.getpid()}_{uuid.uuid4().hex[:6]}"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN")
    return url.replace("workbench_owner@", f"{role}@")


def test_a_block_is_one_transaction(database: str) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero), connect(database) as connection:
        _make_half_a_table(connection)
    with connect(database) as connection:
        assert connection.execute("SELECT to_regclass('half')").fetchone() == (None,)


def _make_half_a_table(connection: Connection) -> None:
    connection.execute("CREATE TABLE half ()")
    connection.execute("SELECT 1 / 0")


def test_a_vector_travels_as_binary_and_comes_back_exactly(database: str) -> None:
    with connect(database) as connection, connection.cursor(binary=True) as cursor:
        found = cursor.execute("SELECT '[0.1, -2.5]'::vector").fetchone()[0]
    assert found.to_numpy().tolist() == pytest.approx([0.1, -2.5], rel=1e-7)


def test_the_session_is_in_utc(database: str) -> None:
    with connect(database) as connection:
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)


def test_a_server_that_goes_away_in_the_middle_is_reported_as_such(database: str) -> None:
    with pytest.raises(DatabaseUnreachable, match="went away"), connect(database) as connection:
        connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_a_statement_that_is_cancelled_is_no_lost_server(database: str) -> None:
    with pytest.raises(psycopg.errors.QueryCanceled), connect(database) as connection:
        connection.execute("SET statement_timeout = 10; SELECT pg_sleep(5)")
