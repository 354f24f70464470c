"""The reviewer's page of a model: written to a file, and kept with its run in MLflow."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.db.connection import connect
from workbench.errors import FileUnwritable, RunUnknown
from workbench.evaluation.gate import Candidate, Meeting, meet
from workbench.evaluation.verdict import Check, Decision
from workbench.jobs import model_card, review_parts
from workbench.jobs.answers import recorded_answers
from workbench.jobs.consider import Verdict, consider_model
from workbench.jobs.models import find
from workbench.jobs.pages import Block, to_html, to_markdown
from workbench.jobs.workspace import Workspace
from workbench.store import deployments, models
from workbench.store.deployments import Event
from workbench.store.models import Model
from workbench.tracking.items import FileItem, Note

FOLDER, PAGE = "review", "review.html"
# What MLflow takes as a description.
LONGEST_NOTE = 8000


@dataclass(frozen=True)
class Review:
    verdict: Verdict
    title: str
    blocks: tuple[Block, ...]

    @property
    def html(self) -> str:
        return to_html(self.title, self.blocks)

    @property
    def markdown(self) -> str:
        return to_markdown(self.title, self.blocks, LONGEST_NOTE)

    def as_json(self) -> dict[str, Any]:
        model, champion = self.verdict.challenger, self.verdict.champion
        return {
            "model": model.name,
            "model_type": model.model_type,
            "run_id": model.run_id or None,
            "dataset_version": model.dataset_version or None,
            "is_active": model.is_active,
            "beside": champion.name if champion and champion.id != model.id else None,
            "metrics": model.metrics,
            "parameters": model.parameters,
            "decision": self.verdict.decision.as_json(),
        }


def review_of(workspace: Workspace, name: str) -> Review:
    """Of a model that went live, what was said then; of any other, what the gate says now. Writes nothing.

    Raises:
        ModelUnknown, ModelAmbiguous, GatesInvalid
    """
    model = find(workspace.url, name)
    with connect(workspace.url) as connection:
        events = deployments.events(connection, model.model_type)
    went_live = [event for event in events if event.kind == "promote" and event.after and event.after.id == model.id]
    if went_live and went_live[-1].gate_report:
        return review(workspace, _as_it_was(workspace, model, went_live[-1]))
    return review(workspace, consider_model(workspace, model))


def review(workspace: Workspace, verdict: Verdict) -> Review:
    model = verdict.challenger
    answer = "may go live" if verdict.decision.promote else "does not go live"
    if model.is_active:
        answer = "is live"
    return Review(verdict, f"{model.name} {answer}", tuple(_blocks(workspace, verdict)))


def keep_review(workspace: Workspace, verdict: Verdict) -> Review:
    """The page as a file of the model's run, and the same words as the run's description."""
    made = review(workspace, verdict)
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / PAGE
        page.write_text(made.html, encoding="utf-8")
        workspace.tracker.log(verdict.challenger.run_id, [FileItem(page, FOLDER), Note(made.markdown)])
    return made


def write_page(made: Review, path: Path) -> None:
    """
    Raises:
        FileUnwritable
    """
    try:
        path.write_text(made.html, encoding="utf-8")
    except OSError as exc:
        raise FileUnwritable(path=path, reason=exc.strerror or str(exc)) from exc


def _blocks(workspace: Workspace, verdict: Verdict) -> Iterator[Block]:
    model = verdict.challenger
    with connect(workspace.url) as connection:
        events = deployments.events(connection, model.model_type)
        sources = models.sources(connection, model.dataset_version)
    met = _meeting(verdict)
    cost = verdict.ours.cost if verdict.ours else None
    spent = f", {cost.megabytes:.1f} MB, {cost.milliseconds:.1f} ms a prompt without embedding it" if cost else ""
    labels = len(set(verdict.ours.predictions["truth"])) if verdict.ours else 0
    yield from review_parts.verdict_part(verdict)
    yield from review_parts.look_at_part(verdict, met)
    yield from model_card.what_it_is(model, spent)
    yield from review_parts.scores_part(verdict, met)
    yield from review_parts.changes_part(verdict, met)
    yield from review_parts.calibration_part(verdict, met)
    yield from model_card.history(model, events)
    yield from model_card.card(model, sources, labels)


def _meeting(verdict: Verdict) -> Meeting | None:
    if verdict.ours is None or verdict.theirs is None or verdict.theirs.unmet:
        return None
    try:
        return meet(verdict.ours, verdict.theirs)
    except ValueError:
        return None


def _as_it_was(workspace: Workspace, model: Model, event: Event) -> Verdict:
    """The verdict by which the model went live, beside what was live before."""
    said = event.gate_report or {}
    checks = tuple(Check(**check) for check in said.get("checks", []))
    decision = Decision(bool(said.get("promote")), checks, event.gates_sha256)
    before = None
    if event.before is not None:
        with connect(workspace.url) as connection:
            before = models.by_id(connection, event.before.id)
    ours = _recorded(workspace, model)
    return Verdict(model, before, decision, ours, _recorded(workspace, before) if before and ours else None)


def _recorded(workspace: Workspace, model: Model) -> Candidate | None:
    try:
        predictions = recorded_answers(workspace, model)
    except RunUnknown:
        return None
    baselines = {name: scores["accuracy"] for name, scores in model.metrics.get("baselines", {}).items()}
    accuracy = float(model.metrics.get("accuracy", model.accuracy or 0.0))
    return Candidate(model.name, model.model_type, model.dataset_version, accuracy, baselines, predictions)
