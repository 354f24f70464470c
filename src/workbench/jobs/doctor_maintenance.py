"""The check of `workbench doctor` on the maintenance jobs."""

from __future__ import annotations

from datetime import datetime, timedelta

from workbench.db import health
from workbench.db.connection import Connection
from workbench.errors import ScheduleInvalid
from workbench.jobs.cron import next_time
from workbench.jobs.findings import Finding, counted, listed, note, ok, problem
from workbench.store import maintenance
from workbench.store.maintenance import Job

# A machine that sleeps at night makes up for it in the morning.
GRACE = timedelta(days=1)


def jobs(connection: Connection) -> Finding:
    every = maintenance.jobs(connection)
    failed = [job for job in every if job.state == "failed"]
    if failed:
        said = listed([f"{job.name} failed at {job.started_at:%Y-%m-%d %H:%M}: {job.message}" for job in failed])
        again = " ".join(f"--job {job.name}" for job in failed)
        return problem("maintenance", said, f"Mend the reason, then run `workbench maintain {again}`.")
    since = health.migrated_at(connection)
    late = [job for job in every if job.is_enabled and since is not None and _is_late(job, since)]
    if late:
        names = listed([job.name for job in late])
        said = f"{counted(len(late), 'job')} did not run, though the time came over a day ago: {names}"
        if maintenance.handed_to_cron(connection):
            advice = "pg_cron has the jobs: look into cron.job_run_details, or run `workbench maintain --take-back`."
            return problem("maintenance", said, advice)
        return problem("maintenance", said, "Run `workbench maintain` now, and once an hour from a schedule.")
    off = [job.name for job in every if not job.is_enabled]
    if off:
        return note(
            "maintenance", f"switched off: {listed(off)}", "They run only with `workbench maintain --job NAME`."
        )
    return ok("maintenance", "no job failed and none is late")


def _is_late(job: Job, since: datetime) -> bool:
    try:
        return next_time(job.schedule, job.done_at or since) + GRACE < job.seen_at
    except ScheduleInvalid:
        return True
