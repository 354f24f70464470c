"""The frozen values handed from room to room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ModelType = Literal["intent_classifier", "complexity_model", "technique_selector"]
MODEL_TYPES: tuple[ModelType, ...] = ("intent_classifier", "complexity_model", "technique_selector")
SHORT_NAMES: dict[str, ModelType] = {
    "intent": "intent_classifier",
    "complexity": "complexity_model",
    "selector": "technique_selector",
}
Budget = Literal["quick", "standard", "thorough"]
BUDGETS: tuple[Budget, ...] = ("quick", "standard", "thorough")
DIMENSIONS = 384
LAYERS = 2

Matrix = NDArray[np.float32]
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class TrainingSet:
    """The labelled prompts of one dataset version.

    ``frame`` has one row a prompt, ordered by prompt digest: ``id`` and ``prompt_text`` (str), ``primary`` (path),
    ``secondary`` (list of paths), ``complexity`` (float, NaN where unlabelled), ``techniques`` (list of codes, empty
    where unlabelled), ``is_test`` (bool). ``embeddings`` has shape (rows, 384), float32, one row a prompt; ``layers``
    (rows, 768) holds what two lower layers of the same encoder make of it, None where nobody asked for that yet.
    ``digest`` is a sha256 over texts, labels and splits.
    """

    version: str
    frame: pd.DataFrame
    embeddings: Matrix
    embedding_space: str
    digest: str
    layers: Matrix | None = None


@dataclass(frozen=True)
class Technique:
    """A row of the techniques table, as far as models use it."""

    id: str
    code: str
    name: str
    complexity_level: int
    base_effectiveness: float
    effectiveness_variance: float
    is_active: bool


@dataclass(frozen=True)
class Recipe:
    """What to train: everything that decides the result besides the data."""

    model_type: ModelType
    dataset_version: str
    seed: int = 20260101
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Examples:
    """One split. ``X`` is what estimators take: a frame with ``prompt_text``, ``embedding`` (float32 arrays of 384)
    and, where the training set has them, ``layers`` (float32 arrays of 768). Where an encoder was tuned on the training
    rows, ``tuned`` holds its log-probabilities of the sorted labels (float32 arrays), unseen ones for those rows.

    ``secondary`` are the further intents of each row, and empty where nobody asked for them.
    """

    X: pd.DataFrame
    y: NDArray[Any]
    ids: tuple[str, ...]
    secondary: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Split:
    train: Examples
    test: Examples


@dataclass(frozen=True)
class Fitted:
    """A fitted estimator with its labels in column order and the seconds that fitting took."""

    estimator: Any
    labels: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Report:
    """What the test split says of a model, once.

    ``accuracy`` and ``macro_f1`` are defined for each model type in ``mlflow/metrics.md``. ``metrics`` holds every
    other number by name, ``baselines`` the same headline numbers of each baseline, ``per_class`` one row a class
    (precision, recall, f1, support) and ``predictions`` one row a test prompt (id, truth, predicted, confidence,
    correct, and of models of a single label probability_of_truth). ``tables`` holds by name what is more than a number:
    curves, sets, confusions, comparisons with the baselines, each with its intervals.
    """

    model_type: ModelType
    accuracy: float
    macro_f1: float
    metrics: Mapping[str, float]
    baselines: Mapping[str, Mapping[str, float]]
    per_class: pd.DataFrame
    predictions: pd.DataFrame
    n_train: int
    n_test: int
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class RunRef:
    """A model as MLflow knows it. ``sha256`` is the digest of the model file."""

    run_id: str
    experiment_id: str
    model_name: str
    model_version: str
    sha256: str


@dataclass(frozen=True)
class Decision:
    """What the gate says of a challenger: yes or no, and the sentences why."""

    promote: bool
    reasons: tuple[str, ...]


def layers_of(space: str) -> str:
    """The space of what the lower layers of an encoder say, by the encoder's own space."""
    return f"{space}/layers"
