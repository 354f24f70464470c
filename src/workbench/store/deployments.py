"""Which model is live, and how that came to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb

from workbench.db.connection import Connection
from workbench.evaluation.verdict import Decision
from workbench.records import ModelType
from workbench.sql import query

SUBJECT = "deployments"
Kind = Literal["promote", "rollback", "retire", "repair"]


@dataclass(frozen=True)
class Side:
    """A model as an event names it."""

    id: str
    model_name: str
    model_version: str
    run_id: str


@dataclass(frozen=True)
class Event:
    """A row of model_deployment_events. ``before`` was live, ``after`` is since; of a repair, what the alias named and
    what is live."""

    id: int
    at: datetime
    model_type: ModelType
    kind: Kind
    before: Side | None
    after: Side | None
    login_role: str
    actor: str
    reason: str
    is_override: bool
    gate_report: dict[str, Any] | None
    gates_sha256: str


@dataclass(frozen=True)
class Order:
    """What shall happen, and why. ``decision`` is what the gate said, where it was asked."""

    kind: Kind
    model_type: ModelType
    before: str | None
    after: str | None
    actor: str
    reason: str
    is_override: bool = False
    decision: Decision | None = None


def active(connection: Connection, model_type: ModelType) -> str | None:
    """The id of the live model; it stays live until the caller's transaction ends."""
    row = connection.execute(query(SUBJECT, "active"), {"model_type": model_type}).fetchone()
    return str(row[0]) if row else None


def carry_out(connection: Connection, order: Order) -> bool:
    """Retire the old model, activate the new one and append the event, in the caller's transaction.

    False, and nothing done, where another model is live than ``order.before`` says.
    """
    if active(connection, order.model_type) != order.before:
        return False
    if order.before is not None:
        connection.execute(query(SUBJECT, "retire"), {"id": order.before})
    if order.after is not None:
        values = {"id": order.after, "model_type": order.model_type}
        if connection.execute(query(SUBJECT, "activate"), values).rowcount != 1:
            raise ValueError(f"there is no {order.model_type} with the id {order.after}")
    append(connection, order)
    return True


def append(connection: Connection, order: Order) -> int:
    """The number of the event."""
    said = order.decision
    values = {
        "model_type": order.model_type,
        "kind": order.kind,
        "from_model": order.before,
        "to_model": order.after,
        "actor": order.actor,
        "reason": order.reason,
        "is_override": order.is_override,
        "gate_report": Jsonb(said.as_json()) if said else None,
        "gates_sha256": said.gates_sha256 or None if said else None,
    }
    row = connection.execute(query(SUBJECT, "append"), values).fetchone()
    return int(row[0]) if row else 0


def events(connection: Connection, model_type: ModelType) -> list[Event]:
    """What happened to the models of a type, the oldest first."""
    return [_event(row) for row in connection.execute(query(SUBJECT, "events"), {"model_type": model_type})]


def _event(row: Any) -> Event:
    values = [*row[:4], _side(row[4:8]), _side(row[8:12]), *row[12:17], row[17] or ""]
    return Event(*values)


def _side(part: Any) -> Side | None:
    return Side(part[0], part[1], part[2], part[3] or "") if part[0] else None
