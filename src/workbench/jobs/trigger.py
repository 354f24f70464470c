"""What starts a retraining beside the clock. A module in ``triggers`` is a trigger; its name is the module's.

It has ``UNIT``, what its threshold counts (empty where it has none), ``DEFAULT``, the threshold unless somebody names
one (None where it has none), and ``look``, which answers a question. The first line of its docstring says when it
fires.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from workbench.db.connection import Connection
from workbench.errors import TriggerInvalid
from workbench.records import ModelType
from workbench.store.schedules import Stood

PACKAGE = "workbench.jobs.triggers"


@dataclass(frozen=True)
class Question:
    """Shall ``models`` be retrained on ``version``? ``last`` is the last finished retraining of exactly these, None
    before the first."""

    connection: Connection
    version: str
    models: Sequence[ModelType]
    threshold: float
    last: Stood | None
    now: datetime


@dataclass(frozen=True)
class Answer:
    """``why`` is a sentence with the figures that decided."""

    fired: bool
    why: str


class Trigger(Protocol):
    __doc__: str | None
    UNIT: str
    DEFAULT: float | None

    def look(self, question: Question) -> Answer: ...


def known() -> dict[str, Trigger]:
    """Every trigger by name."""
    folder = importlib.import_module(PACKAGE).__path__
    modules = sorted(module.name for module in pkgutil.iter_modules(folder))
    return {name.replace("_", "-"): _load(name) for name in modules}


def read(given: Sequence[str]) -> dict[str, float | None]:
    """``NAME`` or ``NAME=THRESHOLD``, each.

    Raises:
        TriggerInvalid
    """
    found: dict[str, float | None] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if name not in known():
            raise _invalid(text, "there is none of that name")
        found[name] = _threshold(text, known()[name], value if equals else None)
    return found


def described() -> str:
    """All of them in a line each."""
    return "; ".join(f"{_usage(name, trigger)}: {said(trigger)}" for name, trigger in known().items())


def said(trigger: Trigger) -> str:
    return (trigger.__doc__ or "").strip().splitlines()[0].rstrip(".")


def _usage(name: str, trigger: Trigger) -> str:
    return name if trigger.DEFAULT is None else f"{name}={trigger.DEFAULT:g} ({trigger.UNIT})"


def _threshold(text: str, trigger: Trigger, value: str | None) -> float | None:
    if value is None or trigger.DEFAULT is None:
        if value is not None:
            raise _invalid(text, "it takes no threshold")
        return trigger.DEFAULT
    try:
        number = float(value)
    except ValueError as exc:
        raise _invalid(text, f"{value!r} is no number of {trigger.UNIT}") from exc
    if not 0 < number < float("inf"):
        raise _invalid(text, "its threshold has to be above 0")
    return number


def _invalid(given: str, problem: str) -> TriggerInvalid:
    return TriggerInvalid(given=given, problem=problem, known=described())


def _load(name: str) -> Trigger:
    return cast(Trigger, importlib.import_module(f"{PACKAGE}.{name}"))
