"""Put a challenger before the gate and, where it says yes, make it live."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from workbench.db.connection import connect
from workbench.errors import AlreadyLive, DatasetUnknown, GateRefused, ReasonMissing
from workbench.jobs.consider import Verdict, consider_model
from workbench.jobs.describe import best_baseline
from workbench.jobs.go_live import alone, carry_out_order, who
from workbench.jobs.workspace import Workspace
from workbench.plots.comparison import SideBySide, side_by_side
from workbench.records import ModelType
from workbench.store import models
from workbench.store.deployments import Order
from workbench.store.models import Model

ACCEPTED = "The gate accepted it."
WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Override:
    """A person decides against the gate, and says why."""

    reason: str


def consider(workspace: Workspace, model_type: ModelType, version: str) -> Verdict:
    """Judge the newest model of ``model_type`` on dataset ``version`` against the live one.

    Raises:
        DatasetUnknown: no model was trained on that version.
        GatesInvalid
    """
    with connect(workspace.url) as connection:
        found = models.of_type(connection, model_type)
    challenger = next((model for model in found if model.dataset_version == version), None)
    if challenger is None:
        raise DatasetUnknown(version=version, known=f"no {model_type} was trained on it")
    return consider_model(workspace, challenger)


def promote(workspace: Workspace, verdict: Verdict) -> bool:
    """Make an accepted challenger live: one transaction in PostgreSQL, then MLflow's alias follows. False where the
    gate said no.

    Raises:
        ChampionChanged: another model went live since the gate was asked.
        AliasNotMoved, DeploymentBusy
    """
    if not verdict.decision.promote:
        return False
    kind = verdict.challenger.model_type
    with alone(workspace, kind, WAIT_SECONDS):
        carry_out_order(workspace, _order(verdict, ACCEPTED), verdict.challenger)
    return True


def ask(workspace: Workspace, model: Model) -> Verdict:
    """What the gate says of ``model``; nothing changes.

    Raises:
        AlreadyLive, GatesInvalid
    """
    verdict = consider_model(workspace, model)
    if verdict.champion is not None and verdict.champion.id == model.id:
        raise AlreadyLive(model=model.name)
    return verdict


def check_accepted(verdict: Verdict) -> None:
    """
    Raises:
        GateRefused
    """
    if not verdict.decision.promote:
        against = " ".join(check.sentence for check in verdict.decision.against)
        raise GateRefused(model=verdict.challenger.name, reasons=against)


def promote_model(
    workspace: Workspace,
    model: Model,
    override: Override | None = None,
    wait_seconds: float = WAIT_SECONDS,
    told: Callable[[Verdict], None] = lambda _: None,
) -> Verdict:
    """Judge ``model`` and make it live, while nobody else changes what is live of its type. ``told`` hears the verdict
    before anything happens.

    Raises:
        GateRefused: the gate said no, and nobody overrode it.
        ReasonMissing: an override without a reason.
        AlreadyLive, AliasNotMoved, DeploymentBusy
    """
    if override is not None and not override.reason.strip():
        raise ReasonMissing(what="--override")
    with alone(workspace, model.model_type, wait_seconds):
        verdict = ask(workspace, model)
        told(verdict)
        if override is None:
            check_accepted(verdict)
        overridden = override is not None and not verdict.decision.promote
        reason = override.reason if override is not None else ACCEPTED
        carry_out_order(workspace, _order(verdict, reason, overridden), model)
    return verdict


def _order(verdict: Verdict, reason: str, is_override: bool = False) -> Order:
    before = verdict.champion.id if verdict.champion else None
    kind, after = verdict.challenger.model_type, verdict.challenger.id
    return Order("promote", kind, before, after, who(), reason, is_override, verdict.decision)


def in_words(verdicts: Sequence[Verdict]) -> str:
    """Markdown: for each challenger the decision and every reason, what speaks against it first."""
    lines = []
    for verdict in verdicts:
        row = verdict.challenger
        answer = "goes live" if verdict.decision.promote else "does not go live"
        lines += [f"### {row.model_type} {row.model_version} {answer}", ""]
        checks = sorted(verdict.decision.checks, key=lambda check: check.passed)
        lines += [f"- {check.sentence if check.passed else f'**{check.sentence}**'}" for check in checks] + [""]
    return "\n".join(lines)


def figure(verdicts: Sequence[Verdict]) -> Figure:
    """Challenger, champion and best baseline of each model type; the champion where it met the same prompts."""
    rows = []
    for verdict in verdicts:
        challenger, met = verdict.challenger, verdict.theirs
        _, best = best_baseline(challenger.metrics["baselines"])
        beside = None
        if met is not None and not met.unmet and len(met.predictions):
            beside = float(met.predictions["correct"].mean())
        rows.append(SideBySide(challenger.model_type, float(challenger.metrics["accuracy"]), beside, float(best)))
    return side_by_side(rows)
