"""Everything a job or a notebook stands on: settings, the database, MLflow; and runs that know who owns them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from workbench.db.connection import database_url, ensure_database, mlflow_database_url
from workbench.db.locks import waiting
from workbench.db.migrations import check_migrated
from workbench.settings import Settings, read_settings

if TYPE_CHECKING:
    from workbench.tracking.runs import Status, Tracker

PREPARING = "workbench.mlflow.prepare"


@dataclass(frozen=True)
class Workspace:
    settings: Settings
    url: str
    tracker: Tracker

    def claim(self, experiment: str, name: str, run_id: str = "") -> ClaimedRun:
        """The run to log to. A ``run_id`` given belongs to the process that gave it; without one a run is opened here
        and closed by ``finish``."""
        if run_id:
            self.tracker.status(run_id)
            return ClaimedRun(self.tracker, run_id, owned=False)
        return ClaimedRun(self.tracker, self.tracker.open(experiment, name, {}), owned=True)


@dataclass(frozen=True)
class ClaimedRun:
    tracker: Tracker
    run_id: str
    owned: bool

    def finish(self, status: Status = "FINISHED") -> None:
        """Close the run if it was opened here; the owner of any other run closes it."""
        if self.owned:
            self.tracker.close(self.run_id, status)


def open_workspace(settings: Settings | None = None) -> Workspace:
    """Start what has to run and connect.

    Raises:
        SettingInvalid, DatabaseUnreachable, SchemaNotMigrated, and all that starting the local server may raise
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    settings = settings or read_settings()
    url = open_database(settings)
    return Workspace(settings, url, open_tracker(settings, url))


def open_database(settings: Settings | None = None) -> str:
    """The URL of the migrated database alone, for work that logs nothing: MLflow takes seconds to import."""
    url = database_url(settings or read_settings())
    check_migrated(url)
    return url


def open_tracker(settings: Settings, url: str) -> Tracker:
    """MLflow's database, made on first use by one process at a time."""
    from workbench.tracking.runs import Tracker, prepare

    target = mlflow_database_url(settings)
    settings.artifacts.mkdir(parents=True, exist_ok=True)
    with waiting(url, PREPARING):
        ensure_database(target)
        prepare(sqlalchemy_url(target), settings.artifacts)
    return Tracker(sqlalchemy_url(target), settings.artifacts)


def sqlalchemy_url(url: str) -> str:
    """The same URL with SQLAlchemy's name of the psycopg driver."""
    return urlsplit(url)._replace(scheme="postgresql+psycopg").geturl()
