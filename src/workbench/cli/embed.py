"""`workbench embed`."""

from __future__ import annotations

import click

from workbench.cli.output import json_option, print_json, progress
from workbench.db.connection import database_url
from workbench.db.migrations import check_migrated
from workbench.jobs.embed import fill_all
from workbench.jobs.encoder import find_encoder
from workbench.settings import read_settings


@click.command()
@click.option("--dataset-version", "version", help="Only this version; default all.")
@click.option("--replace", is_flag=True, help="Embed again what another encoder embedded.")
@json_option
def embed(version: str | None, replace: bool, as_json: bool) -> None:
    """Fill in prompt_embedding, and the vectors of the encoder's lower layers, where they are missing.

    Each distinct text is embedded once. A killed run goes on where it stopped.
    """
    settings = read_settings()
    url = database_url(settings)
    check_migrated(url)
    with progress("embedding") as tick:
        done = fill_all(url, find_encoder(settings), version, replace, tick)
    if as_json:
        counts = {"texts": done.texts, "rows": done.rows, "reused": done.reused, "layers": done.layers}
        print_json({**counts, "embedding_space": done.space})
    elif done.rows or done.reused or done.layers:
        click.echo(f"Embedded {done.texts} texts with {done.space}; {done.rows + done.reused} rows filled.")
    else:
        click.echo(f"Every row has its embedding ({done.space}).")
