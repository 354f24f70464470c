"""`workbench db index`: the vector indexes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from workbench.cli.output import json_option, print_json, print_table, progress, say
from workbench.db.vector_indexes import VectorIndex
from workbench.jobs import vector_index
from workbench.settings import read_settings

table_option = click.option(
    "--table", type=click.Choice(vector_index.TABLES), help="Only the vectors of this table; default both."
)


@click.group()
def index() -> None:
    """HNSW indexes over embeddings, built after the data.

    Drop one before loading many rows and build it again afterwards: a row is far dearer to add to an index than to
    build in.
    """


@index.command("build")
@table_option
@click.option("--force", is_flag=True, help=f"Also for fewer than {vector_index.LEAST_ROWS:,} vectors.")
@click.option("--memory", type=click.IntRange(1), metavar="MB", help="Memory for the build; default what it needs.")
@json_option
def build_command(table: str | None, force: bool, memory: int | None, as_json: bool) -> None:
    """Build what is missing, and again what a killed build left half-made. Readers and writers go on."""
    settings = read_settings()
    with progress("building") as tick:
        done = vector_index.build(settings, table, force=force, megabytes=memory, tell=say, tick=tick)
    if as_json:
        print_json({"indexes": [{**_shown(b.index), "built": b.built, "seconds": b.seconds} for b in done]})
        return
    for built in done:
        rows = f"{built.index.rows:,} vectors"
        if built.built:
            click.echo(f"{built.index.name}: built over {rows} in {built.seconds} s, {_size(built.index.bytes)}.")
        else:
            click.echo(f"{built.index.name}: stands already, over {rows}.")


@index.command("drop")
@table_option
@json_option
def drop_command(table: str | None, as_json: bool) -> None:
    """Drop the vector indexes; searches go on, by comparing every row."""
    dropped = [found.name for found in vector_index.drop(read_settings(), table)]
    if as_json:
        print_json({"dropped": dropped})
    else:
        click.echo(f"Dropped {', '.join(dropped)}." if dropped else "There was nothing to drop.")


@index.command("status")
@json_option
def status_command(as_json: bool) -> None:
    """Say which vector indexes stand, and where one would be worth it. Starts nothing."""
    url, found = vector_index.look(read_settings())
    if as_json:
        print_json({"database_url": url, "indexes": [_shown(one) for one in found]})
        return
    rows = [
        [one.name, one.table, one.space or "", f"{one.rows:,}", one.state, _size(one.bytes), _advice(one)]
        for one in found
    ]
    print_table(url, ["index", "table", "embedding space", "vectors", "state", "size", "advice"], rows)


def _shown(found: VectorIndex) -> dict[str, Any]:
    renamed = {"name": "index", "space": "embedding_space", "bytes": "size_bytes"}
    return {renamed.get(key, key): value for key, value in asdict(found).items()} | {"advice": _advice(found)}


def _advice(found: VectorIndex) -> str:
    if found.state == "invalid":
        return "run `workbench db index build --force`" if found.rows else "run `workbench db index drop`"
    if found.state == "valid":
        return "" if found.rows else "run `workbench db index drop`: no vector needs it"
    if found.state == "building":
        return ""
    return "run `workbench db index build`" if found.rows >= vector_index.LEAST_ROWS else "not needed"


def _size(count: int) -> str:
    return f"{count / (1 << 20):,.0f} MB" if count else ""
