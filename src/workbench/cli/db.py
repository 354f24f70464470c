"""`workbench db`: the schema."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from workbench.cli.db_index import index
from workbench.cli.output import json_option, print_json, say
from workbench.db.access import role_advice
from workbench.db.connection import create_extension
from workbench.db.migrations import Migrated
from workbench.db.plan import Plan, State
from workbench.jobs.findings import counted
from workbench.jobs.schema import migrate_schema, plan_schema, schema_shell, schema_state
from workbench.settings import read_settings


@click.group()
def db() -> None:
    """The schema of the workbench's database."""


db.add_command(index)


@db.command("migrate")
@click.option("--dry-run", is_flag=True, help="Print the SQL that would run. Starts and writes nothing.")
@json_option
def migrate_command(dry_run: bool, as_json: bool) -> None:
    """Apply the migrations that are missing and the routines that changed."""
    if dry_run:
        _print_plan(*plan_schema(read_settings()), as_json)
        return
    url, done = migrate_schema(read_settings(), tell=say)
    if as_json:
        print_json({"database_url": url, **asdict(done)})
        return
    if not done.applied and not done.routines and not done.access:
        click.echo("The schema is up to date.")
    else:
        rights = f" The rights of {', '.join(done.access)} are given." if done.access else ""
        applied, routines = counted(len(done.applied), "migration"), counted(len(done.routines), "routine")
        click.echo(f"Applied {applied} and {routines}.{rights}")
    for remark in _remarks(done):
        say(remark)


def _remarks(found: Migrated | State) -> list[str]:
    remarks = []
    if found.left_over:
        remarks.append(
            f"The routines {', '.join(found.left_over)} have no file any more. What they made stands until a migration "
            "drops it and deletes their rows of schema_migrations."
        )
    return remarks + role_advice(found.missing_roles, found.owner_roles, found.remedy)


def _print_plan(url: str, found: Plan, as_json: bool) -> None:
    kinds = {"migrations": found.migrations, "routines": found.routines, "access": found.access}
    if as_json:
        files = {kind: [{"name": s.name, "digest": s.digest} for s in scripts] for kind, scripts in kinds.items()}
        known = {"database_exists": found.database_exists, "extensions": found.extensions}
        print_json({"database_url": url, **known, **files})
        return
    counts = ", ".join(f"{len(scripts)} of {kind}" for kind, scripts in kinds.items())
    click.echo(f"-- {url}\n-- Files that would run, each in a transaction of its own: {counts}.")
    if not found.database_exists:
        click.echo("-- The database does not exist yet; it would be created.")
    for name in found.extensions:
        click.echo(f"{create_extension(name).as_string()};")
    for kind, scripts in kinds.items():
        for script in scripts:
            click.echo(f"\n-- sql/{kind}/{script.name}.sql, sha256 {script.digest}\n{script.text.rstrip()}")
        if kind == "routines":
            click.echo(f"\n{found.months};")


@db.command("status")
@json_option
def status_command(as_json: bool) -> None:
    """Say which files are applied and which are not. Starts nothing.

    Exit code 1 when the schema is not up to date.
    """
    url, found = schema_state(read_settings())
    if as_json:
        applied = [{**asdict(one), "applied_at": one.applied_at.isoformat()} for one in found.applied]
        print_json({"database_url": url, "up_to_date": found.up_to_date, **asdict(found), "applied": applied})
    else:
        _print_state(url, found)
    if not found.up_to_date:
        sys.exit(1)


def _print_state(url: str, found: State) -> None:
    click.echo(url)
    for applied in found.applied:
        click.echo(f"{'applied':<10}{applied.kind} {applied.name}, {applied.applied_at:%Y-%m-%d %H:%M:%S} UTC")
    for sign, names, advice in (
        ("pending", found.pending, "`workbench db migrate` applies it"),
        ("changed", found.changed_routines, "`workbench db migrate` runs it again"),
        ("rights", found.rights_due, "`workbench db migrate` gives them again"),
        ("EDITED", found.edited, "restore the file and put the change into a new migration"),
        ("UNKNOWN", found.unknown, "the database is newer than this checkout: update the checkout"),
    ):
        for name in names:
            click.echo(f"{sign:<10}{name}: {advice}")
    for remark in _remarks(found) if found.up_to_date else []:  # a migration may make the roles that are missing
        click.echo(remark)
    click.echo("The schema is up to date." if found.up_to_date else "The schema is not up to date.")


@db.command("shell", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def shell_command(arguments: tuple[str, ...]) -> None:
    """Open psql on the workbench's database.

    What stands after -- goes to psql, such as: workbench db shell -- -c 'TABLE users'
    """
    schema_shell(read_settings(), list(arguments))
