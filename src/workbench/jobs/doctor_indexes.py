"""The checks of `workbench doctor` on indexes, constraints and triggers."""

from __future__ import annotations

from workbench.db import monitoring
from workbench.db.connection import Connection
from workbench.jobs.findings import Finding, counted, in_shell, listed, note, ok, problem

LEAST_BLOAT_BYTES = 10 << 20
# A tree that grew at random is two thirds full; a new one nine tenths.
BLOAT_TIMES = 2.0
# An index below a megabyte costs next to nothing, and a month has in it what is asked once a month.
LEAST_UNUSED_BYTES = 1 << 20
LEAST_TABLE_SCANS = 1_000
LEAST_DAYS = 30


def invalid(connection: Connection) -> Finding:
    found = monitoring.invalid_indexes(connection)
    if not found:
        return ok("indexes", "all are valid")
    said = listed([f"{index} on {table} is invalid: its build failed" for index, table, *_ in found])
    commands = in_shell([mend for *_, mend in found])
    doubles = " If rows are double, delete them first." if any(unique for _, _, unique, _ in found) else ""
    return problem("indexes", said, f"{commands}{doubles} Or drop it, if it is left over from an attempt.")


def duplicate(connection: Connection) -> Finding:
    found = monitoring.duplicate_indexes(connection)
    if not found:
        return ok("duplicate indexes", "none")
    said = listed([f"{index} does what {other} does" for index, other, _ in found])
    return problem("duplicate indexes", said, in_shell([mend for *_, mend in found]))


def unused(connection: Connection) -> Finding:
    found = monitoring.unused_indexes(connection, LEAST_UNUSED_BYTES, LEAST_TABLE_SCANS, LEAST_DAYS)
    if not found:
        return ok("unused indexes", f"none of those that were watched for {LEAST_DAYS} days")
    said = listed([f"{index} ({room}) since {day}" for index, room, day, _ in found])
    commands = in_shell([mend for *_, mend in found])
    advice = f"If no rare report needs it: {commands} One of the schema's own goes by a migration."
    return note("unused indexes", f"no query used {said}", advice)


def bloat(connection: Connection) -> Finding:
    found = monitoring.bloated_indexes(connection, LEAST_BLOAT_BYTES, BLOAT_TIMES)
    if not found:
        return ok("index bloat", "no index is much larger than its entries")
    said = listed([f"{index} takes {room}, its entries need {need}" for index, room, need, _ in found])
    return problem("index bloat", said, in_shell([mend for *_, mend in found]))


def constraints(connection: Connection) -> Finding:
    found = monitoring.unproven_constraints(connection)
    if not found:
        return ok("constraints", "all are checked against all rows")
    said = listed([f"{name} of {table} was never checked against its old rows" for name, table, _ in found])
    return problem("constraints", said, in_shell([mend for *_, mend in found]))


def triggers(connection: Connection) -> Finding:
    found = monitoring.disabled_triggers(connection)
    if not found:
        return ok("triggers", "all are on")
    said = listed([f"{counted(count, 'trigger')} of {table} switched off" for table, count, _ in found])
    commands = in_shell([mend for *_, mend in found])
    return problem("triggers", f"{said}; what they check was not checked since", commands)
