"""Who asked for a retraining, why, and which one is meant. Nothing here waits for MLflow to be imported."""

from __future__ import annotations

import getpass
import socket
from dataclasses import dataclass, field, replace

from workbench.db.connection import Connection, connect
from workbench.errors import RetrainUnknown
from workbench.records import SHORT_NAMES
from workbench.store import retraining, schedules
from workbench.store.retraining import AskedBy, RetrainRun


def this_person() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}"


def _by_hand() -> str:
    return f"{this_person()} asked for it"


@dataclass(frozen=True)
class Asked:
    """Who wants a retraining and why. ``turn`` is the time of a schedule that it is for. ``resume`` is ``"auto"`` to go
    on with one that was interrupted, ``"never"``, or the id of the one to go on with."""

    by: AskedBy = "person"
    reason: str = field(default_factory=_by_hand)
    turn: int | None = None
    resume: str = "auto"


def asked_by_turn(url: str, turn: int, resume: str) -> Asked:
    """What the schedule's clock or its triggers said."""
    with connect(url) as connection:
        fired = schedules.fired(connection, turn)
    by: AskedBy = "schedule" if [name for name, _ in fired] == [schedules.CLOCK] else "trigger"
    return Asked(by, " ".join(why for _, why in fired) or "nothing is on record", turn, resume)


def find(connection: Connection, named: str) -> RetrainRun:
    """The retraining whose id begins so, or that has this MLflow run.

    Raises:
        RetrainUnknown: there is none, or several.
    """
    found = retraining.runs(connection, named)
    if len(found) != 1:
        raise RetrainUnknown(named=named, count=len(found) or "no")
    return found[0]


def resumable(url: str, named: str | None, version: str | None, asked: Asked) -> tuple[str, list[str], Asked]:
    """Version, models and wish to go on with the retraining ``named``, or with the newest that is not finished.

    Raises:
        RetrainUnknown
    """
    with connect(url) as connection:
        if named is None:
            unfinished = retraining.runs(connection, states=("failed", "cancelled"))
            known = [run for run in unfinished if run.inputs and version in (None, run.dataset_version)]
            if not known:
                raise RetrainUnknown(named="the newest unfinished", count="no")
            found = known[0]
        else:
            found = find(connection, named)
    short = {model: name for name, model in SHORT_NAMES.items()}
    return found.dataset_version, [short[model] for model in found.models], replace(asked, resume=found.id)
