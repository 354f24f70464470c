"""The maintenance jobs, their runs, and pg_cron where the server has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import psycopg
from psycopg.rows import class_row

from workbench.db.connection import Connection
from workbench.resources import shipped
from workbench.sql import query

State = Literal["done", "failed"]


@dataclass(frozen=True)
class Job:
    """A row of ``maintenance_jobs`` with its last run, all times UTC. ``state`` and what follows it are None before the
    first run; ``done_at`` is when the last run started that succeeded; ``seen_at`` is the server's clock."""

    name: str
    description: str
    schedule: str
    statement: str
    timeout_seconds: int
    is_enabled: bool
    state: str | None
    started_at: datetime | None
    finished_at: datetime | None
    message: str | None
    ran_by: str | None
    done_at: datetime | None
    seen_at: datetime


@dataclass(frozen=True)
class Ran:
    """One run that ended. ``message`` is what PostgreSQL answered, or why it failed."""

    name: str
    state: State
    message: str
    seconds: float


def jobs(connection: Connection) -> list[Job]:
    """Every job in the order in which those that are due run."""
    with connection.cursor(row_factory=class_row(Job)) as cursor:
        return cursor.execute(query("maintenance", "jobs")).fetchall()


def may_read(connection: Connection) -> bool:
    """Whether the role may look at the jobs and their runs."""
    row = connection.execute(query("maintenance", "may_read")).fetchone()
    return bool(row and row[0])


def owner(connection: Connection) -> tuple[str, str]:
    """Who owns the jobs, and who asks."""
    row = connection.execute(query("maintenance", "owner")).fetchone()
    return (str(row[0]), str(row[1])) if row else ("", "")


def become_owner(connection: Connection) -> bool:
    """Work as the owner of the jobs from now on; False where the role may not."""
    try:
        connection.execute(query("maintenance", "become_owner"))
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def close_killed(connection: Connection) -> list[str]:
    """Close the runs whose process ended without closing them; the names of their jobs."""
    return [name for (name,) in connection.execute(query("maintenance", "close_killed"))]


def run(connection: Connection, job: Job) -> Ran:
    """Run the job's statement outside a transaction and write down how it went.

    Raises:
        psycopg.OperationalError: the connection broke; the next maintenance closes the run.
    """
    number = _start(connection, job)
    said: list[str] = []

    def listen(notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":  # such as a table that VACUUM had to skip
            said.append(str(notice.message_primary))

    connection.add_notice_handler(listen)
    try:
        state, message = _attempt(connection, job)
    except KeyboardInterrupt:
        _finish(connection, number, "failed", "Interrupted.")
        raise
    finally:
        connection.remove_notice_handler(listen)
    message = ". ".join([message, *said])
    return Ran(job.name, state, message, _finish(connection, number, state, message))


def refuse(connection: Connection, job: Job, reason: str) -> Ran:
    """Write down that the job cannot run at all."""
    return Ran(job.name, "failed", reason, _finish(connection, _start(connection, job), "failed", reason))


def _attempt(connection: Connection, job: Job) -> tuple[State, str]:
    try:
        limit = str(job.timeout_seconds * 1000)
        connection.execute(query("maintenance", "limit_statements"), {"milliseconds": limit})
        with connection.execute(job.statement.encode()) as cursor:
            answer = cursor.fetchone() if cursor.description else None
            return "done", " ".join(str(part) for part in (cursor.statusmessage, *(answer or ())) if part is not None)
    except psycopg.Error as exc:
        if connection.broken:
            raise
        said = exc.diag
        if isinstance(exc, psycopg.errors.QueryCanceled):
            return "failed", f"{said.message_primary} (its timeout_seconds is {job.timeout_seconds})"
        return "failed", " ".join(filter(None, (said.message_primary or str(exc), said.message_detail)))


def _start(connection: Connection, job: Job) -> int:
    row = connection.execute(query("maintenance", "start"), {"job": job.name}).fetchone()
    return int(row[0]) if row else 0


def _finish(connection: Connection, number: int, state: State, message: str) -> float:
    connection.execute(query("maintenance", "limit_statements"), {"milliseconds": "0"})
    values = {"id": number, "state": state, "message": message}
    row = connection.execute(query("maintenance", "finish"), values).fetchone()
    return float(row[0]) if row else 0.0


def handed_to_cron(connection: Connection) -> int:
    """How many of our jobs pg_cron runs; 0 where there is none or the role may not look."""
    if not _cron_usable(connection):
        return 0
    row = connection.execute(query("maintenance", "cron_jobs")).fetchone()
    return int(row[0]) if row else 0


def _cron_usable(connection: Connection) -> bool:
    row = connection.execute(query("maintenance", "cron_usable")).fetchone()
    return bool(row and row[0])


def collect_cron_runs(connection: Connection) -> None:
    """Take over what pg_cron wrote down of its runs."""
    connection.execute(query("maintenance", "collect_cron_runs"))


def hand_to_cron(connection: Connection) -> str | None:
    """Let pg_cron run the enabled jobs; the reason where it cannot."""
    said: list[str] = []

    def listen(notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "NOTICE" and notice.sqlstate == "00000":
            said.append(str(notice.message_primary))

    connection.add_notice_handler(listen)
    try:
        connection.execute(shipped("sql", "optional", "pg_cron.sql").read_bytes())
    except psycopg.Error as exc:
        return str(exc).strip().splitlines()[0]
    finally:
        connection.remove_notice_handler(listen)
    return said[-1] if said else None


def take_back(connection: Connection) -> int:
    """Take the jobs from pg_cron; how many it had."""
    count = handed_to_cron(connection)
    if _cron_usable(connection):
        connection.execute(query("maintenance", "take_back"))
    return count
