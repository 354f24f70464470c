"""What a search chooses from, what it asks of an objective, and what it came to."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

Value = float | int | str | bool
Parameters = Mapping[str, Value]
COLUMNS = ("trial", "state", "loss", "best_loss", "accuracy", "seconds", "error")


@dataclass(frozen=True)
class Range:
    """A number from ``low`` to ``high``, both included; ``whole`` ones only, or of any size on a ``log`` scale."""

    name: str
    low: float
    high: float
    default: float
    log: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        if not self.low <= self.default <= self.high or self.low == self.high:
            raise ValueError(f"{self.name}: {self.low} <= {self.default} <= {self.high} is no range with a default")
        if self.log and self.low <= 0:
            raise ValueError(f"{self.name} starts at {self.low}; a log scale has to start above 0")
        if self.whole and not all(float(end).is_integer() for end in (self.low, self.high, self.default)):
            raise ValueError(f"{self.name} is whole, but {self.low}, {self.default} and {self.high} are not")


@dataclass(frozen=True)
class Choice:
    """One of ``options``; the first is the default."""

    name: str
    options: tuple[Value, ...]

    def __post_init__(self) -> None:
        if len(set(self.options)) < 2 or len(set(self.options)) < len(self.options):
            raise ValueError(f"{self.name} has to have two different options or more, each once; got {self.options}")

    @property
    def default(self) -> Value:
        return self.options[0]


Space = tuple[Range | Choice, ...]


@dataclass(frozen=True)
class Score:
    """``loss`` is what gets smaller; ``accuracy`` the share of right answers, where the objective knows it."""

    loss: float
    accuracy: float | None = None


class Objective(Protocol):
    """Says how good one set of parameters is. The same set has to get the same score; an exception fails the trial."""

    def __call__(self, parameters: Parameters, /) -> Score: ...


@dataclass(frozen=True)
class Trial:
    """One set of parameters that was tried; ``score`` is None where that failed, and ``error`` says why."""

    number: int
    parameters: Parameters
    score: Score | None
    seconds: float
    error: str = ""


@dataclass(frozen=True)
class Found:
    """The parameters with the lowest loss, the earliest of several.

    ``trials`` has one row a trial, in order: ``trial`` (from 0, the defaults), ``state`` (finished or failed),
    ``loss``, ``best_loss`` (the lowest so far) and ``accuracy`` (NaN where there is none), ``seconds``, ``error``, and
    a column for each parameter. ``reused`` of them had been tried before this search began.
    """

    parameters: Parameters
    loss: float
    default_loss: float
    trials: pd.DataFrame
    reused: int

    @property
    def failed(self) -> int:
        return int((self.trials["state"] == "failed").sum())

    def in_a_line(self) -> str:
        chosen = ", ".join(
            f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in self.parameters.items()
        )
        gained = f", {self.default_loss:.4g} by the defaults" if math.isfinite(self.default_loss) else ""
        failed = f" ({self.failed} failed)" if self.failed else ""
        return f"Chosen by {len(self.trials)} trials{failed}: {chosen}; loss {self.loss:.4g}{gained}."


def check_space(space: Space) -> None:
    """
    Raises:
        ValueError: nothing to choose, or a name that is taken.
    """
    names = [part.name for part in space]
    taken = sorted({name for name in names if names.count(name) > 1 or name in COLUMNS or not name.isidentifier()})
    if taken or not names:
        raise ValueError(f"a space needs parameters, each with an identifier of its own; got {taken or names}")


def defaults(space: Space) -> dict[str, Value]:
    return {part.name: _whole(part, part.default) for part in space}


def digest_of(space: Space, seed: int) -> str:
    """The same for the same parameters to choose from, drawn in the same order."""
    return hashlib.sha256(repr((space, seed)).encode()).hexdigest()[:12]


def best_of(trials: Sequence[Trial]) -> Trial | None:
    """None where every trial failed."""
    scored = [trial for trial in trials if trial.score is not None]
    return min(scored, key=lambda trial: (_loss(trial), trial.number), default=None)


def table_of(space: Space, trials: Sequence[Trial]) -> pd.DataFrame:
    """See ``Found.trials``."""
    rows = [
        {
            "trial": trial.number,
            "state": "failed" if trial.score is None else "finished",
            "loss": _loss(trial),
            "accuracy": math.nan if trial.score is None or trial.score.accuracy is None else trial.score.accuracy,
            "seconds": trial.seconds,
            "error": trial.error,
            **trial.parameters,
        }
        for trial in trials
    ]
    table = pd.DataFrame(rows).assign(best_loss=lambda frame: frame["loss"].cummin().ffill())
    return table[[*COLUMNS, *(part.name for part in space)]]


def _loss(trial: Trial) -> float:
    return math.nan if trial.score is None else trial.score.loss


def _whole(part: Range | Choice, value: Value) -> Value:
    return int(value) if isinstance(part, Range) and part.whole else value
