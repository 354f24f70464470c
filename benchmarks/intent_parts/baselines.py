"""What the budgets are measured against, besides the rivals with environments of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.svm import LinearSVC

from intent_parts.exchange import Answers, Part

FOLDS = 3
WORD = r"(?u)\b\w+\b"
LOGISTIC_STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
SVM_STRENGTHS = (0.1, 0.3, 1.0, 3.0)


class Majority:
    """The most frequent training label, with its share as stated probability."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options

    def fit(self, part: Part) -> None:
        self.classes, counts = np.unique(part.train_labels.astype(str), return_counts=True)
        self.shares = counts / counts.sum()

    def predict(self, part: Part) -> Answers:
        probabilities = np.tile(self.shares, (len(part.test_texts), 1))
        return Answers(self.classes[probabilities.argmax(axis=1)], self.classes, probabilities)

    def further(self, part: Part, answers: Answers) -> None:
        pass


class FrozenLogistic:
    """Multinomial logistic regression on the frozen embeddings, C chosen by cross-validated accuracy."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options

    def fit(self, part: Part) -> None:
        X, y = part.train_vectors.astype(np.float64), part.train_labels.astype(str)
        self.strength = chosen(_logistic, LOGISTIC_STRENGTHS, X, y, int(self.options["seed"]))
        self.model = _logistic(self.strength).fit(X, y)

    def predict(self, part: Part) -> Answers:
        probabilities = self.model.predict_proba(part.test_vectors.astype(np.float64))
        return Answers(self.model.classes_[probabilities.argmax(axis=1)], self.model.classes_, probabilities)

    def further(self, part: Part, answers: Answers) -> None:  # noqa: ARG002
        answers.further["chosen"] = {"C": self.strength}


class TfidfSvm:
    """Linear SVM on word and character n-grams, C chosen by cross-validated accuracy; it states no probabilities."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options

    def fit(self, part: Part) -> None:
        self.blocks = (
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORD, dtype=np.float32),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, dtype=np.float32),
        )
        X = hstack([block.fit_transform(part.train_texts) for block in self.blocks]).tocsr()
        y = part.train_labels.astype(str)
        seed = int(self.options["seed"])

        def svm(strength: float) -> Any:
            return LinearSVC(C=strength, random_state=seed)

        self.strength = chosen(svm, SVM_STRENGTHS, X, y, seed)
        self.model = svm(self.strength).fit(X, y)

    def predict(self, part: Part) -> Answers:
        X = hstack([block.transform(part.test_texts) for block in self.blocks]).tocsr()
        scores = self.model.decision_function(X)
        scores = np.column_stack([-scores, scores]) if scores.ndim == 1 else scores
        classes = self.model.classes_
        inside = scores[:, classes != self.options["out_of_scope"]]
        outside = {"minus the largest score in scope": -inside.max(axis=1)}
        if inside.shape[1] < scores.shape[1]:
            outside = {"score of the label": scores[:, classes == self.options["out_of_scope"]][:, 0]} | outside
        return Answers(classes[scores.argmax(axis=1)], classes, None, outside)

    def further(self, part: Part, answers: Answers) -> None:  # noqa: ARG002
        answers.further["chosen"] = {"C": self.strength}


def chosen(make: Callable[[float], Any], strengths: tuple[float, ...], X: Any, y: np.ndarray, seed: int) -> float:
    """The strength with the highest accuracy over three folds of the training rows, the weaker of equal ones."""
    rare = np.unique(y, return_counts=True)[1].min() < FOLDS
    folds = (KFold if rare else StratifiedKFold)(FOLDS, shuffle=True, random_state=seed)
    hits = np.zeros(len(strengths))
    for seen, held in folds.split(X, y):
        hits += [np.sum(make(strength).fit(X[seen], y[seen]).predict(X[held]) == y[held]) for strength in strengths]
    return strengths[int(hits.argmax())]


def _logistic(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, max_iter=1000)
