"""What a migration would do, and what the ledger says was done. Nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from workbench.db.access import ROLES_FILE, look_at_roles, may_read_ledger
from workbench.db.connection import EXTENSIONS, Connection, connect, database_exists, masked
from workbench.db.health import extensions
from workbench.db.migrations import Script, changed_routines, digests, left_over_routines, pending, scripts
from workbench.errors import RoleWithoutRights
from workbench.resources import shipped
from workbench.sql import query


@dataclass(frozen=True)
class Plan:
    """``extensions`` would be created, then the files would run in this order; ``months`` is SQL that runs each time
    after the routines. The rights in ``access`` are given again whenever anything else has changed."""

    database_exists: bool
    extensions: tuple[str, ...]
    migrations: tuple[Script, ...]
    routines: tuple[Script, ...]
    months: str
    access: tuple[Script, ...]


@dataclass(frozen=True)
class Applied:
    kind: str
    name: str
    applied_at: datetime


@dataclass(frozen=True)
class State:
    """Names of files by how they stand to the ledger; ``unknown`` and ``left_over`` are recorded without a file.

    ``missing_roles`` (``remedy`` would make them) and ``owner_roles`` are for an administrator: see ``Migrated``."""

    applied: tuple[Applied, ...] = ()
    pending: tuple[str, ...] = ()
    changed_routines: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    left_over: tuple[str, ...] = ()
    rights_due: tuple[str, ...] = ()
    missing_roles: tuple[str, ...] = ()
    owner_roles: tuple[str, ...] = ()
    remedy: str = ""

    @property
    def up_to_date(self) -> bool:
        return not (self.pending or self.changed_routines or self.edited or self.unknown or self.rights_due)


def plan(url: str | None, folder: Path | None = None) -> Plan:
    """What ``migrate`` would run on the database of ``url``; None stands for a server that is not made yet.

    Raises:
        MigrationEdited, MigrationMissing, DatabaseUnreachable
    """
    folder = folder or shipped("sql")
    months, rights = query("migrations", "ensure_partitions"), scripts(folder / "access")
    if url is None or not database_exists(url):
        migrations, routines = scripts(folder / "migrations"), scripts(folder / "routines")
        access = _rights(None, rights, {})
        return Plan(False, EXTENSIONS, tuple(migrations), tuple(routines), months, tuple(access))
    with connect(url, autocommit=True) as connection:
        missing = tuple(name for name in EXTENSIONS if name not in extensions(connection))
        migrations, routines = pending(connection, folder), changed_routines(connection, folder)
        kept = {} if migrations or routines else digests(connection, "access")
        access = _rights(connection, rights, kept)
    return Plan(True, missing, tuple(migrations), tuple(routines), months, tuple(access))


def state(url: str, folder: Path | None = None) -> State:
    """How the database of ``url`` stands to the files of ``folder`` (default: the shipped ``sql``).

    Raises:
        DatabaseUnreachable, RoleWithoutRights
    """
    folder = folder or shipped("sql")
    files = {script.name: script.digest for script in scripts(folder / "migrations")}
    if not database_exists(url):
        return State(pending=tuple(files), changed_routines=tuple(s.name for s in scripts(folder / "routines")))
    with connect(url, autocommit=True) as connection:
        if not may_read_ledger(connection):
            raise RoleWithoutRights(url=masked(url))
        ledger = _ledger(connection)
        roles = look_at_roles(connection, scripts(folder / "access"), digests(connection, "access"))
        recorded = {name: digest for kind, name, digest, _ in ledger if kind == "migration"}
        return State(
            applied=tuple(Applied(kind, name, at) for kind, name, _, at in ledger),
            pending=tuple(name for name in files if name not in recorded),
            changed_routines=tuple(script.name for script in changed_routines(connection, folder)),
            edited=tuple(name for name, digest in files.items() if recorded.get(name, digest) != digest),
            unknown=tuple(sorted(recorded.keys() - files.keys())),
            left_over=tuple(left_over_routines(connection, folder)),
            rights_due=tuple(script.name for script in roles.files),
            missing_roles=roles.missing,
            owner_roles=roles.owners,
            remedy=roles.remedy,
        )


def _rights(connection: Connection | None, files: list[Script], kept: dict[str, str]) -> list[Script]:
    """The files of access that would run, supposing that the missing roles can be made; they come first."""
    due = {script.name for script in files}
    if connection is not None:
        found = look_at_roles(connection, files, kept)
        due = {script.name for script in found.files}.union(found.missing, [ROLES_FILE] if found.missing else [])
    return sorted((s for s in files if s.name in due), key=lambda s: (s.name != ROLES_FILE, s.name))


def _ledger(connection: Connection) -> list[tuple[str, str, str, datetime]]:
    try:
        return connection.execute(query("migrations", "ledger")).fetchall()
    except psycopg.errors.UndefinedTable:
        return []
