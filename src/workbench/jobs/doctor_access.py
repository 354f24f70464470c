"""The checks of `workbench doctor` on who may see and do what."""

from __future__ import annotations

from workbench.db import lints
from workbench.db.access import Access, look_at_roles
from workbench.db.connection import Connection
from workbench.db.migrations import digests, scripts
from workbench.jobs.findings import Finding, listed, note, ok, problem
from workbench.resources import shipped

OWNED_BY_INDEXES = "duplicate_index"
# The policies of a role come with the role.
WAITS_FOR_ROLES = "rls_without_policy"


def _roles(connection: Connection) -> Access:
    return look_at_roles(connection, scripts(shipped("sql", "access")), digests(connection, "access"))


def roles(connection: Connection) -> Finding:
    """A role that is missing harms nobody: without it only the owner sees anything."""
    found = _roles(connection)
    if found.missing:
        advice = f"Have an administrator run {found.remedy} Then run `workbench db migrate`."
        return note("roles", f"{', '.join(found.missing)} missing: nobody but the owner sees anything", advice)
    if found.owners:
        advice = "Let a role of another name own the database, then run `workbench db migrate` (docs/access.md)."
        return note("roles", f"{', '.join(found.owners)} may act as the owner and so sees everything", advice)
    if found.files:
        names = ", ".join(script.name for script in found.files)
        return problem("roles", f"the rights of {names} are not those of the files", "Run `workbench db migrate`.")
    present = [script.name for script in scripts(shipped("sql", "access")) if script.name not in {"public", "roles"}]
    return ok("roles", ", ".join(present))


def rights(connection: Connection) -> Finding:
    found = lints.look_at_access(connection)
    if _roles(connection).missing:
        found = [flaw for flaw in found if flaw.lint != WAITS_FOR_ROLES]
    if not found:
        return ok("rights", "row-level security, views, functions and grants are as they should be")
    advice = "Undo it, or run `workbench db migrate` where it comes from files that changed; docs/access.md says why."
    return problem("rights", listed([f"{flaw.thing}: {flaw.reason}" for flaw in found]), advice)


def costs(connection: Connection) -> Finding:
    found = [flaw for flaw in lints.look_at_speed(connection) if flaw.lint != OWNED_BY_INDEXES]
    if not found:
        return ok("foreign keys", "each has an index, and no policy asks once a row")
    advice = "Create an index on the columns of the foreign key, or put the setting of the policy into a sub-select."
    return note("foreign keys", listed([f"{flaw.thing}: {flaw.reason}" for flaw in found]), advice)
