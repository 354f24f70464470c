"""The blocks that a linear model sees side by side."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from small_data import split

from workbench.features.linguistic import FEATURES
from workbench.models.columns import CompactTfidfVectorizer, EmbeddingColumn, LinguisticColumn, joined_columns
from workbench.records import DIMENSIONS

ANY_TEXTS = st.lists(st.text(max_size=40), min_size=1, max_size=5).map(lambda texts: [*texts, "some words\r\nhere"])


def test_a_column_of_arrays_becomes_a_matrix_with_and_without_rows() -> None:
    X = split("intent_classifier").train.X
    assert EmbeddingColumn().fit_transform(X[["embedding"]]).shape == (len(X), DIMENSIONS)
    assert EmbeddingColumn().fit_transform(pd.DataFrame({"embedding": []})).shape == (0, DIMENSIONS)


def test_a_column_of_texts_becomes_features_with_and_without_rows() -> None:
    texts = split("intent_classifier").train.X["prompt_text"]
    assert LinguisticColumn().fit_transform(texts).shape == (len(texts), len(FEATURES))
    assert LinguisticColumn().fit_transform(texts[:0]).shape == (0, len(FEATURES))


@settings(max_examples=50)
@given(ANY_TEXTS)
def test_a_vocabulary_saved_as_one_text_comes_back_the_same(texts: list[str]) -> None:
    for options in ({"analyzer": "char_wb", "ngram_range": (2, 5)}, {"token_pattern": r"(?u)\b\w+\b"}):
        vectors = CompactTfidfVectorizer(**options).fit(texts)
        again = pickle.loads(pickle.dumps(vectors))  # noqa: S301  its own bytes
        assert again.vocabulary_ == vectors.vocabulary_
        assert (again.transform(texts) != vectors.transform(texts)).nnz == 0


def test_each_block_of_words_has_rows_of_the_length_of_its_weight() -> None:
    X = split("intent_classifier").train.X
    columns = joined_columns(word_weight=0.5, character_weight=0.3).fit(X)
    rows = columns.transform(X)
    for name, length in (("embedding", 1.0), ("words", 0.5), ("characters", 0.3)):
        block = rows[:, columns.output_indices_[name]].toarray()
        assert np.allclose(np.linalg.norm(block, axis=1), length, atol=1e-5)
