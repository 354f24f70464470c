"""Look at a model as it would go live: its file, what it answers now, how long that takes."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pandas as pd

from workbench.errors import WorkbenchError
from workbench.evaluation.gate_guards import Cost
from workbench.evaluation.verdict import Check
from workbench.jobs.answers import answers_on, fitted_of, rows_of, seen_by
from workbench.jobs.ground import Ground
from workbench.jobs.workspace import Workspace
from workbench.records import Examples, Fitted
from workbench.store.models import Model
from workbench.tracking.models import file_of_version

MOST_ANSWERED = 200
TIMED = 20
LEAST_EQUAL = 0.99


@dataclass(frozen=True)
class Examined:
    """``fitted`` is None where the file was refused; ``checks`` then say why."""

    fitted: Fitted | None
    cost: Cost | None
    checks: tuple[Check, ...]


def examine(workspace: Workspace, model: Model, ground: Ground | None, recorded: pd.DataFrame) -> Examined:
    """``ground`` has the prompts that ``recorded`` are the answers to; None where the data are gone."""
    try:
        fitted = fitted_of(workspace, model)
    except WorkbenchError as exc:
        return Examined(None, None, (Check("file", False, str(exc)),))
    said = f"The model file is the one that was recorded (sha256 {model.sha256[:16]}…) and holds nothing but a model."
    checks = [Check("file", True, said, {"sha256": model.sha256})]
    if ground is None or not ground.test.ids:
        return Examined(fitted, None, tuple(checks))
    if model.model_type == "technique_selector" and fitted.labels != ground.codes:
        changed = Check("answers", False, "The techniques have changed since it was trained: train again.")
        return Examined(fitted, None, (*checks, changed))
    try:  # the file may come from another version of the workbench, and fail in any way
        first = rows_of(ground.test, range(min(MOST_ANSWERED, len(ground.test.ids))))
        some = seen_by(workspace, model, fitted, first)
        checks.append(_answers_as_recorded(workspace, model, fitted, some, recorded))
        return Examined(fitted, _cost(workspace, model, fitted, some), tuple(checks))
    except Exception as exc:
        said = f"Loaded from its file it does not answer ({type(exc).__name__}: {exc}): train again."
        return Examined(fitted, None, (*checks, Check("answers", False, said)))


def _answers_as_recorded(
    workspace: Workspace, model: Model, fitted: Fitted, some: Examples, recorded: pd.DataFrame
) -> Check:
    """What is judged has to be what goes live."""
    now = answers_on(workspace, model, fitted, some)
    both = now.merge(recorded, on="id", suffixes=("", "_recorded"))
    equal = float(_same(both["predicted"], both["predicted_recorded"]).mean()) if len(both) else 0.0
    passed = len(both) > 0 and equal >= LEAST_EQUAL
    said = (
        f"Loaded from its file it answers {100 * equal:.1f} % of {len(both)} of its test prompts as recorded; at least "
        f"{100 * LEAST_EQUAL:g} % have to be."
    )
    return Check("answers", passed, said, {"rows": len(both), "equal": equal})


def _same(now: pd.Series, recorded: pd.Series) -> pd.Series:
    """Levels come back from JSON as whole numbers, and 1.0 is 1."""
    if pd.api.types.is_numeric_dtype(now) and pd.api.types.is_numeric_dtype(recorded):
        return now.astype(float) == recorded.astype(float)
    return now.astype(str) == recorded.astype(str)


def _cost(workspace: Workspace, model: Model, fitted: Fitted, some: Examples) -> Cost:
    size = file_of_version(workspace.tracker, model.model_name, model.model_version).stat().st_size
    ask = fitted.estimator.predict_proba
    ask(some.X.iloc[:1])  # the first call makes what later ones find ready
    seconds = []
    for place in range(TIMED):
        row = some.X.iloc[[place % len(some.X)]]
        started = time.perf_counter()
        ask(row)
        seconds.append(time.perf_counter() - started)
    return Cost(size / 1e6, 1000 * min(seconds))  # the others were kept waiting by whatever else the machine does
