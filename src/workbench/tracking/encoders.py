"""A fine-tuned encoder as a registered model of its own: plain files, known by their digest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlflow.exceptions import MlflowException
from mlflow.models import Model
from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

from workbench.errors import TunedEncoderUnknown
from workbench.tracking.models import keep, new_version, saved_model, version_of
from workbench.tracking.runs import Tracker

FOLDER = "encoder"


@dataclass(frozen=True)
class RegisteredEncoder:
    """``folder`` is where its files lie, ``sha256`` what they have to come to."""

    name: str
    version: str
    folder: Path
    sha256: str


def register_encoder(
    tracker: Tracker, run_id: str, name: str, folder: Path, sha256: str, parameters: Mapping[str, object], said: str
) -> RegisteredEncoder:
    """Store the files in ``folder`` as an output of the run and as a version of ``name``; the same run makes one."""
    experiment = tracker.experiment_of(run_id)
    model_id = saved_model(tracker, experiment, run_id, name) or keep(
        tracker, run_id, name, parameters, lambda place, description: _write(folder, place, description)
    )
    version = version_of(tracker, name, run_id) or new_version(tracker, name, model_id, run_id)
    tracker.client.update_model_version(name, version, said)
    known_as = json.dumps([{"name": name, "version": int(version)}])
    tracker.client.set_logged_model_tags(model_id, {MLFLOW_MODEL_VERSIONS: known_as})
    tracker.client.set_model_version_tag(name, version, "sha256", sha256)
    return find_encoder_version(tracker, name, version)


def find_encoder_version(tracker: Tracker, name: str, version: str) -> RegisteredEncoder:
    """
    Raises:
        TunedEncoderUnknown: no such version.
    """
    try:
        found = tracker.client.get_model_version(name, version)
        location = tracker.client.get_logged_model(found.source.removeprefix("models:/")).artifact_location
    except MlflowException as exc:
        raise TunedEncoderUnknown(name=name, version=version) from exc
    folder = Path(unquote(urlsplit(location).path)) / FOLDER
    return RegisteredEncoder(name, str(found.version), folder, str(found.tags.get("sha256", "")))


def _write(files: Path, folder: Path, description: Model) -> None:
    shutil.copytree(files, folder / FOLDER)
    description.save(str(folder / "MLmodel"))
