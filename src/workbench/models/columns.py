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
from workbench.records import DIMENSIONS, Matrix, Vector


class EmbeddingColumn(TransformerMixin, BaseEstimator):
    """A column of arrays to one matrix of shape (rows, 384)."""

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:  # noqa: ARG002
        self.n_features_in_ = 1
        return self

    def transform(self, X: pd.DataFrame) -> Matrix:
        column = X.iloc[:, 0]
        return np.stack(column.to_list()).astype(np.float32) if len(column) else np.empty((0, DIMENSIONS), np.float32)


class LinguisticColumn(TransformerMixin, BaseEstimator):
    """A column of texts to the documented linguistic features, shape (rows, features)."""

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        self.n_features_in_ = 1
        return self

    def transform(self, X: Any) -> Vector:
        return feature_matrix([str(text) for text in X])

    def get_feature_names_out(self, input_features: Any = None) -> Any:  # noqa: ARG002
        return np.asarray(list(FEATURES), dtype=object)


def joined_columns(word_weight: float = 0.8, linguistic_weight: float = 0.02) -> ColumnTransformer:
    """Embedding, word n-grams, character n-grams and linguistic features side by side, as one sparse matrix.

    Each n-gram block has rows of length 1 like the embedding, so a weight is a share of the joint inner product.
    """
    one_letter_words_too = r"(?u)\b\w+\b"
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=one_letter_words_too, dtype=np.float32)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, dtype=np.float32)
    return ColumnTransformer(
        [
            ("embedding", EmbeddingColumn(), ["embedding"]),
            ("words", words, "prompt_text"),
            ("characters", characters, "prompt_text"),
            ("linguistic", _scaled_linguistic(), "prompt_text"),
        ],
        transformer_weights={
            "embedding": 1.0,
            "words": word_weight,
            "characters": word_weight,
            "linguistic": linguistic_weight,
        },
        sparse_threshold=1.0,
    )


def dense_columns(linguistic_weight: float = 1.0) -> ColumnTransformer:
    """Embedding and linguistic features alone, shape (rows, 384 + features)."""
    return ColumnTransformer(
        [
            ("embedding", EmbeddingColumn(), ["embedding"]),
            ("linguistic", _scaled_linguistic(), "prompt_text"),
        ],
        transformer_weights={"embedding": 1.0, "linguistic": linguistic_weight},
    )


def _scaled_linguistic() -> Pipeline:
    return Pipeline([("features", LinguisticColumn()), ("scale", StandardScaler())])
