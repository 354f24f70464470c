"""How retrainings stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from workbench.db.connection import connect
from workbench.jobs.retrain_asked import find
from workbench.jobs.retrain_guard import at_work
from workbench.records import SHORT_NAMES
from workbench.store import retraining
from workbench.store.retraining import OPEN, RetrainRun, StepRow


@dataclass(frozen=True)
class Standing:
    """A retraining with its attempts; ``alive`` says whether its process works on it now."""

    run: RetrainRun
    steps: Sequence[StepRow]
    alive: bool

    def as_json(self) -> dict[str, Any]:
        names = {model: short for short, model in SHORT_NAMES.items()}
        known = asdict(self.run) | {"models": [names[model] for model in self.run.models], "alive": self.alive}
        return known | {"steps": [asdict(step) for step in self.steps]}


def standings(url: str, named: str | None = None, limit: int = 10) -> list[Standing]:
    """The newest first; with ``named`` that one alone.

    Raises:
        RetrainUnknown
    """
    with connect(url) as connection:
        found = [find(connection, named)] if named else retraining.runs(connection, limit=limit)
        return [Standing(run, retraining.steps(connection, run.id), _alive(run)) for run in found]


def _alive(run: RetrainRun) -> bool:
    return run.state in OPEN and at_work(run)
