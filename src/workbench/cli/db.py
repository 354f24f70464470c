"""`workbench db`: the schema."""

from __future__ import annotations

import click

from workbench.cli.output import json_option, print_json, say
from workbench.db.connection import database_url, masked
from workbench.db.migrations import migrate
from workbench.settings import read_settings


@click.group()
def db() -> None:
    """The schema of the workbench's database."""


@db.command("migrate")
@json_option
def migrate_command(as_json: bool) -> None:
    """Apply the migrations that are missing and the routines that changed."""
    url = database_url(read_settings())
    done = migrate(url, tell=lambda name: say(f"applying {name}"))
    if as_json:
        print_json({"database_url": masked(url), "applied": done.applied, "routines": done.routines})
    elif not done.applied and not done.routines:
        click.echo("The schema is up to date.")
    else:
        click.echo(f"Applied {len(done.applied)} migrations and {len(done.routines)} routines.")
