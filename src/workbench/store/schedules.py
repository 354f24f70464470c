"""Schedules, the times of theirs that somebody took, and what every look at a trigger said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from workbench.db.connection import Connection
from workbench.records import ModelType
from workbench.sql import query

SUBJECT = "schedules"
PERSON, CLOCK = "person", "clock"
TurnState = Literal["running", "idle", "finished", "failed"]


@dataclass(frozen=True)
class Schedule:
    """``triggers`` maps names to thresholds, ``handled_until`` is the last time that was taken or, before the first,
    when the schedule was added."""

    name: str
    cron: str
    timezone: str
    dataset_version: str
    models: list[ModelType]
    triggers: dict[str, float | None]
    added_at: datetime
    added_by: str
    handled_until: datetime


@dataclass(frozen=True)
class Turn:
    """One time of a schedule that somebody took; ``missed`` earlier ones are made up for by it."""

    id: int
    schedule_name: str
    due_at: datetime
    missed: int
    taken_at: datetime
    owner: str
    attempts: int
    state: TurnState
    finished_at: datetime | None
    message: str | None
    retrain_run_id: str | None


@dataclass(frozen=True)
class Evaluation:
    """What a look at a trigger said; ``schedule_name`` and ``turn_id`` are None where a person asked."""

    evaluated_at: datetime
    schedule_name: str | None
    turn_id: int | None
    trigger_name: str
    fired: bool
    why: str
    retrain_run_id: str | None


@dataclass(frozen=True)
class Stood:
    """What a finished retraining stood on."""

    run: str
    started_at: datetime
    validated_rows: int
    taxonomy: str


def add(
    connection: Connection,
    name: str,
    cron: str,
    timezone: str,
    version: str,
    models: Sequence[ModelType],
    triggers: Mapping[str, float | None],
    who: str,
) -> bool:
    """False when the name is taken."""
    values = {
        "name": name,
        "cron": cron,
        "timezone": timezone,
        "version": version,
        "models": list(models),
        "triggers": Jsonb(dict(triggers)),
        "who": who,
    }
    return connection.execute(query(SUBJECT, "add"), values).rowcount == 1


def remove(connection: Connection, name: str) -> bool:
    """Its evaluations stay. False when there is none of that name."""
    return connection.execute(query(SUBJECT, "remove"), {"name": name}).rowcount == 1


def schedules(connection: Connection) -> list[Schedule]:
    with connection.cursor(row_factory=class_row(Schedule)) as cursor:
        return cursor.execute(query(SUBJECT, "all")).fetchall()


def now(connection: Connection) -> datetime:
    """The server's clock, which all that run schedules share."""
    row = connection.execute(query(SUBJECT, "now")).fetchone()
    found: datetime = row[0] if row else datetime.min
    return found


def take(connection: Connection, schedule: str, due_at: datetime, missed: int, owner: str) -> int | None:
    """The id of the turn; None when somebody has taken that time already."""
    values = {"schedule": schedule, "due_at": due_at, "missed": missed, "owner": owner}
    row = connection.execute(query(SUBJECT, "take"), values).fetchone()
    return int(row[0]) if row else None


def open_turns(connection: Connection) -> list[Turn]:
    return _turns(connection, "open_turns")


def last_turns(connection: Connection) -> dict[str, Turn]:
    """The newest of each schedule."""
    return {turn.schedule_name: turn for turn in _turns(connection, "last_turns")}


def take_over(connection: Connection, turn: Turn, owner: str) -> bool:
    values = {"id": turn.id, "owner": owner, "before": turn.owner}
    return connection.execute(query(SUBJECT, "take_turn_over"), values).rowcount == 1


def close(connection: Connection, turn: int, owner: str, state: TurnState, message: str | None = None) -> bool:
    """False when it is another's by now."""
    values = {"id": turn, "owner": owner, "state": state, "message": message}
    return connection.execute(query(SUBJECT, "close_turn"), values).rowcount == 1


def link(connection: Connection, turn: int, run: str) -> None:
    """The retraining that the turn, and what fired for it, led to."""
    connection.execute(query(SUBJECT, "link_turn"), {"id": turn, "run": run})
    connection.execute(query(SUBJECT, "link_evaluations"), {"id": turn, "run": run})


def record(
    connection: Connection,
    trigger: str,
    fired: bool,
    why: str,
    schedule: str | None = None,
    turn: int | None = None,
    run: str | None = None,
) -> None:
    """Keep what a look at a trigger said."""
    values = {"schedule": schedule, "turn": turn, "trigger": trigger, "fired": fired, "why": why, "run": run}
    connection.execute(query(SUBJECT, "evaluated"), values)


def evaluations(connection: Connection, most: int) -> list[Evaluation]:
    """The newest first, ``most`` of each schedule and as many of persons."""
    with connection.cursor(row_factory=class_row(Evaluation)) as cursor:
        return cursor.execute(query(SUBJECT, "evaluations"), {"most": most}).fetchall()


def fired(connection: Connection, turn: int) -> list[tuple[str, str]]:
    """Names of the triggers that fired for a turn, each with why."""
    return [(str(name), str(why)) for name, why in connection.execute(query(SUBJECT, "wish"), {"id": turn})]


def last_finished(connection: Connection, version: str, models: Sequence[ModelType]) -> Stood | None:
    """Of exactly these models on that version."""
    row = connection.execute(query(SUBJECT, "last_finished"), {"version": version, "models": list(models)}).fetchone()
    return Stood(row[0], row[1], int(row[2] or 0), str(row[3])) if row else None


def validated_rows(connection: Connection, version: str) -> int:
    row = connection.execute(query(SUBJECT, "validated_rows"), {"version": version}).fetchone()
    return int(row[0]) if row else 0


def tell(connection: Connection) -> None:
    """Whoever runs the schedules looks at once."""
    connection.execute(query(SUBJECT, "tell"))


def cron_statement() -> str:
    """What has pg_cron tell once a minute."""
    return "\n".join(line for line in query(SUBJECT, "hand_to_cron").splitlines() if not line.startswith("--"))


def hand_to_cron(connection: Connection) -> str | None:
    """Let pg_cron tell; the reason where it cannot."""
    try:
        connection.execute(query(SUBJECT, "hand_to_cron"))
    except psycopg.Error as exc:
        return str(exc).strip().splitlines()[0]
    return None


def _turns(connection: Connection, name: str) -> list[Turn]:
    with connection.cursor(row_factory=class_row(Turn)) as cursor:
        return cursor.execute(query(SUBJECT, name)).fetchall()
