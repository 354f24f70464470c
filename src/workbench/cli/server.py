"""`workbench up`, `down` and `status`."""

from __future__ import annotations

import click

from workbench.cli.output import json_option, print_json
from workbench.db.connection import masked
from workbench.settings import read_settings


@click.command()
@click.option("--tcp", is_flag=True, help="Also listen on a port of 127.0.0.1, behind a password.")
@json_option
def up(tcp: bool, as_json: bool) -> None:
    """Start the private PostgreSQL and make its database.

    It stays up until `workbench down`. With WORKBENCH_DATABASE_URL set, that server is looked at and nothing is
    started.
    """
    from workbench.jobs.server import start

    done = start(read_settings(), tcp)
    if as_json:
        print_json({"database_url": masked(done.url), "postgresql": done.version, "data": done.folder})
        return
    where = f"in {done.folder}" if done.folder else "given by WORKBENCH_DATABASE_URL"
    click.echo(f"PostgreSQL {done.version} is up, {where}.")
    click.echo(masked(done.url))
    if done.password_file:
        click.echo(f"The password is in {done.password_file}.")


@click.command()
@json_option
def down(as_json: bool) -> None:
    """Stop the private PostgreSQL and the MLflow dashboards. What is stored stays."""
    from workbench.jobs.server import stop

    done = stop(read_settings())
    if as_json:
        print_json({"stopped": {"postgresql": done.postgresql, "mlflow": done.mlflow}})
        return
    stopped = [name for name, ran in (("PostgreSQL", done.postgresql), ("the dashboards", done.mlflow)) if ran]
    click.echo(f"Stopped {' and '.join(stopped)}." if stopped else "Nothing was running.")


@click.command()
@json_option
def status(as_json: bool) -> None:
    """Say where everything is and what runs. Starts nothing."""
    from workbench.jobs.status import look

    found = look(read_settings())
    if as_json:
        print_json(found.as_json())
        return
    versions, running = found.versions, found.running
    vector = f" with pgvector {versions.pgvector}" if versions.pgvector else ""
    lines = [
        ("home", str(found.home)),
        ("PostgreSQL", f"{versions.postgresql or 'none'}{vector}, {_state(running.postgresql, 'workbench up')}"),
        ("", found.database_url),
        ("programs", str(found.programs or "none")),
        ("schema", versions.schema or ("none yet: `workbench db migrate`" if running.postgresql else "not looked at")),
        ("MLflow", f"{versions.mlflow or 'none'}, {_state(running.mlflow, 'workbench mlflow')}"),
        ("", found.mlflow_url),
        ("workbench", f"{versions.workbench} on Python {versions.python}"),
    ]
    for name, value in lines:
        click.echo(f"{name:<12}{value}")


def _state(running: bool, verb: str) -> str:
    return "running" if running else f"not running (start it with `{verb}`)"
