"""What the technique selector learns from besides labels, out of the database."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.db.connection import connect
from workbench.jobs.encoder import find_encoder
from workbench.jobs.predict import vectors_of
from workbench.jobs.workspace import Workspace
from workbench.models.selector_costs import guessed_tokens
from workbench.models.selector_evidence import Evidence, evidence_of
from workbench.records import DIMENSIONS, Recipe, Technique, Vector
from workbench.settings import Settings
from workbench.store import decisions, training

SYNTHETIC = "synthetic_outcomes"


def load_evidence(workspace: Workspace, recipe: Recipe, techniques: Sequence[Technique]) -> Evidence | None:
    """For the selector: logged decisions with their outcome (simulated ones only where the recipe's option
    ``synthetic_outcomes`` asks for them), what techniques are described as, and guesses of their tokens. None for other
    models."""
    if recipe.model_type != "technique_selector":
        return None
    with connect(workspace.url) as connection:
        log = decisions.read_log(connection)
    described = described_as(workspace.settings, techniques)
    return evidence_of(log, described, tokens_of(workspace.url, techniques), bool(recipe.options.get(SYNTHETIC)))


def described_as(settings: Settings, techniques: Sequence[Technique]) -> Vector:
    """Shape (techniques, 384): embeddings of names and descriptions."""
    texts = [f"{technique.name}. {technique.description}" for technique in techniques]
    if not texts:
        return np.empty((0, DIMENSIONS))
    return np.asarray(vectors_of(find_encoder(settings), texts), dtype=np.float64)


def tokens_of(url: str, techniques: Sequence[Technique]) -> Vector:
    """Shape (techniques,): guesses by the length of each technique's patterns."""
    with connect(url) as connection:
        lengths = training.pattern_lengths(connection)
    return guessed_tokens([lengths.get(technique.code, np.nan) for technique in techniques])
