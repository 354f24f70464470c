"""What the live models make of a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workbench.db.connection import connect
from workbench.errors import IntentUnknown, ModelNotLive
from workbench.jobs.encoder import SentenceEncoder
from workbench.jobs.load_model import load_model
from workbench.jobs.predict import frame_of, tuned_space_of
from workbench.jobs.registered_encoder import load_encoder
from workbench.jobs.workspace import Workspace
from workbench.models.build import labels_of
from workbench.records import SHORT_NAMES, Fitted, ModelType
from workbench.store import performance, training
from workbench.store.performance import ModelRow

SHORT = {model_type: short for short, model_type in SHORT_NAMES.items()}
# Intents below it are left out; together they are what nobody would miss.
LEAST = 0.01
MOST_NAMED = 8


@dataclass(frozen=True)
class Live:
    """A live model out of its file."""

    row: ModelRow
    fitted: Fitted

    @property
    def name(self) -> str:
        return f"{SHORT[self.row.model_type]}@{self.row.model_version}"


def live_model(workspace: Workspace, model_type: ModelType, why: str, otherwise: str = "") -> Live:
    """
    Raises:
        ModelNotLive: ``why`` one is needed and what may be done ``otherwise`` are part of the message.
        ModelFileRefused
    """
    with connect(workspace.url) as connection:
        row = performance.active(connection, model_type)
    if row is None:
        raise ModelNotLive(model_type=model_type, short=SHORT[model_type], why=why, otherwise=otherwise)
    estimator = load_model(workspace, row.run_id)
    return Live(row, Fitted(estimator, labels_of(estimator), 0.0))


def intents_of(workspace: Workspace, encoder: SentenceEncoder, prompt: str) -> tuple[Mapping[str, float], str]:
    """The probability of each intent that is not negligible, the likeliest first, out of scope left out; and which
    model says so."""
    live = live_model(workspace, "intent_classifier", "the prompt's intent is asked of it", ", or give --intent")
    probabilities = _probabilities(workspace, live, encoder, prompt)
    outside = str(getattr(live.fitted.estimator[-1], "out_of_scope", None) or "")
    pairs = sorted(zip(live.fitted.labels, probabilities.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
    return {label: share for label, share in pairs if share >= LEAST and label != outside}, live.name


def complexity_of(workspace: Workspace, encoder: SentenceEncoder, prompt: str) -> tuple[float, str]:
    """The expected level, and which model says so."""
    why = "the prompt's complexity is asked of it"
    live = live_model(workspace, "complexity_model", why, ", or give --complexity")
    levels = np.array([float(label) for label in live.fitted.labels])
    return float(_probabilities(workspace, live, encoder, prompt) @ levels), live.name


def check_intent(url: str, intent: str) -> None:
    """
    Raises:
        IntentUnknown: no active intent has that path.
    """
    with connect(url) as connection:
        known = sorted(training.intent_names(connection))
    if intent not in known:
        near = [path for path in known if path.split(".")[0] == intent.split(".")[0]] or known
        raise IntentUnknown(intent=intent, known=", ".join(near[:MOST_NAMED]) or "none")


def _probabilities(workspace: Workspace, live: Live, encoder: SentenceEncoder, prompt: str) -> np.ndarray:
    estimator, tuned = live.fitted.estimator, None
    if tuned_space_of(estimator) is not None:
        version = workspace.tracker.parameters(live.row.run_id).get("encoder_version", "")
        tuned = load_encoder(workspace, version)
    found: np.ndarray = estimator.predict_proba(frame_of(estimator, [prompt], encoder, tuned))[0]
    return found
