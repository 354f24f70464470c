"""Log a model, register it as a version, move aliases."""

from __future__ import annotations

import hashlib
import importlib.metadata
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import mlflow
import mlflow.sklearn
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import Array

from workbench.records import Fitted, RunRef
from workbench.tracking.runs import Tracker

# The only types of ours that a model file may hold; everything else in it is scikit-learn, scipy or numpy.
TRUSTED_TYPES = [
    "workbench.models.columns.CompactTfidfVectorizer",
    "workbench.models.columns.EmbeddingColumn",
    "workbench.models.columns.LinguisticColumn",
    "workbench.models.complexity.OrdinalClassifier",
    "workbench.models.intent.HierarchicalIntentClassifier",
    "workbench.models.technique.TechniqueRanker",
]
MODEL_FILE = "model.skops"
NEEDED = ("scikit-learn", "numpy", "scipy", "pandas", "skops")


def log_model(tracker: Tracker, run_id: str, name: str, fitted: Fitted) -> RunRef:
    """Save the estimator with skops under ``run_id`` and register it; the same run never makes two versions."""
    known = _version_of(tracker, name, run_id)
    model_id = known.model_id if known else _save(tracker, run_id, name, fitted)
    version = known or _register(tracker, name, model_id, run_id)
    tracker.client.set_registered_model_alias(name, "challenger", version.version)
    digest = _digest(tracker, model_id)
    tracker.client.set_model_version_tag(name, version.version, "sha256", digest)
    return RunRef(run_id, tracker.experiment_of(run_id), name, str(version.version), digest)


def set_champion(tracker: Tracker, name: str, version: str) -> None:
    """The alias follows what PostgreSQL says is active."""
    tracker.client.set_registered_model_alias(name, "champion", version)


def _version_of(tracker: Tracker, name: str, run_id: str) -> Any:
    found = tracker.client.search_model_versions(f"name = '{name}' and run_id = '{run_id}'")
    return found[0] if found else None


def _save(tracker: Tracker, run_id: str, name: str, fitted: Fitted) -> str:
    mlflow.set_tracking_uri(tracker.uri)
    mlflow.set_registry_uri(tracker.uri)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        info = mlflow.sklearn.log_model(
            fitted.estimator,
            name=name,
            run_id=run_id,
            serialization_format="skops",
            skops_trusted_types=TRUSTED_TYPES,
            pip_requirements=[f"{package}=={importlib.metadata.version(package)}" for package in NEEDED],
            signature=signature(fitted),
        )
    return str(info.model_id)


def signature(fitted: Fitted) -> ModelSignature:
    """Prompt text and its 384-dimensional embedding in; one label (or, for the selector, ranked labels) out."""
    columns = [ColSpec(DataType.string, "prompt_text"), ColSpec(Array(DataType.float), "embedding")]
    ranks = hasattr(fitted.estimator[-1], "techniques")
    out = Array(DataType.string) if ranks else DataType.string
    return ModelSignature(Schema(columns), Schema([ColSpec(out, "prediction")]))


def _register(tracker: Tracker, name: str, model_id: str, run_id: str) -> Any:
    try:
        tracker.client.create_registered_model(name)
    except MlflowException as exc:
        if exc.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    return tracker.client.create_model_version(name, f"models:/{model_id}", run_id, model_id=model_id)


def _digest(tracker: Tracker, model_id: str) -> str:
    location = urlsplit(tracker.client.get_logged_model(model_id).artifact_location)
    with (Path(unquote(location.path)) / MODEL_FILE).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
