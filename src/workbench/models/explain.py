"""Why this intent and not another: words, features, views and training rows that carry one decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import Pipeline

from workbench.features.linguistic import linguistic_features
from workbench.models.contributions import column_weights, curved_parts
from workbench.models.heads import scores_of
from workbench.models.kernel import View
from workbench.models.neighbours import carrying_rows
from workbench.models.wording import by_word, words_of
from workbench.records import Examples, Vector


@dataclass(frozen=True)
class Explanation:
    """One decision as a lead in score of ``label`` over ``rival``, in parts that add up to it.

    ``before`` is what stands before the prompt is read (the labels' shares or intercepts); ``before`` and the amounts
    of ``views`` (``view``, ``amount``) add up to ``lead``. The views of n-grams split again into ``words`` (``word``,
    ``amount``, one row a word of the prompt in reading order), the named features into ``features`` (``feature``,
    ``value``, ``amount``), the largest first. ``examples`` are training rows (``id``, ``text``, ``label``,
    ``similarity``, ``pull``): the strongest for the label, then the strongest against; the pulls of all rows,
    ``before`` and the view of a fine-tuned encoder, if there is one, add up to ``lead`` too. Where the head is no sum
    over these rows (linear heads, landmarks) pulls are NaN and the rows are the most similar ones of either label.
    Positive amounts speak for ``label``.
    """

    prompt: str
    label: str
    rival: str
    label_probability: float
    rival_probability: float
    lead: float
    before: float
    views: pd.DataFrame
    words: pd.DataFrame
    features: pd.DataFrame
    examples: pd.DataFrame


@dataclass(frozen=True)
class Block:
    """The columns ``start`` to ``stop`` that one transformer makes."""

    name: str
    start: int
    stop: int
    transformer: Any


def explain(
    estimator: Pipeline,
    prompt: pd.DataFrame,
    train: Examples,
    label: str | None = None,
    rival: str | None = None,
    most: int = 5,
) -> Explanation:
    """Explain one prompt, a frame of one row as ``Examples.X``, by an intent pipeline fitted on ``train``.

    Without ``label`` the predicted one, without ``rival`` the best of the others. At most ``most`` training rows for
    the label and as many against it.

    Raises:
        ValueError: not one row, a label that the model does not know, a model of a single label, other training rows.
    """
    if len(prompt) != 1:
        raise ValueError(f"explain takes one prompt, got {len(prompt)}")
    blocks, classifier = blocks_of(estimator), estimator[-1]
    X = estimator[:-1].transform(prompt)
    chances = classifier.predict_proba(X)[0]
    first, second = _contenders(classifier, X, label, rival)
    weights, before = column_weights(classifier.head_, first, second)
    scores = scores_of(classifier.head_, X)[0]
    amounts = column_amounts(X, weights)[0]
    text = str(prompt["prompt_text"].iloc[0])
    return Explanation(
        prompt=text,
        label=str(classifier.classes_[first]),
        rival=str(classifier.classes_[second]),
        label_probability=float(chances[first]),
        rival_probability=float(chances[second]),
        lead=float(scores[first] - scores[second]),
        before=before,
        views=_views(blocks, amounts, curved_parts(classifier.head_, X, first, second)),
        words=pd.DataFrame({"word": words_of(text), "amount": word_amounts(text, blocks, amounts)}),
        features=_features(text, blocks, amounts),
        examples=carrying_rows(estimator, X, train, first, second, most),
    )


def blocks_of(estimator: Pipeline) -> list[Block]:
    """The blocks of columns of an intent pipeline.

    Raises:
        ValueError: the pipeline is not a ColumnTransformer and an intent classifier.
    """
    if len(estimator) != 2 or not isinstance(estimator[0], ColumnTransformer) or not hasattr(estimator[-1], "head_"):
        raise ValueError("only a fitted pipeline of a ColumnTransformer and an intent classifier can be explained")
    if estimator[-1].head_ is None:
        raise ValueError(f"the model knows one label, {estimator[-1].classes_[0]!r}: there is nothing to explain")
    columns = estimator[0]
    found = [
        Block(name, where.start, where.stop, columns.named_transformers_[name])
        for name, where in columns.output_indices_.items()
        if where.stop > where.start
    ]
    return sorted(found, key=lambda block: block.start)


def column_amounts(X: Any, weights: Vector) -> Vector:
    """Weight times value, shape (rows, columns)."""
    return np.asarray(X.multiply(weights).toarray() if hasattr(X, "multiply") else X * weights, dtype=np.float64)


def word_amounts(text: str, blocks: list[Block], amounts: Vector) -> Vector:
    """What each word of the prompt adds by the n-grams that it is part of, shape (words,)."""
    total = np.zeros(len(words_of(text)))
    for block in blocks:
        if isinstance(block.transformer, TfidfVectorizer):
            total += by_word(text, block.transformer, amounts[block.start : block.stop])
    return total


def _contenders(classifier: Any, X: Any, label: str | None, rival: str | None) -> tuple[int, int]:
    scores = scores_of(classifier.head_, X)[0]
    first = _position(classifier, label) if label is not None else int(scores.argmax())
    if rival is not None:
        second = _position(classifier, rival)
    else:
        second = next(int(place) for place in np.argsort(-scores, kind="stable") if place != first)
    if first == second:
        raise ValueError(f"label and rival are both {classifier.classes_[first]!r}")
    return first, second


def _position(classifier: Any, label: str) -> int:
    found = np.flatnonzero(classifier.classes_ == label)
    if not len(found):
        raise ValueError(f"{label!r} is none of the model's {len(classifier.classes_)} labels")
    return int(found[0])


def _views(blocks: list[Block], amounts: Vector, curved: list[tuple[View, Vector]]) -> pd.DataFrame:
    rows = [(block.name, float(amounts[block.start : block.stop].sum())) for block in blocks]
    rows += [(_covered(blocks, view, len(amounts)), float(part[0])) for view, part in curved]
    table = pd.DataFrame(rows, columns=["view", "amount"])
    return table.groupby("view", sort=False)[["amount"]].sum().reset_index()


def _covered(blocks: list[Block], view: View, columns: int) -> str:
    start, stop, _ = slice(view.start, view.stop).indices(columns)
    return " + ".join(block.name for block in blocks if block.start < stop and block.stop > start)


def _features(text: str, blocks: list[Block], amounts: Vector) -> pd.DataFrame:
    values = linguistic_features(text)
    rows: list[tuple[str, float, float]] = []
    for block in blocks:
        if isinstance(block.transformer, TfidfVectorizer) or not hasattr(block.transformer, "get_feature_names_out"):
            continue
        names = [str(name) for name in block.transformer.get_feature_names_out()]
        rows += [(n, values.get(n, np.nan), amounts[block.start + place]) for place, n in enumerate(names)]
    table = pd.DataFrame(rows, columns=["feature", "value", "amount"])
    return table.sort_values("amount", key=np.abs, ascending=False, kind="stable").reset_index(drop=True)
