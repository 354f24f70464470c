"""Which intents are taken for which, and by which words."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from workbench.evaluation.intervals import share
from workbench.models.contributions import column_weights
from workbench.models.explain import Block, blocks_of, column_amounts, word_amounts
from workbench.models.wording import words_of
from workbench.records import Examples, Vector

COLUMNS = ["truth", "predicted", "rows", "of", "share", "low", "high", "words", "example"]
MOST_WORDS = 5
MOST_READ = 200
PUNCTUATION = ".,;:!?()[]{}\"“”„'’"


def worst_confusions(estimator: Pipeline, held: Examples, label: str | None = None, most: int = 10) -> pd.DataFrame:
    """One row an ordered pair of labels that is confused on ``held``, rows that the estimator has not seen.

    Columns: truth, predicted, rows (confused), of (rows of that truth), share with its 95 % Wilson interval low to
    high, words (those that add most to the lead of the predicted label over the true one, summed over at most 200
    confused rows) and example (the id of the row with the largest lead). With a label only pairs it is part of, either
    way round. Most rows first. Where the model does not know the truth there are no words.
    """
    blocks, classifier = blocks_of(estimator), estimator[-1]
    X = estimator[:-1].transform(held.X)
    predicted = classifier.predict(X)
    wrong = np.flatnonzero(predicted != held.y)
    if label is not None:
        wrong = wrong[(held.y[wrong] == label) | (predicted[wrong] == label)]
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for row in wrong:
        groups[str(held.y[row]), str(predicted[row])].append(int(row))
    found = []
    for (truth, taken), rows in sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:most]:
        of = int(np.sum(held.y == truth))
        interval = share(len(rows), of)
        counts = (len(rows), of, interval.point, interval.low, interval.high)
        found.append((truth, taken, *counts, *_misleading(classifier, blocks, X, held, rows, truth, taken)))
    return pd.DataFrame(found, columns=COLUMNS)


def _misleading(
    classifier: Any, blocks: list[Block], X: Any, held: Examples, rows: list[int], truth: str, taken: str
) -> tuple[tuple[str, ...], str]:
    position = {label: place for place, label in enumerate(classifier.classes_)}
    if truth not in position:
        return (), held.ids[rows[0]]
    probabilities = classifier.predict_proba(X[rows])
    lead = probabilities[:, position[taken]] - probabilities[:, position[truth]]
    weights, _ = column_weights(classifier.head_, position[taken], position[truth])
    return _strongest_words(blocks, X, weights, held, rows[:MOST_READ]), held.ids[rows[int(lead.argmax())]]


def _strongest_words(blocks: list[Block], X: Any, weights: Vector, held: Examples, rows: list[int]) -> tuple[str, ...]:
    words: list[str] = []
    amounts: list[float] = []
    for row in rows:
        text = str(held.X["prompt_text"].iloc[row])
        words += [word.lower().strip(PUNCTUATION) for word in words_of(text)]
        amounts += list(word_amounts(text, blocks, column_amounts(X[[row]], weights)[0]))
    total = pd.Series(amounts, index=words, dtype=float).groupby(level=0).sum()
    strongest = total[(total > 0) & (total.index != "")].sort_values(ascending=False, kind="stable")
    return tuple(strongest.index[:MOST_WORDS])
