"""Start and stop what runs in the background."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.db.connection import DATABASE, connect, database_url, ensure_database, ensure_extensions
from workbench.db.health import server_version
from workbench.db.server import LocalServer
from workbench.jobs.dashboards import stop_dashboard
from workbench.settings import Settings


@dataclass(frozen=True)
class Started:
    """``folder`` holds the data, None for a server of the user's own; ``password_file`` is set over TCP."""

    url: str
    version: str
    folder: Path | None
    password_file: Path | None


@dataclass(frozen=True)
class Stopped:
    """Whether each of them ran."""

    postgresql: bool
    mlflow: bool


def start(settings: Settings, tcp: bool = False) -> Started:
    """Start the private server, or look at the given one, and make the database with its extensions."""
    server = None if settings.database_url else LocalServer.of(settings, tcp)
    if server is None:
        url = database_url(settings)
    else:
        server.up()
        url = server.url(DATABASE)
    ensure_database(url)
    ensure_extensions(url)
    with connect(url, autocommit=True) as connection:
        version = server_version(connection)
    password = settings.home / "superuser.password" if server and tcp else None
    return Started(url, version, server.data if server else None, password)


def stop(settings: Settings) -> Stopped:
    """Stop the dashboards, then the private server. A server of the user's own is left alone."""
    dashboards = stop_dashboard(settings)
    return Stopped(LocalServer.of(settings).down(), dashboards)
