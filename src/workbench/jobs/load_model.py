"""A model out of its file, if it is the file that PostgreSQL knows."""

from __future__ import annotations

from typing import Any

from workbench.db.connection import connect
from workbench.errors import ModelUnknown
from workbench.jobs.workspace import Workspace
from workbench.store.model_files import recorded_file
from workbench.tracking.model_file import read_model
from workbench.tracking.models import file_of_version


def load_model(workspace: Workspace, run_id: str) -> Any:
    """The fitted pipeline that the run made.

    Raises:
        ModelUnknown: PostgreSQL has no model of that run.
        ModelFileRefused: its file is gone, not the one that was recorded, or holds what no model has.
    """
    with connect(workspace.url) as connection:
        recorded = recorded_file(connection, run_id)
    if recorded is None:
        raise ModelUnknown(name=f"of the run {run_id}", known="only runs whose results were written back")
    path = file_of_version(workspace.tracker, recorded.model_name, recorded.model_version)
    return read_model(path, recorded.sha256, workspace.settings.artifacts)
