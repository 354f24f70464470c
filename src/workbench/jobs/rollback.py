"""Go back to a model that was live before."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.db.connection import Connection, connect
from workbench.errors import NothingLive, NoWayBack, ReasonMissing
from workbench.jobs.deployment_history import Line, replay
from workbench.jobs.go_live import alone, carry_out_order, who
from workbench.jobs.models import find
from workbench.jobs.promote import WAIT_SECONDS
from workbench.jobs.verify_models import check_file
from workbench.jobs.workspace import Workspace
from workbench.records import ModelType
from workbench.store import deployments, models
from workbench.store.deployments import Kind, Order
from workbench.store.models import Model

NONE = "none"


@dataclass(frozen=True)
class RolledBack:
    """``after`` is None where none is live now."""

    before: Model
    after: Model | None


def rollback(
    workspace: Workspace, model_type: ModelType, reason: str, to: str = "", wait_seconds: float = WAIT_SECONDS
) -> RolledBack:
    """Take back the live model: what was live before it went live is live again, or ``to``, any earlier one.

    Never one that was itself taken back. `none` leaves nothing live.

    Raises:
        ReasonMissing, NothingLive, NoWayBack
        ModelFileRefused: the file of the model to go back to is not the one that was recorded.
        AliasNotMoved, DeploymentBusy
    """
    if not reason.strip():
        raise ReasonMissing(what="A rollback")
    wanted = None if to in ("", NONE) else find(workspace.url, to, model_type)
    with alone(workspace, model_type, wait_seconds):
        with connect(workspace.url) as connection:
            live = next((model for model in models.of_type(connection, model_type) if model.is_active), None)
            if live is None:
                raise NothingLive(model_type=model_type)
            line = replay(deployments.events(connection, model_type))
            target = None if to == NONE else _target(connection, line, live, wanted)
        if target is not None:
            check_file(workspace, target)
        kind: Kind = "rollback" if target else "retire"
        order = Order(kind, model_type, live.id, target.id if target else None, who(), reason)
        carry_out_order(workspace, order, target or live)
    return RolledBack(live, target)


def _target(connection: Connection, line: Line, live: Model, wanted: Model | None) -> Model:
    found = [models.by_id(connection, identity) for identity in line.before(live.id)]
    earlier = [model for model in found if model is not None]
    if wanted is None and earlier:
        return earlier[0]
    if wanted is not None and any(model.id == wanted.id for model in earlier):
        return wanted
    raise NoWayBack(
        model=live.name,
        to=f" to {wanted.name}" if wanted else "",
        reason=_why_not(line, live, wanted),
        earlier=", ".join(model.name for model in earlier) or "none",
    )


def _why_not(line: Line, live: Model, wanted: Model | None) -> str:
    if wanted is None:
        return "no other model was live before it"
    if wanted.model_type != live.model_type:
        return f"that is a {wanted.model_type}"
    if wanted.id == live.id:
        return "it is live already"
    if wanted.id in line.undone:
        event = line.undone[wanted.id]
        return f"that was itself taken back on {event.at:%Y-%m-%d} ({event.reason}); promote it if it shall be live"
    return "that was not live before it; promote it if it shall be live"
