"""MLflow's aliases follow what PostgreSQL says, also after a process was killed between the two."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from workbench.db.connection import connect
from workbench.errors import DeploymentBusy
from workbench.jobs.go_live import alone, follow_live
from workbench.jobs.workspace import Workspace
from workbench.records import MODEL_TYPES, ModelType
from workbench.store import performance
from workbench.tracking.leftovers import drop_challenger, failed_challenger


def follow(workspace: Workspace, models: Sequence[ModelType] = MODEL_TYPES) -> None:
    """The champion is what is live. A challenger whose run failed before its row was written is none.

    Raises:
        AliasNotMoved
    """
    for model in models:
        with suppress(DeploymentBusy), alone(workspace, model, 0.0):  # whoever is at it lets it follow itself
            follow_live(workspace, model)
        run_id = failed_challenger(workspace.tracker, model)
        if run_id is not None and not _written(workspace, run_id):
            drop_challenger(workspace.tracker, model)


def _written(workspace: Workspace, run_id: str) -> bool:
    with connect(workspace.url) as connection:
        return performance.of_run(connection, run_id) is not None
