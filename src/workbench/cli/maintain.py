"""`workbench maintain`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import click

from workbench.cli.output import json_option, print_json, print_table, progress
from workbench.errors import MaintenanceFailed, MisuseError

if TYPE_CHECKING:
    from workbench.jobs.maintain import Maintained, Planned

CRON_HAS_THEM = "pg_cron runs the jobs; take them back with `workbench maintain --take-back`."


@click.command()
@click.option("--all", "everything", is_flag=True, help="Run every job that is switched on, due or not.")
@click.option("--job", "names", multiple=True, metavar="NAME", help="Run this job, due or not; may be repeated.")
@click.option("--list", "listing", is_flag=True, help="Show the jobs with their last run and next time; run none.")
@click.option("--hand-to-cron", "hand", is_flag=True, help="Let the server's pg_cron run them from now on.")
@click.option("--take-back", "back", is_flag=True, help="Take them back from pg_cron.")
@click.option("--wait", "seconds", default=600.0, show_default=True, help="With --all or --job: seconds to wait.")
@json_option
def maintain(
    everything: bool, names: tuple[str, ...], listing: bool, hand: bool, back: bool, seconds: float, as_json: bool
) -> None:
    """Run the maintenance jobs that are due: partitions, archive, analytics, counters, views, vacuum, statistics.

    A job is due when its time has come since it last succeeded. A failed job does not stop the others; exit code 1 when
    one failed. Only one maintenance works at a time: while another does, or pg_cron has the jobs, nothing is left to do
    and that is no failure. With --all or --job the other is waited for.
    """
    from workbench.jobs import maintain as job
    from workbench.jobs.workspace import open_database

    if sum((everything, bool(names), listing, hand, back)) > 1:
        raise MisuseError(detail="Give one of --all, --job, --list, --hand-to-cron and --take-back.")
    url = open_database()
    if listing:
        _print_plan(*job.plan(url), as_json)
    elif hand:
        _print_hands(job.hand_to_cron(url), "pg_cron runs {} jobs from now on.", as_json)
    elif back:
        _print_hands(job.take_back(url), "Took {} jobs back from pg_cron.", as_json)
    else:
        with progress("maintaining") as tick:
            chosen = everything or names
            done = job.maintain_chosen(url, names or None, seconds, tick) if chosen else job.maintain_due(url, tick)
        _print_done(done, as_json)


def _print_done(done: Maintained, as_json: bool) -> None:
    """The runs; a failure is told once, on standard error."""
    if not as_json and done.ran:
        rows = [[ran.name, ran.state, f"{ran.seconds:.1f}", ran.message] for ran in done.ran]
        print_table("Maintenance", ["job", "state", "seconds", "answer"], rows)
    if done.failed:
        reasons = " ".join(f"{ran.name}: {ran.message.rstrip('.')}." for ran in done.failed)
        raise MaintenanceFailed(failed=len(done.failed), total=len(done.ran), reasons=reasons)
    if as_json:
        ran = [asdict(ran) for ran in done.ran]
        print_json({"ran": ran, "closed": list(done.closed), "left_to": done.left_to})
    elif done.left_to:
        click.echo(CRON_HAS_THEM if done.left_to == "pg_cron" else f"Left to {done.left_to}.")
    elif not done.ran:
        click.echo("Nothing is due.")


def _print_plan(plans: list[Planned], handed: bool, as_json: bool) -> None:
    if as_json:
        jobs = [
            asdict(plan.job) | {"next_at": plan.next_at, "due": plan.due, "problem": plan.problem} for plan in plans
        ]
        print_json({"handed_to_cron": handed, "jobs": jobs})
        return
    rows = []
    for plan in plans:
        last = (
            f"{plan.job.state} {_minute(plan.job.started_at)} by {plan.job.ran_by}" if plan.job.state else "never ran"
        )
        following = "switched off" if plan.next_at is None else "now" if plan.due else _minute(plan.next_at)
        rows.append([plan.job.name, plan.job.description, plan.job.schedule, last, following])
    print_table("Maintenance jobs (times in UTC)", ["job", "what it does", "schedule", "last run", "next"], rows)
    for plan in plans:
        if trouble := plan.problem or (plan.job.message if plan.job.state == "failed" else None):
            click.echo(f"{plan.job.name}: {trouble}")
    if handed:
        click.echo(CRON_HAS_THEM)


def _print_hands(count: int, sentence: str, as_json: bool) -> None:
    if as_json:
        print_json({"jobs": count})
    else:
        click.echo(sentence.format(count))


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""
