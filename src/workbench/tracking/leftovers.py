"""What a killed process leaves in MLflow besides its open run: half-saved models, and a challenger that never was."""

from __future__ import annotations

from mlflow.entities import LoggedModelStatus
from mlflow.exceptions import MlflowException

from workbench.errors import RunUnknown
from workbench.tracking.runs import Tracker

CHALLENGER = "challenger"


def abandon_models(tracker: Tracker, run_id: str) -> None:
    """Models of the run whose saving never ended are FAILED."""
    experiment = tracker.experiment_of(run_id)
    for model in tracker.client.search_logged_models([experiment], f"source_run_id = '{run_id}'"):
        if model.status == LoggedModelStatus.PENDING:
            tracker.client.finalize_logged_model(model.model_id, "FAILED")


def failed_challenger(tracker: Tracker, name: str) -> str | None:
    """The run of the version that the alias challenger names, where that run came to nothing."""
    try:
        version = tracker.client.get_registered_model(name).aliases.get(CHALLENGER)
        if version is None:
            return None
        run_id = str(tracker.client.get_model_version(name, version).run_id)
        return run_id if tracker.status(run_id) in ("FAILED", "KILLED") else None
    except RunUnknown:
        return None
    except MlflowException as exc:
        if exc.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None


def drop_challenger(tracker: Tracker, name: str) -> None:
    tracker.client.delete_registered_model_alias(name, CHALLENGER)
