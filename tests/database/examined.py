"""Ask the doctor about one thing, and do what it advises."""

from __future__ import annotations

from workbench.db.connection import Connection
from workbench.jobs.doctor_database import look_at_database
from workbench.jobs.findings import Finding


def finding(connection: Connection, name: str) -> Finding:
    return next(found for found in look_at_database(connection, own=False) if found.name == name)


def commands(found: Finding) -> list[str]:
    """The SQL of the advice, one statement each."""
    _, _, said = found.advice.partition("`workbench db shell`: ")
    return [command.strip() for command in said.split(";")[:-1]]


def cure(connection: Connection, found: Finding) -> None:
    for command in commands(found):
        connection.execute(command)


def flush(connection: Connection) -> None:
    """Have the counters of the session written before the next statement: a server writes them once a second."""
    connection.execute("SELECT pg_stat_force_next_flush()")
    connection.execute("SELECT 1")
