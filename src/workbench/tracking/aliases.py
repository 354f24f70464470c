"""Aliases and versions of registered models, as MLflow has them."""

from __future__ import annotations

from dataclasses import dataclass

from mlflow.exceptions import MlflowException

from workbench.records import MODEL_TYPES
from workbench.tracking.models import set_champion
from workbench.tracking.runs import Tracker

CHAMPION = "champion"


@dataclass(frozen=True)
class RegisteredVersion:
    name: str
    version: str
    run_id: str


def champion(tracker: Tracker, name: str) -> str | None:
    """The version that the alias names; None where there is no alias, or no such model."""
    try:
        found = tracker.client.get_registered_model(name).aliases.get(CHAMPION)
    except MlflowException as exc:
        if exc.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
    return None if found is None else str(found)


def follow(tracker: Tracker, name: str, version: str | None) -> bool:
    """Let the alias name ``version``, or nothing; False where it did already."""
    if champion(tracker, name) == version:
        return False
    if version is None:
        tracker.client.delete_registered_model_alias(name, CHAMPION)
    else:
        set_champion(tracker, name, version)
    return True


def versions(tracker: Tracker) -> list[RegisteredVersion]:
    """Every registered version of the model types; encoders are no models of a type."""
    found = []
    for name in MODEL_TYPES:
        token = None
        while True:
            page = tracker.client.search_model_versions(f"name = '{name}'", page_token=token)
            found += [RegisteredVersion(name, str(version.version), str(version.run_id or "")) for version in page]
            token = page.token
            if not token:
                break
    return found


def run_exists(tracker: Tracker, run_id: str) -> bool:
    """Whether MLflow has the run, and nobody has deleted it."""
    try:
        return bool(tracker.client.get_run(run_id).info.lifecycle_stage == "active")
    except MlflowException as exc:
        if exc.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return False
