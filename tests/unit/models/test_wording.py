"""N-grams find back to their words, whatever the script."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.models.columns import CompactTfidfVectorizer
from workbench.models.wording import by_word

KINDS = {
    "words": {"ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"},
    "characters": {"analyzer": "char_wb", "ngram_range": (2, 5)},
}


def vectorizer(kind: str, text: str) -> CompactTfidfVectorizer:
    return CompactTfidfVectorizer(**KINDS[kind]).fit([text, "and more"])


def amounts(found: CompactTfidfVectorizer, **given_to: float) -> np.ndarray:
    wanted = np.zeros(len(found.vocabulary_))
    for term, amount in given_to.items():
        wanted[found.vocabulary_[term]] = amount
    return wanted


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=100)
@given(text=st.text(max_size=60) | st.text("ΑΣσς.'-İıßA \t\n\u00ad\x1f\u2003", max_size=40))
def test_nothing_that_a_text_contains_is_lost(kind: str, text: str) -> None:
    found = vectorizer(kind, text)
    present = found.transform([text]).toarray()[0]
    assert np.isclose(by_word(text, found, present).sum(), present.sum())


def test_an_amount_goes_in_equal_parts_to_the_occurrences_of_its_term() -> None:
    text = "Card, my card!"
    assert by_word(text, vectorizer("words", text), amounts(vectorizer("words", text), card=1.0)).tolist() == [
        0.5,
        0,
        0.5,
    ]


def test_a_pair_of_words_shares_its_amount() -> None:
    text = "my lost card"
    found = vectorizer("words", text)
    assert by_word(text, found, amounts(found, **{"lost card": 1.0})).tolist() == [0, 0.5, 0.5]


def test_a_word_of_two_tokens_keeps_the_amount_of_both() -> None:
    found = vectorizer("words", "don't go")
    assert by_word("don't go", found, amounts(found, **{"don t": 1.0})).tolist() == [1.0, 0]


def test_characters_belong_to_the_word_they_stand_in() -> None:
    found = vectorizer("characters", "lost card")
    assert by_word("lost card", found, amounts(found, **{"ost": 1.0, " c": 2.0})).tolist() == [1.0, 2.0]


def test_a_term_that_does_not_occur_adds_nothing() -> None:
    found = vectorizer("words", "lost card")
    assert by_word("other words", found, np.ones(len(found.vocabulary_))).tolist() == [0, 0]
