"""`workbench history`: use and outcomes, simulated or from outcome logs."""

from __future__ import annotations

from dataclasses import asdict

import click

from workbench.cli.outcomes import import_command
from workbench.cli.output import json_option, print_json, progress
from workbench.db.connection import database_url
from workbench.settings import read_settings


@click.group()
def history() -> None:
    """Prompt history, feedback, and the outcomes of decisions."""


history.add_command(import_command)


@history.command("simulate")
@click.option("--rows", type=click.IntRange(1, 1_000_000), default=20_000, show_default=True, help="Uses to simulate.")
@click.option("--seed", type=click.IntRange(0, 2**62), default=7, show_default=True, help="Decides truth and draw.")
@click.option("--name", default="demo", show_default=True, help="Name of the simulation, at most 100 characters.")
@click.option("--days", type=click.IntRange(1, 3650), default=60, show_default=True, help="Spread over so many days.")
@click.option("--dataset-version", help="Prompts to use. Default: the newest version with labelled techniques.")
@json_option
def simulate_command(rows: int, seed: int, name: str, days: int, dataset_version: str | None, as_json: bool) -> None:
    """Write made-up use, ratings and feedback from a stated truth. All of it is marked synthetic."""
    from workbench.jobs.simulate import simulate
    from workbench.jobs.simulated_history import SimulationOrder

    if not 0 < len(name) <= 100:
        raise click.BadParameter("expected 1 to 100 characters", param_hint="--name")
    order = SimulationOrder(name, rows, seed, days, dataset_version)
    with progress("simulating history") as tick:
        result = simulate(database_url(read_settings()), order, tick)
    if as_json:
        print_json(asdict(result))
    elif result.written:
        click.echo(
            f"Wrote {result.rows:,} synthetic uses ({result.rated:,} rated, {result.feedback:,} with feedback) "
            f"from the prompts of {result.dataset_version} as {result.name!r} in {result.seconds:.1f} s."
        )
    else:
        click.echo(f"The simulation {result.name!r} is already there: {result.rows:,} uses, {result.rated:,} rated.")
