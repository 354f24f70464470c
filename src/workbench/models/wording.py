"""From n-grams back to the words of the prompt that they lie in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from workbench.records import Vector


def words_of(text: str) -> list[str]:
    """What stands between white space, as the reader sees it."""
    return text.split()


def by_word(text: str, vectorizer: TfidfVectorizer, amounts: Vector) -> Vector:
    """Amounts of terms, shape (terms,), shared out to the words of ``text``, shape (words,).

    A term's amount goes in equal parts to its occurrences, and an occurrence's in equal parts to the words it spans:
    nothing is lost, and a word that occurs twice stands twice.
    """
    places: defaultdict[int, list[tuple[int, ...]]] = defaultdict(list)
    for term, words in _occurrences(text, vectorizer):
        if (column := vectorizer.vocabulary_.get(term)) is not None:
            places[column].append(words)
    found = np.zeros(len(words_of(text)))
    for column, occurrences in places.items():
        for words in occurrences:
            # Not found[list(words)]: "don't" is two tokens of one word.
            np.add.at(found, list(words), amounts[column] / len(occurrences) / len(words))
    return found


def _occurrences(text: str, vectorizer: TfidfVectorizer) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Every n-gram with the positions of the words that it spans."""
    if vectorizer.analyzer == "char_wb":
        analyze = vectorizer.build_analyzer()
        for place, word in enumerate(words_of(text)):
            yield from ((term, (place,)) for term in analyze(word))
        return
    prepare, split = vectorizer.build_preprocessor(), vectorizer.build_tokenizer()
    tokens = [(token, place) for place, word in enumerate(words_of(text)) for token in split(prepare(word))]
    shortest, longest = vectorizer.ngram_range
    for size in range(shortest, longest + 1):
        for start in range(len(tokens) - size + 1):
            run = tokens[start : start + size]
            yield " ".join(token for token, _ in run), tuple(place for _, place in run)
