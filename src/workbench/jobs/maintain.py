"""Run the maintenance jobs: what is due, all, or the named ones; or let pg_cron run them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from workbench.db.connection import Connection, connect, masked
from workbench.db.locks import hold
from workbench.errors import (
    CronUnavailable,
    JobUnknown,
    MaintenanceBusy,
    MaintenanceForbidden,
    ScheduleInvalid,
)
from workbench.jobs.cron import next_time
from workbench.store import maintenance
from workbench.store.maintenance import Job, Ran

LOCK = "workbench.maintain"


@dataclass(frozen=True)
class Maintained:
    """``closed`` names jobs whose earlier run was killed. ``left_to`` says who runs what is due instead: pg_cron, or
    another maintenance that is at work; None where this one did."""

    ran: tuple[Ran, ...]
    closed: tuple[str, ...]
    left_to: str | None

    @property
    def failed(self) -> tuple[Ran, ...]:
        return tuple(ran for ran in self.ran if ran.state == "failed")


@dataclass(frozen=True)
class Planned:
    """A job and when it is due: at once where it never succeeded, at its next time where pg_cron has it, None where it
    is switched off. ``problem`` says why its schedule cannot be read; it is due then, so that its run says so too."""

    job: Job
    next_at: datetime | None
    problem: str | None = None

    @property
    def due(self) -> bool:
        return self.next_at is not None and self.next_at <= self.job.seen_at


class _AnotherAtWork(Exception):
    """Whoever is at work does what is due."""


def maintain_due(url: str, tick: Callable[[int, int, str], None]) -> Maintained:
    """Run the enabled jobs whose time has come since they last succeeded; one that never did is due.

    Where pg_cron has the jobs, or another maintenance is at work, nothing is run: a schedule must not fail for that.

    Raises:
        MaintenanceForbidden, DatabaseUnreachable
    """

    def refused(_waited: float, who: str, since: str) -> None:
        raise _AnotherAtWork(f"another maintenance, at work since {since} ({who})")

    with connect(url, autocommit=True) as connection:
        _become_owner(connection, url)
        if maintenance.handed_to_cron(connection):
            maintenance.collect_cron_runs(connection)
            return Maintained((), (), "pg_cron")
        try:
            hold(connection, LOCK, refused)
        except _AnotherAtWork as exc:
            return Maintained((), (), str(exc))
        closed = maintenance.close_killed(connection)
        maintenance.collect_cron_runs(connection)
        due = [planned for planned in map(_planned, maintenance.jobs(connection)) if planned.due]
        return Maintained(_run(connection, due, tick), tuple(closed), None)


def maintain_chosen(
    url: str, names: Sequence[str] | None, wait_seconds: float, tick: Callable[[int, int, str], None]
) -> Maintained:
    """Run the named jobs, also those that are switched off; every enabled job where ``names`` is None.

    Raises:
        JobUnknown: nothing is run.
        MaintenanceBusy: another maintenance held the lock for ``wait_seconds``.
        MaintenanceForbidden, DatabaseUnreachable
    """

    def refused(waited: float, who: str, since: str) -> None:
        if waited >= wait_seconds:
            raise MaintenanceBusy(who=who, since=since, seconds=waited)

    with connect(url, autocommit=True) as connection:
        _become_owner(connection, url)
        known = {job.name: job for job in maintenance.jobs(connection)}
        for name in names or ():
            if name not in known:
                raise JobUnknown(name=name, known=", ".join(known) or "none")
        wanted = [job for job in known.values() if (job.is_enabled if names is None else job.name in names)]
        hold(connection, LOCK, refused)
        closed = maintenance.close_killed(connection)
        return Maintained(_run(connection, [Planned(job, None) for job in wanted], tick), tuple(closed), None)


def plan(url: str) -> tuple[list[Planned], bool]:
    """Every job with its last run and next time, and whether pg_cron has them. Runs nothing.

    Raises:
        MaintenanceForbidden: the role may not read them.
    """
    with connect(url, autocommit=True) as connection:
        if maintenance.become_owner(connection):
            maintenance.collect_cron_runs(connection)
        elif not maintenance.may_read(connection):
            raise _forbidden(connection, url)
        handed = maintenance.handed_to_cron(connection) > 0
        return [_planned(job, handed) for job in maintenance.jobs(connection)], handed


def hand_to_cron(url: str) -> int:
    """Let pg_cron run every enabled job on its schedule; how many of ours it has then.

    Raises:
        CronUnavailable: with what pg_cron lacks here.
    """
    with connect(url, autocommit=True) as connection:
        reason = maintenance.hand_to_cron(connection)
        if reason is not None:
            raise CronUnavailable(reason=reason)
        return maintenance.handed_to_cron(connection)


def take_back(url: str) -> int:
    """Take the jobs back from pg_cron; how many it had.

    Raises:
        MaintenanceForbidden
    """
    with connect(url, autocommit=True) as connection:
        _become_owner(connection, url)
        maintenance.collect_cron_runs(connection)
        return maintenance.take_back(connection)


def _become_owner(connection: Connection, url: str) -> None:
    if not maintenance.become_owner(connection):
        raise _forbidden(connection, url)


def _forbidden(connection: Connection, url: str) -> MaintenanceForbidden:
    owner, role = maintenance.owner(connection)
    return MaintenanceForbidden(url=masked(url), role=role, owner=owner)


def _planned(job: Job, handed: bool = False) -> Planned:
    if not job.is_enabled:
        return Planned(job, None)
    try:
        following = next_time(job.schedule, job.seen_at if handed else job.done_at or job.seen_at)
    except ScheduleInvalid as exc:
        return Planned(job, job.seen_at, str(exc))
    return Planned(job, following if handed or job.done_at else job.seen_at)


def _run(connection: Connection, chosen: Sequence[Planned], tick: Callable[[int, int, str], None]) -> tuple[Ran, ...]:
    ran = []
    for number, planned in enumerate(chosen):
        tick(number, len(chosen), planned.job.name)
        if planned.problem is None:
            ran.append(maintenance.run(connection, planned.job))
        else:
            ran.append(maintenance.refuse(connection, planned.job, planned.problem))
    tick(len(chosen), len(chosen), "")
    return tuple(ran)
