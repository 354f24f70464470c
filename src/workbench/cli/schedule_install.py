"""`workbench schedule install`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.output import json_option, print_json, say
from workbench.settings import read_settings

if TYPE_CHECKING:
    from workbench.jobs.schedule_install import Whom


@click.command()
@click.argument("whom", type=click.Choice(["cron", "systemd", "pg_cron"]))
@click.option("--write", is_flag=True, help="Install it; without, it is only printed.")
@click.option(
    "--secrets",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("~/.config/workbench/env"),
    show_default=True,
    help="File of environment variables for settings that hold a password.",
)
@json_option
def install(whom: Whom, write: bool, secrets: Path, as_json: bool) -> None:
    """Hand the schedules to cron, a systemd timer, or pg_cron.

    They only say once a minute that it is time to look. What is due is decided in the database.
    """
    from workbench.jobs import schedule_install as job
    from workbench.jobs.workspace import open_database

    settings = read_settings()
    made = job.make(settings, whom, secrets.expanduser().absolute())
    if write:
        job.write(open_database(settings), made)
    if as_json:
        print_json({"whom": whom, "files": made.files, "notes": made.notes, "written": write})
        return
    for place, text in made.files.items():
        click.echo(f"# {'Written to' if write else 'For'} {place}" if whom != "pg_cron" else f"-- {place}")
        click.echo(text)
    for each in made.notes:
        say(each)
