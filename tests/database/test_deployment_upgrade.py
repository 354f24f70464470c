"""Models that went live before events were kept: the migration writes down what the rows still tell."""

from __future__ import annotations

import shutil
from pathlib import Path

from rows import model

from workbench.db.connection import connect, ensure_database, ensure_extensions
from workbench.db.migrations import migrate, scripts
from workbench.jobs.deployment_history import replay
from workbench.resources import shipped
from workbench.store import deployments

MIGRATION = "0020_model_deployments.sql"


def test_what_was_live_before_can_be_rolled_back(empty_database: str, tmp_path: Path) -> None:
    ensure_database(empty_database)
    ensure_extensions(empty_database)
    with connect(empty_database) as connection:
        for script in scripts(shipped("sql", "migrations")):
            if script.name < "0020":
                connection.execute(script.text.encode())
        second = model(connection, "2", deployed_at="2026-02-01", deprecated_at="2026-03-01")
        first = model(connection, "1", deployed_at="2026-01-01", deprecated_at="2026-02-01")
        live = model(connection, "3", deployed_at="2026-03-01", is_active=True)
        model(connection, "4")
        other = model(connection, "1", model_type="complexity_model", is_active=True)
    for kind in ("migrations", "routines"):
        (tmp_path / kind).mkdir()
    shutil.copy(shipped("sql", "migrations", MIGRATION), tmp_path / "migrations")
    migrate(empty_database, tmp_path)
    with connect(empty_database) as connection:
        lines = [replay(deployments.events(connection, kind)) for kind in ("intent_classifier", "complexity_model")]
    assert lines[0].live == str(live)
    assert lines[0].before(str(live)) == [str(second), str(first)]
    assert lines[1].live == str(other)
