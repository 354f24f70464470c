"""Put a challenger before the gate and, where it says yes, make it live."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from workbench.db.connection import connect
from workbench.errors import DatasetUnknown
from workbench.evaluation.gate import Candidate, decide
from workbench.jobs.describe import best_baseline
from workbench.jobs.training import PREDICTIONS
from workbench.jobs.workspace import Workspace
from workbench.plots.comparison import SideBySide, side_by_side
from workbench.records import Decision, ModelType
from workbench.store import performance
from workbench.store.performance import ModelRow
from workbench.tracking.models import set_champion


@dataclass(frozen=True)
class Verdict:
    """The challenger, the champion it met (None when there was none) and what the gate said."""

    challenger: ModelRow
    champion: ModelRow | None
    decision: Decision


def consider(workspace: Workspace, model_type: ModelType, version: str) -> Verdict:
    """Judge the newest model of ``model_type`` on dataset ``version`` against the live one.

    Raises:
        DatasetUnknown: no model was trained on that version.
    """
    with connect(workspace.url) as connection:
        challenger = performance.newest(connection, model_type, version)
        champion = performance.active(connection, model_type)
    if challenger is None:
        raise DatasetUnknown(version=version, known=f"no {model_type} was trained on it")
    if champion is not None and champion.run_id == challenger.run_id:
        return Verdict(challenger, champion, Decision(False, ("It is live already.",)))
    rival = _candidate(workspace, champion) if champion else None
    return Verdict(challenger, champion, decide(_candidate(workspace, challenger), rival))


def promote(workspace: Workspace, verdict: Verdict) -> bool:
    """Make an accepted challenger live: one transaction in PostgreSQL, then MLflow's alias follows."""
    if not verdict.decision.promote:
        return False
    row = verdict.challenger
    with connect(workspace.url) as connection:
        changed = performance.promote(connection, row.model_type, row.run_id)
    set_champion(workspace.tracker, row.model_name, row.model_version)
    return changed


def _candidate(workspace: Workspace, row: ModelRow) -> Candidate:
    with tempfile.TemporaryDirectory() as scratch:
        text = workspace.tracker.read_table(row.run_id, PREDICTIONS, Path(scratch))
    predictions = pd.read_json(io.StringIO(text), orient="split", dtype={"id": str})
    baselines = {name: scores["accuracy"] for name, scores in row.metrics["baselines"].items()}
    name = f"{row.model_name} {row.model_version}"
    return Candidate(name, row.dataset_version, row.metrics["accuracy"], baselines, predictions)


def in_words(verdicts: Sequence[Verdict]) -> str:
    """Markdown: for each challenger the decision and every reason."""
    lines = []
    for verdict in verdicts:
        row = verdict.challenger
        answer = "goes live" if verdict.decision.promote else "does not go live"
        lines += [f"### {row.model_type} {row.model_version} {answer}", ""]
        lines += [f"- {reason}" for reason in verdict.decision.reasons] + [""]
    return "\n".join(lines)


def figure(verdicts: Sequence[Verdict]) -> Figure:
    """Challenger, champion and best baseline of each model type."""
    rows = []
    for verdict in verdicts:
        challenger, champion = verdict.challenger, verdict.champion
        _, best = best_baseline(challenger.metrics["baselines"])
        met = champion if champion is not None and champion.run_id != challenger.run_id else None
        comparable = met is not None and met.dataset_version == challenger.dataset_version
        beside = float(met.metrics["accuracy"]) if met is not None and comparable else None
        rows.append(SideBySide(challenger.model_type, float(challenger.metrics["accuracy"]), beside, float(best)))
    return side_by_side(rows)
