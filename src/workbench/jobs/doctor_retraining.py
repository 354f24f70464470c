"""The checks of `workbench doctor` on retrainings and schedules."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from workbench.db.connection import Connection
from workbench.errors import ScheduleInvalid, TimeZoneUnknown
from workbench.jobs.findings import Finding, counted, listed, ok, problem
from workbench.jobs.retrain_guard import at_work
from workbench.jobs.schedule import last_due
from workbench.store import retraining, schedules
from workbench.store.retraining import OPEN

# A machine that sleeps at night makes up for it in the morning.
GRACE = timedelta(days=1)


def retrainings(connection: Connection) -> Finding:
    known = retraining.runs(connection, states=OPEN)
    stuck = [run for run in known if not at_work(run)]
    if not stuck:
        at_it = f"{counted(len(known), 'retraining')} at work" if known else "none at work"
        return ok("retrainings", f"{at_it}, none whose process has ended")
    said = listed([f"{run.id[:8]} ({', '.join(run.models)} on {run.dataset_version})" for run in stuck])
    advice = "The command that began one goes on with it. `workbench retrain --sweep` only closes what it left open."
    return problem("retrainings", f"left by processes that have ended: {said}", advice)


def late_schedules(connection: Connection) -> Finding:
    now, late = schedules.now(connection), []
    known = schedules.schedules(connection)
    for schedule in known:
        with suppress(ScheduleInvalid, TimeZoneUnknown):
            if last_due(schedule, now - GRACE) is not None:
                late.append(schedule.name)
    if not late:
        return ok("schedules", f"none of {len(known)} is late" if known else "none")
    said = f"nobody took their time for over a day: {listed(late)}"
    return problem("schedules", said, "Run `workbench schedule run`, or `workbench schedule install` once.")
