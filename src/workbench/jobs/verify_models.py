"""Do PostgreSQL and MLflow say the same of every model? What can be mended is mended from PostgreSQL."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.db.connection import Connection, connect
from workbench.errors import ModelFileRefused, ModelUnknown
from workbench.jobs.deployment_history import replay
from workbench.jobs.go_live import alone, follow_live, who
from workbench.jobs.promote import WAIT_SECONDS
from workbench.jobs.workspace import Workspace
from workbench.records import MODEL_TYPES, ModelType
from workbench.store import deployments, models
from workbench.store.deployments import Order
from workbench.store.models import Model
from workbench.tracking import aliases
from workbench.tracking.models import file_of_version

RESTORE = "Restore MLflow's database from a backup, or train again."
BY_HAND = "Somebody changed ml_model_performance by hand (see audit_log). Promote or roll back to put it right."


@dataclass(frozen=True)
class Disagreement:
    """``kind`` is one word for programs, ``about`` the model or type, ``advice`` what to do where nothing was
    ``mended``."""

    kind: str
    about: str
    found: str
    advice: str
    mended: bool = False


@dataclass(frozen=True)
class Verified:
    """``models`` is how many rows were looked at."""

    models: int
    disagreements: tuple[Disagreement, ...]

    @property
    def agrees(self) -> bool:
        return all(found.mended for found in self.disagreements)


def verify(
    workspace: Workspace, repair: bool = False, tick: Callable[[int, int, str], None] = lambda *_: None
) -> Verified:
    """Compare both ways: rows without runs or versions, versions without rows, aliases, digests of files, events.

    ``repair`` lets the aliases follow PostgreSQL; nothing else can be mended without a person.

    Raises:
        AliasNotMoved, DeploymentBusy
    """
    with connect(workspace.url) as connection:
        known = models.of_type(connection, None)
        events = list(_events(connection, known))
    found = list(_versions(workspace, known))
    for place, model in enumerate(known, 1):
        tick(place, len(known), model.name)
        found += _of_model(workspace, model)
    for kind in MODEL_TYPES:
        found += _alias(workspace, kind, [model for model in known if model.model_type == kind], repair)
    return Verified(len(known), (*found, *events))


def check_file(workspace: Workspace, model: Model) -> None:
    """
    Raises:
        ModelUnknown: MLflow has no such version.
        ModelFileRefused: there is no file, or another one than was recorded.
    """
    path = file_of_version(workspace.tracker, model.model_name, model.model_version)
    found = _digest(path)
    if found != model.sha256:
        reason = f"its sha256 is {found}, PostgreSQL has {model.sha256 or 'none'}" if found else "it is not there"
        raise ModelFileRefused(path=path, reason=reason)


def _of_model(workspace: Workspace, model: Model) -> Iterator[Disagreement]:
    if not model.run_id or not aliases.run_exists(workspace.tracker, model.run_id):
        what = f"its run {model.run_id} is not in MLflow" if model.run_id else "no run is recorded of it"
        yield Disagreement("row_without_run", model.name, what, RESTORE)
    try:
        check_file(workspace, model)
    except ModelUnknown:
        yield Disagreement("row_without_version", model.name, "MLflow has no such version", RESTORE)
    except ModelFileRefused as exc:
        advice = "Restore the file from a backup, or train again." + (
            " It is live: `workbench models rollback` goes back to one that is whole." if model.is_active else ""
        )
        yield Disagreement("file", model.name, f"{exc.fields['path']}: {exc.fields['reason']}", advice)


def _versions(workspace: Workspace, known: Sequence[Model]) -> Iterator[Disagreement]:
    """Versions that no row has: what a run that ended between MLflow and PostgreSQL leaves."""
    rows = {(model.model_name, model.model_version) for model in known}
    for version in aliases.versions(workspace.tracker):
        if (version.name, version.version) not in rows:
            found = f"no row of ml_model_performance has this version (run {version.run_id or 'unknown'})"
            advice = "It never went live and cannot. Delete the version in MLflow, or leave it."
            yield Disagreement("version_without_row", f"{version.name}/{version.version}", found, advice)


def _alias(workspace: Workspace, kind: ModelType, known: Sequence[Model], repair: bool) -> Iterator[Disagreement]:
    live = next((model for model in known if model.is_active), None)
    named = aliases.champion(workspace.tracker, kind)
    wanted = live.model_version if live else None
    if named == wanted:
        return
    points = f"version {named}" if named else "nothing"
    said = f"the alias champion names {points}, live is {live.name if live else 'none'}"
    found = Disagreement("alias", kind, said, "`workbench models verify --repair` lets it follow.")
    if repair:
        with alone(workspace, kind, WAIT_SECONDS):
            follow_live(workspace, kind)
            _note(workspace, kind, said, next((m for m in known if m.model_version == named), None))
        found = replace(found, mended=True, advice="")
    yield found


def _note(workspace: Workspace, kind: ModelType, said: str, before: Model | None) -> None:
    with connect(workspace.url) as connection:
        live = deployments.active(connection, kind)
        order = Order("repair", kind, before.id if before else None, live, who(), f"MLflow: {said}.")
        deployments.append(connection, order)


def _events(connection: Connection, known: Sequence[Model]) -> Iterator[Disagreement]:
    """Whoever changes what is live without an event has gone round the gate."""
    for kind in MODEL_TYPES:
        last = replay(deployments.events(connection, kind)).live
        live = next((model for model in known if model.model_type == kind and model.is_active), None)
        if last != (live.id if live else None):
            before = models.by_id(connection, last) if last else None
            said = f"live is {live.name if live else 'none'}, the last event says {before.name if before else 'none'}"
            yield Disagreement("event", kind, said, BY_HAND)


def _digest(path: Path) -> str:
    """Empty where there is no file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
