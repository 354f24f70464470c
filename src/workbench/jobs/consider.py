"""Hold a model against the live one, by the rules of the gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from workbench.db.connection import connect
from workbench.errors import RunUnknown
from workbench.evaluation.data_contract import data_checks
from workbench.evaluation.gate import Candidate, decide
from workbench.evaluation.gate_rules import Rules
from workbench.evaluation.verdict import Check, Decision
from workbench.jobs.answers import recorded_answers
from workbench.jobs.deployment_history import replay
from workbench.jobs.examine import Examined, examine
from workbench.jobs.gates import read_gates
from workbench.jobs.ground import Ground, ground_of
from workbench.jobs.judge_again import judge_again
from workbench.jobs.models import find
from workbench.jobs.workspace import Workspace
from workbench.store import deployments, models
from workbench.store.models import Model


@dataclass(frozen=True)
class Verdict:
    """The challenger, the champion it met (None when there was none) and what the gate said; ``ours`` and ``theirs``
    are what it was said of, None where it could not come to that."""

    challenger: Model
    champion: Model | None
    decision: Decision
    ours: Candidate | None = None
    theirs: Candidate | None = None


def consider_model(workspace: Workspace, model: Model) -> Verdict:
    """Judge ``model`` by the gates, beside the live model of its type. Writes nothing.

    Raises:
        GatesInvalid
    """
    gates = read_gates(workspace.settings)
    rules = gates.rules[model.model_type]
    with connect(workspace.url) as connection:
        found = models.of_type(connection, model.model_type)
        events = deployments.events(connection, model.model_type)
    champion = next((other for other in found if other.is_active), None)
    if champion is not None and champion.id == model.id:
        return Verdict(model, champion, _no(gates.sha256, Check("champion", False, "It is live already.")))
    undone = replay(events).undone.get(model.id)
    findings = [_not_taken_back(undone)] if undone else []
    try:
        recorded = recorded_answers(workspace, model)
    except RunUnknown as exc:
        return Verdict(model, champion, _no(gates.sha256, *findings, Check("predictions", False, str(exc))))
    ground = ground_of(workspace.url, model.model_type, model.dataset_version)
    examined = examine(workspace, model, None if isinstance(ground, str) else ground, recorded)
    findings += [*examined.checks, *_of_data(model, ground, rules)]
    ours = _candidate(model, recorded, examined)
    theirs = None if champion is None else _rival(workspace, champion, model, ground)
    decision = replace(decide(ours, theirs, rules, findings), gates_sha256=gates.sha256)
    return Verdict(model, champion, decision, ours, theirs)


def consider_run(workspace: Workspace, run_id: str) -> Verdict:
    """The model that the run made, by the gates.

    Raises:
        ModelUnknown: no results of that run were written back.
        GatesInvalid
    """
    return consider_model(workspace, find(workspace.url, run_id))


def _no(sha256: str, *checks: Check) -> Decision:
    return Decision(False, checks, sha256)


def _not_taken_back(event: deployments.Event) -> Check:
    said = f"It was taken back on {event.at:%Y-%m-%d} ({event.reason}): a person has to decide."
    return Check("not_taken_back", False, said, {"event": event.id})


def _of_data(model: Model, ground: Ground | str, rules: Rules) -> Sequence[Check]:
    if isinstance(ground, str):
        return [Check("data_unchanged", False, ground)]
    return data_checks(ground.training_set, str(model.parameters.get("dataset_sha256", "")), rules.data)


def _candidate(model: Model, predictions: pd.DataFrame, examined: Examined | None) -> Candidate:
    baselines = {name: scores["accuracy"] for name, scores in model.metrics.get("baselines", {}).items()}
    accuracy = float(model.metrics.get("accuracy", model.accuracy or 0.0))
    labels = examined.fitted.labels if examined and examined.fitted else ()
    cost = examined.cost if examined else None
    kind, version = model.model_type, model.dataset_version
    return Candidate(model.name, kind, version, accuracy, baselines, predictions, labels, cost)


def _rival(workspace: Workspace, champion: Model, challenger: Model, ground: Ground | str) -> Candidate:
    """The champion with answers on the challenger's test prompts: its recorded ones where the data are the same, else
    new ones."""
    digests = [str(model.parameters.get("dataset_sha256", model.id)) for model in (champion, challenger)]
    try:
        recorded = recorded_answers(workspace, champion)
    except RunUnknown:
        recorded = pd.DataFrame()
    known = _candidate(champion, recorded, None)
    if digests[0] == digests[1] and not recorded.empty:
        return known
    if isinstance(ground, str):
        return replace(known, unmet=ground.rstrip("."))
    return judge_again(workspace, champion, known, ground)
