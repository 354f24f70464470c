"""Where everything is and what runs. Looking starts nothing and makes nothing."""

from __future__ import annotations

import contextlib
import platform
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from workbench.db.binaries import extension_version, find_binaries
from workbench.db.connection import (
    MAINTENANCE,
    Connection,
    connect,
    database_url,
    masked,
    mlflow_database_url,
    with_database,
)
from workbench.db.health import available_extension, extensions, server_version
from workbench.db.migrations import last_migration
from workbench.db.monitoring import looking
from workbench.errors import BinariesNotFound, DatabaseUnreachable, NotLookedAt
from workbench.jobs.dashboards import running_dashboard
from workbench.settings import Settings


@dataclass(frozen=True)
class Running:
    postgresql: bool
    mlflow: bool


@dataclass(frozen=True)
class Versions:
    """Of PostgreSQL and pgvector: what runs, or what would be started. ``schema`` is the last migration's name."""

    workbench: str
    python: str
    postgresql: str | None
    pgvector: str | None
    mlflow: str | None
    schema: str | None


@dataclass(frozen=True)
class Status:
    """The addresses of databases carry no password. ``programs`` is the folder of PostgreSQL's own programs."""

    database_url: str
    mlflow_database_url: str
    mlflow_url: str
    home: Path
    programs: Path | None
    running: Running
    versions: Versions

    def as_json(self) -> dict[str, object]:
        programs = None if self.programs is None else str(self.programs)
        return asdict(self) | {"home": str(self.home), "programs": programs}


@dataclass(frozen=True)
class _Database:
    running: bool
    postgresql: str | None
    pgvector: str | None
    schema: str | None


def look(settings: Settings) -> Status:
    """Look at the database, the dashboards and the programs."""
    url = database_url(settings, start=False)
    found = _look_at(url) or _look_beside(url) or _at_rest(settings)
    dashboard = running_dashboard(settings)
    return Status(
        masked(url),
        masked(mlflow_database_url(settings, start=False)),
        dashboard.url if dashboard else f"http://127.0.0.1:{settings.mlflow_port}",
        settings.home,
        _programs(settings),
        Running(found.running, dashboard is not None),
        Versions(
            metadata.version("workbench"),
            platform.python_version(),
            found.postgresql,
            found.pgvector,
            _installed("mlflow"),
            found.schema,
        ),
    )


def _look_at(url: str) -> _Database | None:
    try:
        with connect(url, autocommit=True) as connection:
            vector = extensions(connection).get("vector") or available_extension(connection, "vector")
            return _Database(True, server_version(connection), vector, _schema(connection))
    except DatabaseUnreachable:
        return None


def _schema(connection: Connection) -> str | None:
    """None also where the role may not see it."""
    with contextlib.suppress(NotLookedAt), looking(connection):
        return last_migration(connection)
    return None


def _programs(settings: Settings) -> Path | None:
    with contextlib.suppress(BinariesNotFound):
        return find_binaries(settings.pg_bin).folder
    return None


def _look_beside(url: str) -> _Database | None:
    """The server runs but has no database of ours yet."""
    return _look_at(with_database(url, lambda _: MAINTENANCE))


def _at_rest(settings: Settings) -> _Database:
    if settings.database_url:
        return _Database(False, None, None, None)
    try:
        binaries = find_binaries(settings.pg_bin)
    except BinariesNotFound:
        return _Database(False, None, None, None)
    version = ".".join(map(str, binaries.version))
    return _Database(False, version, extension_version(binaries, "vector"), None)


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
