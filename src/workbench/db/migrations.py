"""Apply ``sql/migrations`` once each and ``sql/routines`` whenever they changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from workbench.db.connection import Connection, connect, ensure_database, ensure_extensions, masked
from workbench.errors import MigrationEdited, MigrationFailed, MigrationForbidden, MigrationMissing, SchemaNotMigrated
from workbench.resources import shipped
from workbench.sql import query

# One number for every migrator of every version of the workbench: the lock must be the same for all.
ADVISORY_LOCK = 7_205_759_403


@dataclass(frozen=True)
class Script:
    """One SQL file: ``name`` is its stem, ``digest`` the sha256 of its bytes."""

    name: str
    text: str
    digest: str


@dataclass(frozen=True)
class Migrated:
    """What a call did: names of migrations applied and of routines (re-)run."""

    applied: tuple[str, ...]
    routines: tuple[str, ...]


def scripts(folder: Path) -> list[Script]:
    """The SQL files of ``folder`` in the order of their names."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        raw = path.read_bytes()
        found.append(Script(path.stem, raw.decode("utf-8"), hashlib.sha256(raw).hexdigest()))
    return found


def migrate(url: str, folder: Path | None = None, tell: Callable[[str], None] = lambda _: None) -> Migrated:
    """Bring the database of ``url`` up to the files of ``folder`` (default: the shipped ``sql``).

    One migrator works at a time, the others wait; each file is one transaction, so a kill leaves whole files only.

    Raises:
        MigrationEdited: an applied file has changed. Nothing is applied.
        MigrationMissing: the database is newer than the files.
        MigrationFailed: PostgreSQL refused a statement; that file is rolled back, earlier ones stay.
        MigrationForbidden: the role may not change the schema.
    """
    folder = folder or shipped("sql")
    ensure_database(url)
    ensure_extensions(url)
    try:
        with connect(url, autocommit=True) as connection:
            connection.execute(query("migrations", "lock"), {"key": ADVISORY_LOCK})
            connection.execute(query("migrations", "create_ledger"))
            applied = [_apply(connection, "migration", s, tell) for s in pending(connection, folder)]
            routines = [_apply(connection, "routine", s, tell) for s in changed_routines(connection, folder)]
            connection.execute(query("migrations", "ensure_partitions"))
    except psycopg.errors.InsufficientPrivilege as exc:
        raise MigrationForbidden(url=masked(url), reason=str(exc).splitlines()[0]) from exc
    return Migrated(tuple(applied), tuple(routines))


def check_migrated(url: str, folder: Path | None = None) -> None:
    """Refuse to work on a database that lacks migrations.

    Raises:
        SchemaNotMigrated, DatabaseUnreachable
    """
    names = {script.name for script in scripts((folder or shipped("sql")) / "migrations")}
    with connect(url, autocommit=True) as connection:
        try:
            missing = names - set(_recorded(connection, "migration"))
        except psycopg.errors.UndefinedTable:
            missing = names
    if missing:
        raise SchemaNotMigrated(missing=len(missing), total=len(names))


def _recorded(connection: Connection, kind: str) -> dict[str, str]:
    return dict(connection.execute(query("migrations", "recorded"), {"kind": kind}).fetchall())


def last_migration(connection: Connection) -> str | None:
    """Name of the newest applied migration, None before the first."""
    try:
        return max(_recorded(connection, "migration"), default=None)
    except psycopg.errors.UndefinedTable:
        return None


def pending(connection: Connection, folder: Path) -> list[Script]:
    """The migrations that are not applied yet.

    Raises:
        MigrationEdited, MigrationMissing
    """
    files = scripts(folder / "migrations")
    recorded = _recorded(connection, "migration")
    known = {script.name for script in files}
    for name in recorded:
        if name not in known:
            raise MigrationMissing(name=name, folder=folder / "migrations")
    for script in files:
        if script.name in recorded and recorded[script.name] != script.digest:
            raise MigrationEdited(name=script.name, recorded=recorded[script.name][:12], found=script.digest[:12])
    return [script for script in files if script.name not in recorded]


def changed_routines(connection: Connection, folder: Path) -> list[Script]:
    """The routines whose file is not the one last run."""
    recorded = _recorded(connection, "routine")
    return [s for s in scripts(folder / "routines") if recorded.get(s.name) != s.digest]


def _apply(connection: Connection, kind: str, script: Script, tell: Callable[[str], None]) -> str:
    tell(script.name)
    try:
        with connection.transaction():
            connection.execute(script.text.encode())
            row = {"kind": kind, "name": script.name, "digest": script.digest}
            connection.execute(query("migrations", "record"), row)
    except psycopg.errors.InsufficientPrivilege:
        raise
    except psycopg.Error as exc:
        raise MigrationFailed(name=script.name, reason=str(exc).strip()) from exc
    return script.name
