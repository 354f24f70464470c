"""`workbench schedule`: retrain at set times, or when a trigger fires."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import json_option, print_json, print_table, say
from workbench.cli.retrain import EVERYTHING, chosen_models
from workbench.cli.schedule_install import install
from workbench.errors import MisuseError, SchedulesFailed
from workbench.settings import read_settings

if TYPE_CHECKING:
    from workbench.jobs.schedule_list import Listed
    from workbench.jobs.schedule_run import Done
    from workbench.store.schedules import Evaluation


@click.group()
def schedule() -> None:
    """Retrain at set times, or look at set times whether something makes it necessary."""


schedule.add_command(install)


@schedule.command("add")
@click.argument("name")
@click.option("--cron", required=True, help="Minute, hour, day of month, month, day of week, such as '0 3 * * 1'.")
@click.option("--timezone", default="UTC", show_default=True, help="Whose clock, such as Europe/Berlin.")
@click.option("--dataset-version", "version", required=True, help="Which labelled prompts to train on.")
@click.option("--models", default=EVERYTHING, show_default=True, help="Which models, separated by commas.")
@click.option(
    "--trigger",
    "triggers",
    multiple=True,
    metavar="NAME[=N]",
    help="Retrain only when this fires; may be repeated, any is enough. `workbench schedule triggers` shows them.",
)
@json_option
def add_command(
    name: str, cron: str, timezone: str, version: str, models: str, triggers: tuple[str, ...], as_json: bool
) -> None:
    """Add a schedule. Without --trigger every time retrains."""
    from workbench.jobs.schedule import add
    from workbench.jobs.schedule_list import listed
    from workbench.jobs.workspace import open_database

    url = open_database()
    add(url, name, cron, timezone, version, chosen_models(models), triggers)
    (made,) = [each for each in listed(url)[0] if each.schedule.name == name]
    if as_json:
        print_json(made.as_json())
    else:
        click.echo(f"{name} is due next at {_minute(made.next_at)} UTC, if `workbench schedule run` runs then.")


@schedule.command("triggers")
@json_option
def triggers_command(as_json: bool) -> None:
    """Show what can start a retraining beside the clock."""
    from workbench.jobs.trigger import known, said

    found = known()
    if as_json:
        rows = [{"name": n, "fires": said(t), "unit": t.UNIT, "default": t.DEFAULT} for n, t in found.items()]
        print_json({"triggers": rows})
        return
    rows_ = [[n, said(t), "" if t.DEFAULT is None else f"{t.DEFAULT:g} {t.UNIT}"] for n, t in found.items()]
    print_table("Triggers", ["name", "fires at", "unless you say otherwise"], rows_)


@schedule.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """Show the schedules, when they are due, and why they retrained or did not."""
    from workbench.jobs.schedule_list import listed
    from workbench.jobs.workspace import open_database

    found, others = listed(open_database())
    if as_json:
        print_json({"schedules": [each.as_json() for each in found], "others": [asdict(each) for each in others]})
        return
    if not found:
        click.echo("There is no schedule. `workbench schedule add` makes one.")
    else:
        columns = ["name", "when", "what", "if", "next (UTC)", "last (UTC)"]
        print_table("Schedules", columns, [_line(each) for each in found])
    every = sorted([e for each in found for e in each.evaluations] + others, key=lambda e: e.evaluated_at, reverse=True)
    if every:
        columns = ["at (UTC)", "schedule", "trigger", "fired", "why", "retraining"]
        print_table("Looked at", columns, [_evaluation(each) for each in every])


@schedule.command("remove")
@click.argument("name")
@json_option
def remove_command(name: str, as_json: bool) -> None:
    """Remove a schedule. Why it retrained stays on record."""
    from workbench.jobs.schedule import remove
    from workbench.jobs.workspace import open_database

    remove(open_database(), name)
    if as_json:
        print_json({"removed": name})
    else:
        click.echo(f"{name} is removed.")


@schedule.command("run")
@click.option("--once", is_flag=True, help="Do what is due, wait for it, and end; for cron and the like.")
@click.option("--on-notify", is_flag=True, help="Look only when pg_cron, or an added schedule, says so.")
@json_option
def run_command(once: bool, on_notify: bool, as_json: bool) -> None:
    """Run the schedules until Ctrl-C. Only one does; others stand by and take over when it ends.

    What was missed while nobody ran them is made up for once. With --once the exit code is 1 when a retraining failed.
    """
    from workbench.jobs.schedule_run import run_for_ever, run_once
    from workbench.jobs.serve import signals_interrupt
    from workbench.jobs.workspace import open_database

    if once and on_notify:
        raise MisuseError(detail="Give one of --once and --on-notify.")
    settings = read_settings()
    open_database(settings)
    with signals_interrupt():
        if not once:
            run_for_ever(settings, say, clock=not on_notify)
            return
        done, holder = run_once(settings, say)
    left_to = f"{holder.who}, since {holder.since}" if holder else None
    if as_json:
        print_json({"taken": [_done(each) for each in done], "left_to": left_to})
    elif left_to:
        click.echo(f"Left to {left_to}, who runs the schedules.")
    elif not done:
        click.echo("Nothing is due.")
    else:
        print_table("Due", ["schedule", "time (UTC)", "state", "message"], [_row(each) for each in done])
    failed = [each.taken.schedule.name for each in done if each.state == "failed"]
    if failed:
        raise SchedulesFailed(names=", ".join(failed))


def _done(done: Done) -> dict[str, Any]:
    taken = done.taken
    said = [{"trigger": name, **asdict(answer)} for name, answer in taken.answers.items()]
    known = {"schedule": taken.schedule.name, "due_at": taken.due_at, "missed": taken.missed, "evaluations": said}
    return known | {"state": done.state, "message": done.message}


def _row(done: Done) -> list[str]:
    return [done.taken.schedule.name, _minute(done.taken.due_at), done.state, done.message]


def _line(listed: Listed) -> list[str]:
    known, last = listed.schedule, listed.last
    what = f"{', '.join(known.models)} on {known.dataset_version}"
    rules = ", ".join(n if limit is None else f"{n}={limit:g}" for n, limit in known.triggers.items()) or "always"
    ended = f"{last.state} {_minute(last.due_at)}" if last else "never"
    return [known.name, f"{known.cron} {known.timezone}", what, rules, listed.problem or _minute(listed.next_at), ended]


def _evaluation(each: Evaluation) -> list[str]:
    run = (each.retrain_run_id or "")[:8]
    yes = "yes" if each.fired else "no"
    return [_minute(each.evaluated_at), each.schedule_name or "", each.trigger_name, yes, each.why, run]


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""
