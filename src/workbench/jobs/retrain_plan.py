"""Which notebooks a retraining runs, with what parameters, and what it rests on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.db.connection import Connection
from workbench.jobs import notebook
from workbench.records import SHORT_NAMES, ModelType
from workbench.resources import source_files
from workbench.store import effectiveness, retraining, training

PARENT = "retraining"
EFFECTIVENESS = "technique_effectiveness"


@dataclass(frozen=True)
class Step:
    """A notebook and the experiment of its run; steps without one of their own log to the parent run."""

    notebook: str
    experiment: str

    @property
    def has_own_run(self) -> bool:
        return self.experiment != PARENT


TRAINING: dict[ModelType, Step] = {
    "intent_classifier": Step("02_train_intent_classifier", "intent_classifier"),
    "complexity_model": Step("03_train_complexity_model", "complexity_model"),
    "technique_selector": Step("04_train_technique_selector", "technique_selector"),
}
EXPLORE = Step("01_explore_training_data", PARENT)
ESTIMATE = Step("05_estimate_effectiveness", EFFECTIVENESS)
COMPARE = Step("06_compare_and_promote", PARENT)

# What has to be the same to go on with a retraining, in the words in which a person is told that it is not.
INPUTS = {
    "dataset": "the labelled prompts have changed",
    "taxonomy": "the taxonomy has changed",
    "encoder": "the encoder is another one",
    "parameters": "the parameters are others",
    "notebooks": "a notebook has changed",
    "code": "the workbench's own code has changed",
}


@dataclass(frozen=True)
class Plan:
    """What is retrained, on what, by which notebooks; ``models`` are short names in the order of ``SHORT_NAMES``."""

    version: str
    models: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def model_types(self) -> list[ModelType]:
        return [SHORT_NAMES[name] for name in self.models]

    def parameters(self, step: Step, run_id: str) -> dict[str, str]:
        found = {"dataset_version": self.version, "run_id": run_id}
        return found | ({"models": ",".join(self.models)} if step == COMPARE else {})


def steps_for(models: Sequence[str], has_history: bool) -> list[Step]:
    """All six notebooks for all models; effectiveness where the selector is trained and there is history to learn
    from."""
    chosen = [SHORT_NAMES[name] for name in SHORT_NAMES if name in models]
    estimate = [ESTIMATE] if has_history and "technique_selector" in chosen else []
    return [EXPLORE, *(TRAINING[model] for model in chosen), *estimate, COMPARE]


def make_plan(connection: Connection, version: str, models: Sequence[str]) -> Plan:
    """
    Raises:
        NotebookMissing, NotebookParameterUnknown, NotebookParameterSecret: before any kernel starts.
    """
    steps = steps_for(models, effectiveness.has_outcomes(connection))
    plan = Plan(version, tuple(name for name in SHORT_NAMES if name in models), tuple(steps))
    for step in steps:
        notebook.check_parameters(step.notebook, plan.parameters(step, ""))
    return plan


def inputs_of(connection: Connection, plan: Plan, encoder: str) -> dict[str, str]:
    """A digest of each thing that decides what comes out; ``encoder`` is the embedding space."""
    given = {step.notebook: plan.parameters(step, "") for step in plan.steps}
    return {
        "dataset": training.digest(connection, plan.version),
        "taxonomy": retraining.taxonomy(connection),
        "encoder": encoder,
        "parameters": _digest(json.dumps(given, sort_keys=True)),
        "notebooks": _digest(*(notebook.digest(step.notebook) for step in plan.steps)),
        "code": _digest(*(path.read_text(encoding="utf-8") for path in source_files())),
    }


def differences(before: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """In words, what is not the same."""
    return [said for name, said in INPUTS.items() if before.get(name) != now.get(name)]


def _digest(*texts: str) -> str:
    hasher = hashlib.sha256()
    for text in texts:
        hasher.update(hashlib.sha256(text.encode()).digest())
    return hasher.hexdigest()
