"""What every verb prints with: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

errors_out = Console(emoji=False, stderr=True)


class Ticker(Protocol):
    """How a job reports progress: ``done`` of ``total`` with a word on what is at work."""

    def __call__(self, done: int, total: int, what: str = "") -> None: ...


def say(text: str) -> None:
    """A message for the person, on standard error."""
    errors_out.print(text, highlight=False, markup=False, soft_wrap=True)


def print_json(value: Mapping[str, Any]) -> None:
    """One object on standard output and nothing else."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str, allow_nan=False))


def print_table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """A table on standard output, as wide as the terminal; plain when it is not a terminal."""
    out = Console(emoji=False, file=sys.stdout, width=None if sys.stdout.isatty() else 120)
    table = Table(title=title, title_justify="left", header_style="bold")
    for index, name in enumerate(columns):
        table.add_column(name, justify=_side(index, rows), overflow="fold", no_wrap=index == 0)
    for row in rows:
        table.add_row(*row)
    out.print(table)


def _side(index: int, rows: list[list[str]]) -> Literal["left", "right"]:
    """Numbers stand on the right, words on the left."""
    cells = [row[index] for row in rows if row[index]]
    return "right" if cells and all(cell[0].isdigit() or cell[0] in "-+" for cell in cells) else "left"


@contextmanager
def progress(label: str) -> Iterator[Ticker]:
    """A progress bar on standard error; without a terminal only its end is printed."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors_out, disable=not errors_out.is_terminal) as bar:
        task = bar.add_task(label, total=None)

        def tick(done: int, total: int, what: str = "") -> None:
            bar.update(task, completed=done, total=total, description=f"{label} {what}".strip())

        yield tick


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
