"""`workbench demo`, which `make demo` calls."""

from __future__ import annotations

import click

from workbench.cli.output import say
from workbench.settings import read_settings


@click.command()
def demo() -> None:
    """From nothing to trained, logged and written-back models, on the starter corpus and simulated history.

    Running it again adds a new retraining and no duplicate rows.
    """
    from workbench.cli.retrain import print_retrained
    from workbench.jobs.demo import demonstrate

    done = demonstrate(read_settings(), say)
    versions = done.status.versions
    click.echo()
    click.echo(
        f"workbench {versions.workbench} · Python {versions.python} · PostgreSQL {versions.postgresql} · "
        f"pgvector {versions.pgvector} · MLflow {versions.mlflow} · schema {versions.schema}"
    )
    imported, simulated = done.imported, done.simulated
    click.echo(
        f"Starter corpus: {imported.train_rows + imported.test_rows:,} prompts "
        f"({imported.written:,} new). History: {simulated.rows:,} SYNTHETIC uses, {simulated.rated:,} rated."
    )
    click.echo()
    print_retrained(done.retrained)
    click.echo("\nWhat the (SYNTHETIC) history says works best, by branch, with the surest estimate first:")
    for row in done.standouts:
        click.echo(f"  {row.intent:<16} {row.technique:<24} {row.score:.2f}  ({row.sample_size} rated uses)")
    click.echo("\nWhere to look next:")
    click.echo("  dashboards   workbench mlflow      then open the link it prints:")
    click.echo(f"               {done.status.mlflow_url}/#/experiments?workflowType=machine_learning")
    click.echo("  notebooks    make lab")
    click.echo("  rows         table ml_model_performance in " + done.status.database_url)
    click.echo("\nPostgreSQL keeps running (unix socket only). Stop it with: workbench down")
    click.echo("From a shell, workbench is .venv/bin/workbench, or activate the environment first.")
