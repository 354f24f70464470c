"""Save a model, register it as a version, move aliases.

Only the client API is used here too: ``mlflow.sklearn.log_model`` files a run's model under whatever experiment happens
to be active, in the working directory, and copies the run's metrics onto themselves.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import mlflow
import mlflow.sklearn
from mlflow.entities import LoggedModelOutput, LoggedModelStatus
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import Array
from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

from workbench.errors import ModelUnknown
from workbench.records import Fitted, RunRef
from workbench.tracking.quick_skops import skops_io
from workbench.tracking.runs import LONGEST_PARAM, Tracker

# The only types of ours that a model file may hold; everything else in it is scikit-learn, scipy or numpy.
TRUSTED_TYPES = [
    "workbench.models.columns.CompactTfidfVectorizer",
    "workbench.models.columns.EmbeddingColumn",
    "workbench.models.columns.LayerColumn",
    "workbench.models.columns.LinguisticColumn",
    "workbench.models.columns.TunedColumn",
    "workbench.models.complexity.OrdinalClassifier",
    "workbench.models.fusion.FusedHead",
    "workbench.models.intent.HierarchicalIntentClassifier",
    "workbench.models.kernel.KernelRidgeClassifier",
    "workbench.models.kernel.View",
    "workbench.models.outcome_model.OutcomeModel",
    "workbench.models.secondary.SecondaryIntents",
    "workbench.models.secondary_signs.Habits",
    "workbench.models.kernel_labels.KernelRidgeLabels",
    "workbench.models.selector.TechniqueSelector",
    "workbench.models.technique.TechniqueRanker",
]
MODEL_FILE = "model.skops"
NEEDED = ("scikit-learn", "numpy", "scipy", "pandas", "skops")


def save_model(tracker: Tracker, run_id: str, name: str, fitted: Fitted, parameters: Mapping[str, object]) -> str:
    """Save the estimator with skops as an output of ``run_id``; the id of the model. The same run never makes two."""
    experiment = tracker.experiment_of(run_id)
    if known := saved_model(tracker, experiment, run_id, name):
        return known
    return keep(tracker, run_id, name, parameters, lambda folder, model: _write(folder, fitted, model))


def keep(
    tracker: Tracker, run_id: str, name: str, parameters: Mapping[str, object], write: Callable[[Path, Model], None]
) -> str:
    """What ``write`` puts into the folder it is given, as a model that is an output of ``run_id``; its id. Where that
    fails the model is FAILED."""
    params = {key: str(value)[:LONGEST_PARAM] for key, value in parameters.items()}
    experiment = tracker.experiment_of(run_id)
    model = tracker.client.create_logged_model(experiment, name, run_id, params=params, model_type=name)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "model"
            write(folder, Model(run_id=run_id, model_id=model.model_id))
            tracker.client.log_model_artifacts(model.model_id, str(folder))
    except BaseException:
        tracker.client.finalize_logged_model(model.model_id, "FAILED")
        raise
    tracker.client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
    tracker.client.finalize_logged_model(model.model_id, "READY")
    return str(model.model_id)


def register(tracker: Tracker, run_id: str, name: str, model_id: str, description: str) -> RunRef:
    """Make the saved model a version of the registered model ``name``, and its challenger."""
    version = version_of(tracker, name, run_id) or new_version(tracker, name, model_id, run_id)
    digest = _digest(tracker, model_id)
    tracker.client.update_model_version(name, version, description)
    # Without it the model's own page says that it is not registered.
    known_as = json.dumps([{"name": name, "version": int(version)}])
    tracker.client.set_logged_model_tags(model_id, {MLFLOW_MODEL_VERSIONS: known_as})
    tracker.client.set_model_version_tag(name, version, "sha256", digest)
    tracker.client.set_registered_model_alias(name, "challenger", version)
    return RunRef(run_id, tracker.experiment_of(run_id), name, version, digest)


def set_champion(tracker: Tracker, name: str, version: str) -> None:
    """The alias follows what PostgreSQL says is active; what has won challenges no more."""
    tracker.client.set_registered_model_alias(name, "champion", version)
    aliases = tracker.client.get_registered_model(name).aliases
    if str(aliases.get("challenger")) == version:
        tracker.client.delete_registered_model_alias(name, "challenger")


def saved_model(tracker: Tracker, experiment: str, run_id: str, name: str) -> str | None:
    """The id of the model ``name`` that the run has saved, if it has."""
    found = tracker.client.search_logged_models([experiment], f"source_run_id = '{run_id}'")
    return next((str(model.model_id) for model in found if _is_ready(model, name)), None)


def _is_ready(model: Any, name: str) -> bool:
    return bool(model.name == name and model.status == LoggedModelStatus.READY)


def version_of(tracker: Tracker, name: str, run_id: str) -> str | None:
    """The version of ``name`` that the run has made, if it has."""
    found = tracker.client.search_model_versions(f"name = '{name}' and run_id = '{run_id}'")
    return str(found[0].version) if found else None


def _write(folder: Path, fitted: Fitted, description: Model) -> None:
    skops_io()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlflow.sklearn.save_model(
            fitted.estimator,
            str(folder),
            mlflow_model=description,
            serialization_format="skops",
            skops_trusted_types=TRUSTED_TYPES,
            pip_requirements=[f"{package}=={importlib.metadata.version(package)}" for package in NEEDED],
            signature=signature(fitted),
        )


def signature(fitted: Fitted) -> ModelSignature:
    """Prompt text, its 384-dimensional embedding and whatever else the model looks at in; one label (or, for the
    selector, ranked labels) out."""
    further = [name for name in fitted.estimator[0].feature_names_in_ if name not in ("prompt_text", "embedding")]
    vectors = [ColSpec(Array(DataType.float), name) for name in ("embedding", *further)]
    columns = [ColSpec(DataType.string, "prompt_text"), *vectors]
    ranks = hasattr(fitted.estimator[-1], "techniques")
    out = Array(DataType.string) if ranks else DataType.string
    return ModelSignature(Schema(columns), Schema([ColSpec(out, "prediction")]))


def new_version(tracker: Tracker, name: str, model_id: str, run_id: str) -> str:
    """A further version of the registered model ``name``, which is made on first use."""
    try:
        tracker.client.create_registered_model(name)
    except MlflowException as exc:
        if exc.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    mlflow.set_tracking_uri(tracker.uri)  # the registry looks a models:/ address up there, whatever the client's is
    return str(tracker.client.create_model_version(name, f"models:/{model_id}", run_id, model_id=model_id).version)


def file_of_version(tracker: Tracker, name: str, version: str) -> Path:
    """Where MLflow says that the model file lies; whoever opens it has to check that.

    Raises:
        ModelUnknown: MLflow has no such version, or no longer its model.
    """
    try:
        source = tracker.client.get_model_version(name, version).source
        return _file_of(tracker, str(source).removeprefix("models:/"))
    except MlflowException as exc:
        raise ModelUnknown(name=f"{name} {version} in MLflow", known="those of its registry") from exc


def _file_of(tracker: Tracker, model_id: str) -> Path:
    location = urlsplit(tracker.client.get_logged_model(model_id).artifact_location)
    return Path(unquote(location.path)) / MODEL_FILE


def _digest(tracker: Tracker, model_id: str) -> str:
    with _file_of(tracker, model_id).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
