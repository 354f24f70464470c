"""`workbench lab`."""

from __future__ import annotations

import click

from workbench.cli.output import say
from workbench.settings import read_settings


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on. Default: 8888, or the next free one.")
@click.option("--no-browser", is_flag=True, help="Print the address without opening a browser.")
def lab(port: int | None, no_browser: bool) -> None:
    """Open JupyterLab on the notebooks, with the right kernel and database, until Ctrl-C.

    It listens on loopback only and asks for the token that stands in the address it prints.
    """
    from workbench.jobs.lab import open_lab

    open_lab(read_settings(), port, not no_browser, say)
