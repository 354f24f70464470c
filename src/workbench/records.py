"""The frozen values handed from room to room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

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
    ``digest`` is a sha256 over texts, labels and splits. ``words`` is what the taxonomy says of the intents, with the
    same encoder's vectors, None where nobody embedded it.
    """

    version: str
    frame: pd.DataFrame
    embeddings: Matrix
    embedding_space: str
    digest: str
    layers: Matrix | None = None
    words: Examples | None = None


@dataclass(frozen=True)
class Technique:
    """A row of the techniques table, as far as models use it. Context lengths are characters of the prompt."""

    id: str
    code: str
    name: str
    complexity_level: int
    base_effectiveness: float
    effectiveness_variance: float
    is_active: bool
    category: str = ""
    description: str = ""
    prerequisites: tuple[str, ...] = ()
    is_experimental: bool = False
    requires_examples: bool = False
    min_context_length: int = 0
    max_context_length: int = 10_000


@dataclass(frozen=True)
class DecisionLog:
    """Decisions whose outcome is known, ordered by time and id.

    ``frame`` has one row a decision: ``id`` (str), ``prompt`` (a key, equal for equal prompts), ``intent`` (path, None
    where unknown), ``complexity`` (float, NaN where unknown), ``domain`` and ``user`` (str or None; the user is a
    pseudonym), ``language_model`` ("" where unknown), ``policy``, ``arm`` (codes of the chosen techniques in order,
    joined by ";", "" for none), ``reward`` (0 to 1), ``propensity`` (of the arm, NaN where not recorded),
    ``cost_tokens`` and ``latency_ms`` (NaN where unknown), ``is_synthetic``, ``decided_at``. ``embeddings`` has shape
    (rows, 384), float32, NaN where the prompt has none. ``recorded`` has shape (rows, techniques): the recorded
    probability that each of ``techniques`` was to be among the chosen, NaN where not recorded.
    """

    frame: pd.DataFrame
    embeddings: Matrix
    techniques: tuple[str, ...]
    recorded: Vector


@dataclass(frozen=True)
class Decided:
    """A live decision about a prompt, as it is logged; techniques are codes.

    ``propensities`` says of each technique that could have been chosen with what probability it was to be among the
    chosen, ``propensity`` the probability of the chosen set as a whole; empty and None where nobody knows. Of
    ``prompt`` the log keeps a digest alone. ``user_pseudonym`` is that of ``users`` and never the user's id.
    ``embedding`` has shape (384,), float32, in ``embedding_space``.
    """

    prompt: str
    chosen: Sequence[str]
    policy: str
    propensities: Mapping[str, float] = field(default_factory=dict)
    propensity: float | None = None
    policy_version: str | None = None
    is_exploration: bool | None = None
    intent: str | None = None
    intent_probabilities: Mapping[str, float] | None = None
    complexity: int | None = None
    domain: str | None = None
    user_pseudonym: UUID | None = None
    language_model: str | None = None
    cost_tokens: int | None = None
    latency_ms: int | None = None
    embedding: Matrix | None = None
    embedding_space: str | None = None
    is_synthetic: bool = False


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
    """``words`` are texts that the taxonomy holds of intents: learnt from like prompts, but none."""

    train: Examples
    test: Examples
    words: Examples | None = None

    @property
    def learnt(self) -> Examples:
        """The training prompts and, after them, the words of their labels as far as all columns are known of them."""
        words, train = self.words, self.train
        rows = self._word_rows
        if words is None or not len(rows):
            return train
        X = pd.concat([train.X, words.X[list(train.X.columns)].iloc[rows]], ignore_index=True)
        secondary = train.secondary and train.secondary + ((),) * len(rows)
        ids = train.ids + tuple(words.ids[row] for row in rows)
        return Examples(X, np.concatenate([train.y, words.y[rows]]), ids, secondary)

    @property
    def is_prompt(self) -> NDArray[np.bool_]:
        """Which rows of ``learnt`` are prompts."""
        return np.arange(len(self.train.y) + len(self._word_rows)) < len(self.train.y)

    @property
    def _word_rows(self) -> NDArray[np.intp]:
        words, train = self.words, self.train
        if words is None or not set(train.X.columns) <= set(words.X.columns):
            return np.array([], dtype=np.intp)
        return np.flatnonzero(np.isin(words.y, train.y))


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
