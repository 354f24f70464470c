"""Connections: where the database is, and a psycopg connection with binary vectors."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
from pgvector.psycopg import register_vector
from psycopg import sql

from workbench.db.cluster import DATABASE as DATABASE
from workbench.db.owners import application_name, this_process
from workbench.db.server import LocalServer
from workbench.errors import (
    DatabaseNotCreated,
    DatabaseTooOld,
    DatabaseUnreachable,
    ExtensionElsewhere,
    ExtensionMissing,
    SchemaNotCreated,
)
from workbench.settings import Settings
from workbench.sql import query

Connection = psycopg.Connection[Any]

MAINTENANCE = "postgres"
MLFLOW_SUFFIX = "_mlflow"
EXTENSIONS = ("vector", "pg_trgm", "btree_gin")
OPTIONAL_EXTENSIONS = ("pg_stat_statements",)
MINIMUM_VERSION = 150000


def masked(url: str) -> str:
    """``url`` without its password, for messages and logs."""
    parts = urlsplit(url)
    who, at, where = parts.netloc.rpartition("@")
    name, colon, _ = who.partition(":")
    place = f"{name}:***{at}{where}" if colon else parts.netloc
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


def with_database(url: str, rename: Callable[[str], str]) -> str:
    """``url`` with its database name passed through ``rename``."""
    return urlunsplit(urlsplit(url)._replace(path="/" + quote(rename(_database_name(url)), safe="")))


def _database_name(url: str) -> str:
    return unquote(urlsplit(url).path.lstrip("/"))


@contextlib.contextmanager
def connect(url: str, *, autocommit: bool = False) -> Iterator[Connection]:
    """One connection; the block is one transaction unless ``autocommit``.

    Vectors travel as binary once the extension is there; pass ``binary=True`` to cursors that read them.

    Raises:
        DatabaseUnreachable: the message carries the masked URL and the server's reason. Also when the server goes away
            inside the block.
    """
    connection = _open(url)
    try:
        with connection:
            # A role or database may set them otherwise, and its tables and vectors would be looked for elsewhere.
            connection.execute("SET TIME ZONE 'UTC'; SET search_path = public")
            with contextlib.suppress(psycopg.ProgrammingError):
                register_vector(connection)
            connection.autocommit = autocommit
            yield connection
    except psycopg.OperationalError as exc:
        if not connection.broken:
            raise
        raise DatabaseUnreachable(url=masked(url), reason=f"the server went away: {str(exc).strip()}.") from exc


def _open(url: str) -> Connection:
    try:
        who = application_name(this_process())
        return psycopg.connect(url, autocommit=True, connect_timeout=10, application_name=who)
    except psycopg.OperationalError as exc:
        raise DatabaseUnreachable(url=masked(url), reason=str(exc).strip()) from exc
    except psycopg.ProgrammingError as exc:
        # Its message may quote a piece of the password.
        raise DatabaseUnreachable(url=masked(url), reason="the URL is malformed; quote special signs.") from exc


def ensure_database(url: str) -> None:
    """Create the database of ``url`` when it is missing, and the extensions the schema needs.

    Raises:
        DatabaseUnreachable, DatabaseNotCreated, DatabaseTooOld, ExtensionMissing
    """
    if not database_exists(url):
        _create(url)
    with connect(url, autocommit=True) as connection:
        if connection.info.server_version < MINIMUM_VERSION:
            raise DatabaseTooOld(url=masked(url), found=connection.info.server_version // 10000, expected=15)


def ensure_schema(url: str, name: str) -> None:
    """Make a schema where it is missing; it may be there for a role that may make none.

    Raises:
        SchemaNotCreated
    """
    with connect(url, autocommit=True) as connection:
        if connection.execute(query("server", "schema_exists"), {"name": name}).fetchone():
            return
        try:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        except psycopg.Error as exc:
            reason = str(exc).strip().splitlines()[0]
            raise SchemaNotCreated(schema=name, url=masked(url), reason=reason) from exc


def open_in_schema(url: str, schema: str) -> Connection:
    """A connection for a library that manages its transactions itself and writes no schema before its tables' names.

    Raises:
        DatabaseUnreachable
    """
    connection = _open(url)
    connection.execute(sql.SQL("SET TIME ZONE 'UTC'; SET search_path = {}").format(sql.Identifier(schema)))
    connection.autocommit = False
    return connection


def create_extension(name: str) -> sql.Composed:
    """The statement that makes an extension where it is missing."""
    return sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name))


def ensure_extensions(url: str) -> None:
    """Create the extensions the schema needs; the optional ones only where the role may.

    Raises:
        ExtensionMissing: a needed one is absent and cannot be created.
        ExtensionElsewhere: a needed one is in another schema than public.
    """
    with connect(url, autocommit=True) as connection:
        connection.execute(query("migrations", "own_settings"))
        for name in (*EXTENSIONS, *OPTIONAL_EXTENSIONS):
            try:
                # Two creators at once: IF NOT EXISTS still races on pg_extension's unique index.
                with contextlib.suppress(psycopg.errors.UniqueViolation):
                    connection.execute(create_extension(name))
            except psycopg.Error as exc:
                if name in EXTENSIONS:
                    reason = str(exc).strip().splitlines()[0]
                    raise ExtensionMissing(extension=name, url=masked(url), reason=reason) from exc
        for name, place in connection.execute(query("server", "extension_schemas")):
            if name in EXTENSIONS and place != "public":
                raise ExtensionElsewhere(extension=name, schema=place, url=masked(url))


def database_exists(url: str) -> bool:
    """Whether the server of ``url`` has its database.

    Raises:
        DatabaseUnreachable: nobody can say.
    """
    try:
        _open(url).close()
    except DatabaseUnreachable as exc:
        # Asked of the catalogue: the reason why a connection failed is a sentence in the server's language.
        try:
            with connect(with_database(url, lambda _: MAINTENANCE), autocommit=True) as connection:
                if (_database_name(url),) not in connection.execute(query("server", "databases")).fetchall():
                    return False
        except DatabaseUnreachable:
            raise exc from None
        raise
    return True


def _create(url: str) -> None:
    name = _database_name(url)
    with connect(with_database(url, lambda _: MAINTENANCE), autocommit=True) as connection:
        try:
            with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except psycopg.Error as exc:
            raise DatabaseNotCreated(name=name, reason=str(exc).strip()) from exc
