"""Apply ``sql/access``: roles, and for each role its grants and policies. Roles belong to the cluster and not to the
database, so a file waits until its role is there, and is run again when the role is another one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.db.connection import Connection
from workbench.db.health import extensions
from workbench.sql import query

if TYPE_CHECKING:
    from workbench.db.migrations import Script

ROLES_FILE = "roles"
EVERYBODY = "public"


@dataclass(frozen=True)
class Access:
    """``files`` can be applied, their digests stamped with the role that stands now; ``missing`` names roles that do
    not exist, which ``remedy`` would make, and ``owners`` those that may act as the schema's owner; no file is applied
    for either."""

    files: tuple[Script, ...]
    missing: tuple[str, ...]
    owners: tuple[str, ...]
    remedy: str


def may_read_ledger(connection: Connection) -> bool:
    """Whether the role may look at what was applied, if anything was. Without a right on the schema it sees none."""
    row = connection.execute(query("access", "may_read_ledger")).fetchone()
    return bool(row and row[0])


def forget_access(connection: Connection) -> None:
    """Have every file applied at the end of this migration or, if it is killed, of the next one."""
    connection.execute(query("access", "forget"))


def make_roles(connection: Connection, files: Sequence[Script]) -> None:
    """Make the roles that are missing, as far as this role may."""
    if _look(connection, files).missing:
        for script in files:
            if script.name == ROLES_FILE:
                connection.execute(script.text.encode())


def look_at_roles(connection: Connection, files: Sequence[Script], recorded: dict[str, str]) -> Access:
    """How the roles stand, with those of ``files`` (of ``sql/access``) that are not ``recorded`` as they stand now."""
    found = _look(connection, files)
    due = tuple(script for script in found.files if recorded.get(script.name) != script.digest)
    return replace(found, files=due)


def role_advice(missing: Sequence[str], owners: Sequence[str], remedy: str) -> list[str]:
    """What is wrong with the roles and what to do, a sentence or two each."""
    said = []
    if missing:
        said.append(
            f"The roles {', '.join(missing)} do not exist and this role may not make them; until they do, nobody but "
            f"the owner sees anything. Ask an administrator to run: {remedy} Then run `workbench db migrate` again."
        )
    if owners:
        said.append(
            f"The roles {', '.join(owners)} may act as the owner of the schema, so that they see everything and were "
            "given no rights of their own. Let a role of another name own the database (docs/access.md)."
        )
    return said


def _look(connection: Connection, files: Sequence[Script]) -> Access:
    names = [script.name for script in files if script.name not in {ROLES_FILE, EVERYBODY}]
    rows = connection.execute(query("access", "roles"), {"names": names}).fetchall()
    stamps = {name: oid for name, oid, owns in rows if not owns}
    # An update of an extension may bring functions, and those are everybody's.
    stamps[EVERYBODY] = repr(sorted(extensions(connection).items()))
    stamped = [replace(s, digest=_stamped(s.digest, stamps[s.name])) for s in files if s.name in stamps]
    present = {name for name, _, _ in rows}
    owners = sorted(name for name, _, owns in rows if owns)
    missing = [name for name in names if name not in present]
    remedy = connection.execute(query("access", "remedy"), {"names": missing}).fetchone()
    return Access(tuple(stamped), tuple(missing), tuple(owners), str(remedy[0]) if remedy else "")


def _stamped(digest: str, stamp: str) -> str:
    return hashlib.sha256(f"{digest} {stamp}".encode()).hexdigest()
