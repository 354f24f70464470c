"""From a frame of prompts to the matrix that linear models take."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from workbench.features.linguistic import FEATURES, feature_matrix
from workbench.models.kernel import View
from workbench.records import DIMENSIONS, LAYERS, Matrix, Vector

# Bounds on the vocabulary: a model's size is classes times these, whatever the number of prompts.
MOST_WORDS = 20_000
MOST_CHARACTERS = 30_000


class EmbeddingColumn(TransformerMixin, BaseEstimator):
    """A column of arrays to one matrix of shape (rows, 384)."""

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:  # noqa: ARG002
        self.n_features_in_ = 1
        return self

    def transform(self, X: pd.DataFrame) -> Matrix:
        column = X.iloc[:, 0]
        return np.stack(column.to_list()).astype(np.float32) if len(column) else np.empty((0, DIMENSIONS), np.float32)


class LayerColumn(TransformerMixin, BaseEstimator):
    """One layer of a column of arrays that hold ``LAYERS`` of them, shape (rows, 384), rows of length 1."""

    def __init__(self, layer: int = 0) -> None:
        self.layer = layer

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:  # noqa: ARG002
        self.n_features_in_ = 1
        return self

    def transform(self, X: pd.DataFrame) -> Matrix:
        part = slice(self.layer * DIMENSIONS, (self.layer + 1) * DIMENSIONS)
        rows = [np.asarray(row, np.float32)[part] for row in X.iloc[:, 0]]
        found = np.stack(rows) if rows else np.empty((0, DIMENSIONS), np.float32)
        return found * np.float32(LAYERS**0.5)


class TunedColumn(TransformerMixin, BaseEstimator):
    """A column of arrays of log-probabilities by a fine-tuned encoder, named by its ``space``, shape (rows, width)."""

    def __init__(self, space: str = "", width: int = 0) -> None:
        self.space = space
        self.width = width

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:  # noqa: ARG002
        self.n_features_in_ = 1
        return self

    def transform(self, X: pd.DataFrame) -> Matrix:
        column = X.iloc[:, 0]
        return np.stack(column.to_list()).astype(np.float32) if len(column) else np.empty((0, self.width), np.float32)


class LinguisticColumn(TransformerMixin, BaseEstimator):
    """A column of texts to the documented linguistic features, shape (rows, features).

    ``precision`` is float64 or float32; beside blocks of float32 the former would double the memory of them all.
    """

    def __init__(self, precision: str = "float64") -> None:
        self.precision = precision

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        self.n_features_in_ = 1
        return self

    def transform(self, X: Any) -> Vector:
        return feature_matrix([str(text) for text in X]).astype(self.precision)

    def get_feature_names_out(self, input_features: Any = None) -> Any:  # noqa: ARG002
        return np.asarray(list(FEATURES), dtype=object)


class CompactTfidfVectorizer(TfidfVectorizer):
    """The same, but texts without a single term are no error, and its vocabulary is saved as one text instead of one
    object a term, which skops takes a minute for.

    No term holds a line break: words and character n-grams within words never contain white space but the space.
    """

    def decode(self, doc: Any) -> str:
        """
        Raises:
            ValueError: the prompt is no text.
        """
        if not isinstance(doc, str):
            raise ValueError(f"every prompt has to be a text, got {doc!r}")
        return doc

    def fit(self, raw_documents: Any, y: Any = None) -> Self:
        self.fit_transform(raw_documents, y)
        return self

    def fit_transform(self, raw_documents: Any, y: Any = None) -> Any:
        texts = list(raw_documents)
        analyse = self.build_analyzer()
        if any(analyse(text) for text in texts):
            return super().fit_transform(texts, y)
        # One column, empty for all of them.
        return super().fit_transform([*texts, "prompt"], y)[: len(texts)]

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "vocabulary_" in state:
            state["vocabulary_"] = "\n".join(sorted(self.vocabulary_, key=self.vocabulary_.__getitem__))
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        if "vocabulary_" in state:
            state["vocabulary_"] = {term: index for index, term in enumerate(state["vocabulary_"].split("\n"))}
        super().__setstate__(state)


def joined_columns(
    word_weight: float = 0.8,
    character_weight: float = 0.8,
    linguistic_weight: float = 0.02,
    layers: int = 0,
    tuned: TunedColumn | None = None,
) -> ColumnTransformer:
    """Embedding, so many layers, word n-grams, character n-grams, linguistic features and, where an encoder was tuned,
    what that one says: one sparse matrix.

    Each n-gram block has rows of length 1 like the embedding, so a weight is a share of the joint inner product.
    """
    one_letter_words_too = r"(?u)\b\w+\b"
    words = CompactTfidfVectorizer(
        ngram_range=(1, 2),
        sublinear_tf=True,
        token_pattern=one_letter_words_too,
        max_features=MOST_WORDS,
        dtype=np.float32,
    )
    characters = CompactTfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, max_features=MOST_CHARACTERS, dtype=np.float32
    )
    return ColumnTransformer(
        [
            ("embedding", EmbeddingColumn(), ["embedding"]),
            *((f"layer {place + 1}", LayerColumn(place), ["layers"]) for place in range(layers)),
            ("words", words, "prompt_text"),
            ("characters", characters, "prompt_text"),
            ("linguistic", _scaled_linguistic("float32"), "prompt_text"),
            *([("tuned encoder", tuned, ["tuned"])] if tuned is not None else []),
        ],
        transformer_weights={
            "embedding": 1.0,
            "words": word_weight,
            "characters": character_weight,
            "linguistic": linguistic_weight,
        },
        sparse_threshold=1.0,
    )


def joint_views(gamma: float, layer_weight: float, layer_gamma: float) -> tuple[View, ...]:
    """How rows of ``joined_columns`` are compared."""
    ends = [DIMENSIONS * (place + 1) for place in range(LAYERS + 1)]
    layers = (View(end, end + DIMENSIONS, "rbf", layer_weight, layer_gamma) for end in ends[:-1])
    return (View(0, DIMENSIONS, "rbf", 1.0, gamma), *layers, View(ends[-1], None, "linear", 1.0))


def embedding_columns() -> ColumnTransformer:
    """The embedding alone, shape (rows, 384)."""
    return ColumnTransformer([("embedding", EmbeddingColumn(), ["embedding"])])


def dense_columns(linguistic_weight: float = 1.0) -> ColumnTransformer:
    """Embedding and linguistic features alone, shape (rows, 384 + features)."""
    return ColumnTransformer(
        [
            ("embedding", EmbeddingColumn(), ["embedding"]),
            ("linguistic", _scaled_linguistic(), "prompt_text"),
        ],
        transformer_weights={"embedding": 1.0, "linguistic": linguistic_weight},
    )


def _scaled_linguistic(precision: str = "float64") -> Pipeline:
    return Pipeline([("features", LinguisticColumn(precision)), ("scale", StandardScaler())])
