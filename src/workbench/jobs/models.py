"""Models by name: `intent@3`, `intent_classifier/3`, `intent@champion`, a run id."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.db.connection import connect
from workbench.errors import ModelAmbiguous, ModelUnknown
from workbench.jobs.deployment_history import Line, replay
from workbench.records import MODEL_TYPES, SHORT_NAMES, ModelType
from workbench.store import deployments, models
from workbench.store.models import SHORT, Model

CHAMPION, NEWEST = "champion", "newest"
MOST_KNOWN = 12


@dataclass(frozen=True)
class Standing:
    """A model and how it stands: `live`, `taken back`, `was live`, or `never live`."""

    model: Model
    state: str

    def as_json(self) -> dict[str, Any]:
        model = self.model
        return {
            "name": model.name,
            "model_type": model.model_type,
            "model_name": model.model_name,
            "model_version": model.model_version,
            "run_id": model.run_id or None,
            "dataset_version": model.dataset_version or None,
            "accuracy": model.metrics.get("accuracy", model.accuracy),
            "accuracy_low": model.metrics.get("accuracy_low"),
            "accuracy_high": model.metrics.get("accuracy_high"),
            "state": self.state,
            "is_active": model.is_active,
            "deployed_at": model.deployed_at,
            "deprecated_at": model.deprecated_at,
            "created_at": model.created_at,
            "sha256": model.sha256 or None,
        }


def model_type_of(name: str) -> ModelType:
    """
    Raises:
        ModelUnknown: neither `intent` nor `intent_classifier`, nor any of the others.
    """
    if name in SHORT_NAMES:
        return SHORT_NAMES[name]
    for kind in MODEL_TYPES:
        if kind == name:
            return kind
    raise ModelUnknown(name=f"type {name!r}", known=", ".join(SHORT_NAMES))


def find(url: str, name: str, model_type: ModelType | None = None) -> Model:
    """The model called ``name``; `champion` and `newest` alone are those of ``model_type`` where one is given.

    Raises:
        ModelUnknown: the message says what there is.
        ModelAmbiguous: it is the name of several.
    """
    with connect(url) as connection:
        known = models.of_type(connection, None)
    found = [model for model in known if _is_called(model, name, known, model_type)]
    if not found:
        raise ModelUnknown(name=repr(name), known=_listed(known, name))
    if len(found) > 1:
        names = [f"{SHORT[model.model_type]}@{name}" if name in (CHAMPION, NEWEST) else model.name for model in found]
        raise ModelAmbiguous(name=repr(name), found=", ".join(names), example=names[0])
    return found[0]


def standings(url: str, model_type: ModelType | None = None) -> list[Standing]:
    """Every model, the newest of a type first."""
    with connect(url) as connection:
        found = models.of_type(connection, model_type)
        lines = {kind: replay(deployments.events(connection, kind)) for kind in {model.model_type for model in found}}
    return [Standing(model, state_of(model, lines[model.model_type])) for model in found]


def state_of(model: Model, line: Line) -> str:
    if model.is_active:
        return "live"
    if model.id in line.undone:
        return "taken back"
    return "was live" if model.deployed_at is not None else "never live"


def _is_called(model: Model, name: str, known: Sequence[Model], model_type: ModelType | None) -> bool:
    head, _, version = re.sub("/", "@", name, count=1).rpartition("@")
    types = {head} if head else {model_type or model.model_type}
    if not types & {model.model_type, model.model_name, SHORT[model.model_type]}:
        return False
    if version == CHAMPION:
        return model.is_active
    if version == NEWEST:
        return model is next(other for other in known if other.model_type == model.model_type)
    return model.model_version == version if head else bool(name) and model.run_id == name


def _listed(known: Sequence[Model], name: str) -> str:
    """Of the type that the name begins with, if it begins with one."""
    head = re.split("[@/]", name)[0]
    of_type = [model for model in known if head in (model.model_type, SHORT[model.model_type])] or list(known)
    names = [model.name for model in of_type[:MOST_KNOWN]]
    more = f" and {len(of_type) - MOST_KNOWN} more" if len(of_type) > MOST_KNOWN else ""
    return f"{', '.join(names)}{more}" if names else "none, train one first"
