"""The checks of `workbench doctor` that ask the server, and the order in which they are asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from workbench.db import catalogue, health, monitoring
from workbench.db.connection import EXTENSIONS, MINIMUM_VERSION, Connection
from workbench.db.migrations import changed_routines, last_migration, pending
from workbench.errors import MigrationEdited, MigrationMissing, NotLookedAt
from workbench.jobs import (
    doctor_access,
    doctor_activity,
    doctor_indexes,
    doctor_maintenance,
    doctor_retraining,
    doctor_tables,
)
from workbench.jobs.findings import Finding, counted, in_shell, listed, note, ok, problem
from workbench.resources import shipped

# Before it, an index build could write outside its memory (CVE-2026-3172) and VACUUM could corrupt an HNSW index.
LEAST_PGVECTOR = (0, 8, 4)
MIGRATE = "Run `workbench db migrate`."

Check = Callable[[Connection], Finding]


def look_at_database(connection: Connection, own: bool) -> list[Finding]:
    """What the server and the schema say; ``own`` is true of the private server, which the workbench configured.

    What the role may not see, or what somebody has locked, becomes a note.
    """
    monitoring.be_brief(connection)
    findings = [_looked(connection, name, check) for name, check in _server_checks(own)]
    migrations = _looked(connection, "migrations", _migrations)
    findings.append(migrations)
    if not health.has_schema(connection):
        return [*findings, note("schema", "not looked at, since there is none")]
    return [*findings, *(_looked(connection, name, check) for name, check in _schema_checks(migrations.state == "ok"))]


def _server_checks(own: bool) -> list[tuple[str, Check]]:
    return [
        ("version", _version),
        ("extensions", _extensions),
        ("pgvector", _pgvector),
        ("pg_stat_statements", partial(_statements, own=own)),
        ("safety", partial(_safety, own=own)),
        ("connections", doctor_activity.connections),
        ("transactions", doctor_activity.transactions),
        ("replication slots", doctor_activity.slots),
        ("cache", doctor_activity.cache),
    ]


def _schema_checks(migrated: bool) -> list[tuple[str, Check]]:
    return [
        ("schema", partial(_drift, migrated=migrated)),
        ("next month", _next_month),
        ("default partition", _caught),
        ("references", _dangling),
        ("roles", doctor_access.roles),
        ("rights", doctor_access.rights),
        ("foreign keys", doctor_access.costs),
        ("constraints", doctor_indexes.constraints),
        ("triggers", doctor_indexes.triggers),
        ("indexes", doctor_indexes.invalid),
        ("duplicate indexes", doctor_indexes.duplicate),
        ("unused indexes", doctor_indexes.unused),
        ("index bloat", doctor_indexes.bloat),
        ("table bloat", doctor_tables.bloat),
        ("vacuum", doctor_tables.vacuum),
        ("planner statistics", doctor_tables.statistics),
        ("transaction age", doctor_tables.age),
        ("slow statements", doctor_activity.slow),
        ("maintenance", doctor_maintenance.jobs),
        ("retrainings", doctor_retraining.retrainings),
        ("schedules", doctor_retraining.late_schedules),
        ("size", doctor_tables.size),
    ]


def _looked(connection: Connection, name: str, check: Check) -> Finding:
    try:
        with monitoring.looking(connection):
            return check(connection)
    except NotLookedAt as exc:
        return note(name, f"not looked at: {exc.fields['reason']}", str(exc.fields["advice"]))


def _version(connection: Connection) -> Finding:
    found = health.server_version(connection)
    if connection.info.server_version < MINIMUM_VERSION:
        return problem("version", found, f"PostgreSQL {MINIMUM_VERSION // 10000} or newer is needed.")
    return ok("version", found)


def _extensions(connection: Connection) -> Finding:
    installed = health.extensions(connection)
    missing = [name for name in EXTENSIONS if name not in installed]
    if missing:
        advice = f"{MIGRATE} On a server of your own its owner may have to run CREATE EXTENSION for each."
        return problem("extensions", f"{', '.join(missing)} not installed", advice)
    return ok("extensions", ", ".join(EXTENSIONS))


def _pgvector(connection: Connection) -> Finding:
    found = health.extensions(connection).get("vector") or health.available_extension(connection, "vector")
    if found is None:
        return problem("pgvector", "not on this server", "Install pgvector 0.8.4 or newer there.")
    if tuple(map(int, re.findall(r"\d+", found))) < LEAST_PGVECTOR:
        advice = "Update it to 0.8.4 or newer (CVE-2026-3172), then run ALTER EXTENSION vector UPDATE;"
        return problem("pgvector", found, advice)
    return ok("pgvector", found)


def _statements(connection: Connection, own: bool) -> Finding:
    if health.statements_kept(connection):
        return ok("pg_stat_statements", "statement statistics are kept")
    if own:
        return problem("pg_stat_statements", "absent", "Run `workbench down`, then `workbench up`.")
    advice = "Optional: add it to shared_preload_libraries and run CREATE EXTENSION pg_stat_statements;"
    return note("pg_stat_statements", "absent", advice)


def _safety(connection: Connection, own: bool) -> Finding:
    off = health.unsafe_settings(connection)
    if not off:
        return ok("safety", "page checksums, fsync and full_page_writes are on")
    if off == ["data_checksums"] and not own:
        return note("safety", "page checksums are off", "Optional: stop the server and run pg_checksums --enable.")
    return problem("safety", f"{', '.join(off)} off", "Turn them on and restart: a crash may lose or spoil rows.")


def _migrations(connection: Connection) -> Finding:
    folder = shipped("sql")
    if last_migration(connection) is None:
        return problem("migrations", "none applied", MIGRATE)
    try:
        missing = [script.name for script in pending(connection, folder)]
    except (MigrationEdited, MigrationMissing) as exc:
        return problem("migrations", "files and database differ", str(exc))
    missing += [script.name for script in changed_routines(connection, folder)]
    if missing:
        return problem("migrations", f"{', '.join(missing)} not applied", MIGRATE)
    return ok("migrations", f"complete up to {last_migration(connection)}")


def _drift(connection: Connection, migrated: bool) -> Finding:
    """A table of somebody else's is none of the doctor's business; a change to one of ours is."""
    if not migrated:
        return note("schema", "not compared with sql/ before the migrations are applied")
    lines = catalogue.drift(connection)
    changed = [line for line in lines if not line.endswith(": is not of the workbench")]
    if changed:
        advice = "Undo what was changed by hand (a line with + is too much, with - is missing), or write a migration."
        return problem("schema", f"{counted(len(changed), 'difference')} from sql/: {listed(changed)}", advice)
    if lines:
        return note("schema", f"as in sql/; beside it: {listed([line[2:].partition(': ')[0] for line in lines])}")
    return ok("schema", "as in sql/")


def _next_month(connection: Connection) -> Finding:
    if health.next_month_exists(connection):
        return ok("next month", "prompt_history has its partition")
    return problem("next month", "prompt_history has no partition for it", MIGRATE)


def _caught(connection: Connection) -> Finding:
    months = health.caught_months(connection)
    if not months:
        return ok("default partition", "empty")
    found = f"{counted(sum(months.values()), 'row')} of {counted(len(months), 'month')} without a partition"
    commands = [f"SELECT create_monthly_partition('{month}')" for month in months]
    return problem("default partition", found, in_shell(commands))


def _dangling(connection: Connection) -> Finding:
    count = health.dangling_techniques(connection)
    if count:
        found = f"the training data name {counted(count, 'technique')} without a row in techniques"
        return problem("references", found, "Import the techniques again, or the prompts without them.")
    return ok("references", "every technique that the training data name exists")
