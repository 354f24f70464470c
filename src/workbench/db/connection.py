"""Connections: where the database is, and a psycopg connection with binary vectors."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from pgvector.psycopg import register_vector
from psycopg import sql

from workbench.db.server import LocalServer
from workbench.errors import DatabaseNotCreated, DatabaseTooOld, DatabaseUnreachable, ExtensionMissing
from workbench.settings import Settings

Connection = psycopg.Connection[Any]

DATABASE = "workbench"
MLFLOW_SUFFIX = "_mlflow"
EXTENSIONS = ("vector", "pg_trgm", "btree_gin")
OPTIONAL_EXTENSIONS = ("pg_stat_statements",)
MINIMUM_VERSION = 150000
APPLICATION = "workbench"


def masked(url: str) -> str:
    """``url`` without its password, for messages and logs."""
    parts = urlsplit(url)
    place = re.sub(r"(?<=:)[^:@/]*(?=@)", "***", parts.netloc)
    query = re.sub(r"(password=)[^&]*", r"\1***", parts.query)
    return urlunsplit(parts._replace(netloc=place, query=query))


def database_url(settings: Settings, *, start: bool = True) -> str:
    """URL of the workbench's database; the local server is started when there is no other and ``start`` is true."""
    if settings.database_url:
        return settings.database_url
    server = LocalServer.of(settings)
    if start:
        server.up()
    return server.url(DATABASE)


def mlflow_database_url(settings: Settings, *, start: bool = True) -> str:
    """URL of MLflow's own database on the same server."""
    if settings.mlflow_database_url:
        return settings.mlflow_database_url
    return with_database(database_url(settings, start=start), lambda name: name + MLFLOW_SUFFIX)


def with_database(url: str, rename: Any) -> str:
    """``url`` with its database name passed through ``rename``."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path="/" + rename(parts.path.lstrip("/"))))


def _database_name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


@contextlib.contextmanager
def connect(url: str, *, autocommit: bool = False) -> Iterator[Connection]:
    """One connection; the block is one transaction unless ``autocommit``.

    Vectors travel as binary once the extension is there; pass ``binary=True`` to cursors that read them.

    Raises:
        DatabaseUnreachable: the message carries the masked URL and the server's reason.
    """
    try:
        connection = psycopg.connect(url, autocommit=autocommit, connect_timeout=10, application_name=APPLICATION)
    except psycopg.OperationalError as exc:
        raise DatabaseUnreachable(url=masked(url), reason=str(exc).strip()) from exc
    with connection:
        with contextlib.suppress(psycopg.ProgrammingError):
            register_vector(connection)
        if not autocommit:
            connection.rollback()
        connection.execute("SET TIME ZONE 'UTC'")
        if not autocommit:
            connection.commit()
        yield connection


def ensure_database(url: str) -> None:
    """Create the database of ``url`` when it is missing, and the extensions the schema needs.

    Raises:
        DatabaseUnreachable, DatabaseNotCreated, DatabaseTooOld, ExtensionMissing
    """
    if not _exists(url):
        _create(url)
    with connect(url, autocommit=True) as connection:
        if connection.info.server_version < MINIMUM_VERSION:
            raise DatabaseTooOld(url=masked(url), found=connection.info.server_version // 10000, expected=15)


def ensure_extensions(url: str) -> None:
    """Create the extensions the schema needs; the optional ones only where the role may.

    Raises:
        ExtensionMissing: a needed one is absent and cannot be created.
    """
    with connect(url, autocommit=True) as connection:
        for name in (*EXTENSIONS, *OPTIONAL_EXTENSIONS):
            try:
                # Two creators at once: IF NOT EXISTS still races on pg_extension's unique index.
                with contextlib.suppress(psycopg.errors.UniqueViolation):
                    connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))
            except psycopg.Error as exc:
                if name in EXTENSIONS:
                    reason = str(exc).strip().splitlines()[0]
                    raise ExtensionMissing(extension=name, url=masked(url), reason=reason) from exc


def _exists(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError as exc:
        if f'database "{_database_name(url)}" does not exist' in str(exc):
            return False
        raise DatabaseUnreachable(url=masked(url), reason=str(exc).strip()) from exc
    return True


def _create(url: str) -> None:
    name = _database_name(url)
    with connect(with_database(url, lambda _: "postgres"), autocommit=True) as connection:
        try:
            with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except psycopg.Error as exc:
            raise DatabaseNotCreated(name=name, reason=str(exc).strip()) from exc
