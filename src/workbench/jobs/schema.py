"""The schema of the database that the settings name."""

from __future__ import annotations

from collections.abc import Callable

from workbench.db.connection import database_url, masked
from workbench.db.migrations import Migrated, migrate
from workbench.db.plan import Plan, State, plan, state
from workbench.db.server import LocalServer
from workbench.db.shell import open_shell
from workbench.settings import Settings


def migrate_schema(settings: Settings, tell: Callable[[str], None]) -> tuple[str, Migrated]:
    """Bring the schema up to date; the masked URL and what was done. Starts the private server."""
    url = database_url(settings)
    return masked(url), migrate(url, tell=tell)


def plan_schema(settings: Settings) -> tuple[str, Plan]:
    """The masked URL and what ``migrate_schema`` would do. Starts and writes nothing."""
    url = database_url(settings, start=False)
    unmade = settings.database_url is None and not LocalServer.of(settings).data.exists()
    return masked(url), plan(None if unmade else url)


def schema_state(settings: Settings) -> tuple[str, State]:
    """The masked URL and how its schema stands to the files. Starts nothing."""
    url = database_url(settings, start=False)
    return masked(url), state(url)


def schema_shell(settings: Settings, arguments: list[str]) -> None:
    """Become psql on the database. Starts the private server."""
    open_shell(database_url(settings), settings.pg_bin, arguments)
