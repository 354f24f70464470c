"""`workbench mlflow`."""

from __future__ import annotations

import click

from workbench.cli.output import json_option, print_json, say
from workbench.settings import read_settings


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on; WORKBENCH_MLFLOW_PORT, or 5000.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--allowed-host", "hosts", multiple=True, metavar="NAME", help="Name browsers may use; repeatable.")
@click.option("--auth", is_flag=True, help="Ask who is there: admin, and WORKBENCH_MLFLOW_ADMIN_PASSWORD.")
@click.option("--detach", is_flag=True, help="Leave it in the background until `workbench down`.")
@json_option
def mlflow(port: int | None, host: str, hosts: tuple[str, ...], auth: bool, detach: bool, as_json: bool) -> None:
    """Serve the MLflow dashboards until Ctrl-C, and print the links to open. Without --auth there is no login."""
    from workbench.jobs.serve import Entrance, Serving, attend, serve, signals_interrupt

    def show(found: Serving) -> None:
        if as_json:
            running = {"url": found.dashboard.url, "pid": found.dashboard.pid, "started": found.process is not None}
            print_json(running | {"open": found.main, "experiments": found.links, "log": found.log})
            return
        click.echo(f"Open this first:  {found.main}")
        for name, link in found.links.items():
            click.echo(f"  {name:<24} {link}")
        if found.process is None:
            say("It was running already. Stop it with `workbench down`.")
        else:
            say("Stop it with `workbench down`." if detach else "Stop it with Ctrl-C.")

    settings = read_settings()
    with signals_interrupt():
        serving = serve(settings, Entrance(host, port or settings.mlflow_port, hosts, auth), say)
        if detach:
            show(serving)
        else:
            attend(settings, serving, show)
