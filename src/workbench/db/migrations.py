"""Apply ``sql/migrations`` once each and ``sql/routines`` whenever they changed."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from workbench.db.access import forget_access, look_at_roles, make_roles, may_read_ledger
from workbench.db.connection import Connection, connect, ensure_database, ensure_extensions, masked
from workbench.db.waits import telling_who_blocks
from workbench.errors import (
    MigrationEdited,
    MigrationFailed,
    MigrationForbidden,
    MigrationMissing,
    RoleWithoutRights,
    SchemaNotMigrated,
)
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
    """What a call did: names of migrations applied and of routines (re-)run; ``left_over`` are routines whose file is
    gone and whose objects stand until a migration drops them. ``access`` names the roles that were given their rights,
    ``missing_roles`` those that do not exist and may not be made by this role (``remedy`` would make them), and
    ``owner_roles`` those that may act as the owner and so get none."""

    applied: tuple[str, ...]
    routines: tuple[str, ...]
    left_over: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    missing_roles: tuple[str, ...] = ()
    owner_roles: tuple[str, ...] = ()
    remedy: str = ""


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
    ``tell`` hears of each file, and of whoever holds a lock that is waited for.

    Raises:
        MigrationEdited: an applied file has changed. Nothing is applied.
        MigrationMissing: the database is newer than the files.
        MigrationFailed: PostgreSQL refused a statement; that file is rolled back, earlier ones stay.
        MigrationForbidden: the role may not change the schema.
        ExtensionMissing, ExtensionElsewhere, DatabaseNotCreated, DatabaseTooOld, DatabaseUnreachable
    """
    folder = folder or shipped("sql")
    ensure_database(url)
    ensure_extensions(url)
    run = _Run(url, tell, [])
    with connect(url, autocommit=True) as connection, telling_who_blocks(url, connection, tell):
        with run.explained("the ledger schema_migrations"):
            connection.execute(query("migrations", "own_settings"))
            connection.execute(query("migrations", "lock"), {"key": ADVISORY_LOCK})
            connection.execute(query("migrations", "create_ledger"))
            connection.execute(query("migrations", "widen_ledger"))
        if pending(connection, folder) or changed_routines(connection, folder):
            forget_access(connection)
        applied = [run.apply(connection, "migration", script) for script in pending(connection, folder)]
        routines = [run.apply(connection, "routine", script) for script in changed_routines(connection, folder)]
        with run.explained("the months of prompt_history"):
            connection.execute(query("migrations", "ensure_partitions"))
        rights = scripts(folder / "access")
        with run.explained("the roles"):
            make_roles(connection, rights)
        roles = look_at_roles(connection, rights, digests(connection, "access"))
        access = [run.apply(connection, "access", script) for script in roles.files]
        left_over = left_over_routines(connection, folder)
    return Migrated(
        tuple(applied), tuple(routines), tuple(left_over), tuple(access), roles.missing, roles.owners, roles.remedy
    )


@dataclass(frozen=True)
class _Run:
    """``done`` names the files that stand so far."""

    url: str
    tell: Callable[[str], None]
    done: list[str]

    def apply(self, connection: Connection, kind: str, script: Script) -> str:
        self.tell(f"rights of {script.name}" if kind == "access" else f"applying {script.name}")
        with self.explained(script.name), connection.transaction():
            connection.execute(script.text.encode())
            row = {"kind": kind, "name": script.name, "digest": script.digest}
            connection.execute(query("migrations", "record"), row)
        self.done.append(script.name)
        return script.name

    @contextlib.contextmanager
    def explained(self, name: str) -> Iterator[None]:
        """What PostgreSQL refuses in the block becomes an error that names the file and what stands."""
        try:
            yield
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidSchemaName) as exc:
            # A schema that a role may not use counts as no schema.
            hidden = isinstance(exc, psycopg.errors.InvalidSchemaName)
            reason = f"{name}: {'permission denied for schema public' if hidden else str(exc).splitlines()[0]}"
            raise MigrationForbidden(url=masked(self.url), reason=reason, standing=self._standing()) from exc
        except psycopg.Error as exc:
            if isinstance(exc, psycopg.OperationalError) and exc.diag.sqlstate is None:
                raise  # the connection broke: nothing is wrong with the file
            raise MigrationFailed(name=name, reason=str(exc).strip(), standing=self._standing()) from exc

    def _standing(self) -> str:
        return f"What stands: {', '.join(self.done)}." if self.done else "Nothing was applied before it."


def check_migrated(url: str, folder: Path | None = None) -> None:
    """Refuse to work on a database that lacks migrations.

    Raises:
        SchemaNotMigrated, RoleWithoutRights, DatabaseUnreachable
    """
    names = {script.name for script in scripts((folder or shipped("sql")) / "migrations")}
    with connect(url, autocommit=True) as connection:
        if not may_read_ledger(connection):
            raise RoleWithoutRights(url=masked(url))
        missing = names - set(digests(connection, "migration"))
    if missing:
        raise SchemaNotMigrated(missing=len(missing), total=len(names))


def digests(connection: Connection, kind: str) -> dict[str, str]:
    """What the ledger holds of a kind (migration, routine, access): digest by name, nothing before the first."""
    try:
        return dict(connection.execute(query("migrations", "recorded"), {"kind": kind}).fetchall())
    except psycopg.errors.UndefinedTable:
        return {}


def last_migration(connection: Connection) -> str | None:
    """Name of the newest applied migration, None before the first."""
    return max(digests(connection, "migration"), default=None)


def pending(connection: Connection, folder: Path) -> list[Script]:
    """The migrations that are not applied yet.

    Raises:
        MigrationEdited, MigrationMissing
    """
    files = scripts(folder / "migrations")
    recorded = digests(connection, "migration")
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
    recorded = digests(connection, "routine")
    return [s for s in scripts(folder / "routines") if recorded.get(s.name) != s.digest]


def left_over_routines(connection: Connection, folder: Path) -> list[str]:
    """Routines that were run once and whose file is gone."""
    return sorted(digests(connection, "routine").keys() - {script.name for script in scripts(folder / "routines")})
