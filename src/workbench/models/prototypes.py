"""What is typical of an intent, and which of its training rows look like another's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from workbench.models.contributions import similarity, views_of, without_tuned
from workbench.models.heads import fit_head, make_head
from workbench.models.neighbours import described
from workbench.records import Examples, Split, Vector


@dataclass(frozen=True)
class UnseenScores:
    """``scores`` of shape (rows of ``train``, ``classes``), each row's by a head that did not see it; NaN where none
    could be fitted without it."""

    train: Examples
    classes: NDArray[Any]
    scores: Vector

    @property
    def own(self) -> Vector:
        """The score of each row's own label, shape (rows,)."""
        found: Vector = self.scores[np.arange(len(self.scores)), self._truth]
        return found

    @property
    def best_other(self) -> tuple[NDArray[Any], Vector]:
        """The best of the other labels for each row, and its score."""
        others = np.where(np.isnan(self.scores), -np.inf, self.scores)
        others[np.arange(len(others)), self._truth] = -np.inf
        place = others.argmax(axis=1)
        return self.classes[place], np.where(np.isnan(self.own), np.nan, others.max(axis=1))

    @property
    def _truth(self) -> NDArray[np.intp]:
        return np.searchsorted(self.classes, self.train.y)


def unseen_scores(estimator: Pipeline, train: Examples, words: Examples | None = None) -> UnseenScores:
    """Fits the head of an intent pipeline once more on the columns of ``train`` and ``words``, which it was fitted on.

    A saved model does not keep these scores: they are as large as its training set.

    Raises:
        ValueError: a single label, or too few rows to leave any out.
    """
    classifier = estimator[-1]
    if len(classifier.classes_) < 2:
        raise ValueError(f"all rows have the label {classifier.classes_[0]!r}: no other can be mistaken for it")
    settings = (classifier.head, classifier.strength, classifier.views, classifier.random_state)
    head = make_head(*settings, classifier.tuned_labels)
    learnt = Split(train, train, words).learnt
    _, scores = fit_head(head, estimator[:-1].transform(learnt.X), learnt.y)
    if scores is None:
        raise ValueError("no label has enough rows to leave some of them out")
    return UnseenScores(train, classifier.classes_, scores[: len(train.y)])


def prototypes(unseen: UnseenScores, label: str, most: int = 5) -> pd.DataFrame:
    """The rows of a label that are surest without having been seen: id, text, label, score, lead, the surest first.

    ``lead`` is the score minus that of the best other label.
    """
    table = _judged(unseen, _rows_of(unseen.train, label)).dropna(subset="score")
    chosen = table.sort_values("score", ascending=False, kind="stable").head(most)
    return chosen[["id", "text", "label", "score", "lead"]].reset_index(drop=True)


def doubtful(unseen: UnseenScores, label: str | None = None, most: int = 20) -> pd.DataFrame:
    """Rows that score higher for another label than for their own: id, text, label, score, other, other_score, lead.

    The largest gap first: label errors and outliers are among them (what confident learning starts from, Northcutt et
    al. 2021), and so are honest rows of labels that overlap.
    """
    rows = np.arange(len(unseen.train.y)) if label is None else _rows_of(unseen.train, label)
    table = _judged(unseen, rows)
    return table[table["lead"] < 0].sort_values("lead", kind="stable").head(most).reset_index(drop=True)


def central(estimator: Pipeline, train: Examples, label: str, most: int = 5) -> pd.DataFrame:
    """The rows of a label that are most like all its rows: id, text, label, similarity, the most central first.

    ``similarity`` is the mean cosine with the label's other rows in the space of the model's kernel, 1 for a lone row.
    """
    rows = _rows_of(train, label)
    head, X = without_tuned(estimator[-1].head_, estimator[:-1].transform(train.X.iloc[rows]))
    alike = similarity(X, X, views_of(head))
    np.fill_diagonal(alike, 0.0)
    mean = alike.sum(axis=1) / (len(rows) - 1) if len(rows) > 1 else np.ones(1)
    order = np.argsort(-mean, kind="stable")[:most]
    return described(train, rows[order]).assign(similarity=mean[order])


def _rows_of(train: Examples, label: str) -> NDArray[Any]:
    rows = np.flatnonzero(train.y == label)
    if not len(rows):
        raise ValueError(f"no training row has the label {label!r}")
    return rows


def _judged(unseen: UnseenScores, rows: NDArray[Any]) -> pd.DataFrame:
    other, other_score = (column[rows] for column in unseen.best_other)
    score = unseen.own[rows]
    return described(unseen.train, rows).assign(
        score=score, other=other.astype(str), other_score=other_score, lead=score - other_score
    )
