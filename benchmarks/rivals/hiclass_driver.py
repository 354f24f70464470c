"""hiclass on the frozen embeddings: one logistic regression a parent node.

It has no answer at an inner node: where some rows are labelled with one, a node below it is always answered instead.
Its C is chosen as for frozen + logistic regression, one for all nodes. It states no probability of a whole path that is
comparable with a flat model's, so none is judged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hiclass import LocalClassifierPerParentNode
from intent_parts.exchange import Answers, Part, serve
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold

FOLDS = 3


class HiClass:
    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options

    def fit(self, part: Part) -> None:
        levels = max(label.count(".") + 1 for label in part.train_labels)
        paths = np.array([_levels(label, levels) for label in part.train_labels], dtype=str)
        X = part.train_vectors
        folds = list(_folds(part.train_labels, int(self.options["seed"])).split(X, part.train_labels))
        hits: dict[float, float] = {}
        for strength in self.options["strengths"]:
            right = [
                np.mean((_model(strength, X[seen], paths[seen]).predict(X[held]) == paths[held]).all(axis=1))
                for seen, held in folds
            ]
            hits[strength] = float(np.mean(right))
        self.strength = max(hits, key=hits.__getitem__)
        self.model = _model(self.strength, X, paths)

    def predict(self, part: Part) -> Answers:
        found = np.asarray(self.model.predict(part.test_vectors)).reshape(len(part.test_texts), -1)
        deepest = np.array([[name for name in row if name][-1] for row in found])
        return Answers(deepest, np.unique(part.train_labels.astype(str)))

    def further(self, part: Part, answers: Answers) -> None:  # noqa: ARG002
        answers.further["chosen"] = {"C": self.strength}


def _model(strength: float, X: np.ndarray, paths: np.ndarray) -> Any:
    head = LogisticRegression(C=strength, max_iter=1000)
    return LocalClassifierPerParentNode(local_classifier=head).fit(X, paths)


def _folds(labels: np.ndarray, seed: int) -> Any:
    counts = np.unique(labels.astype(str), return_counts=True)[1]
    kind = StratifiedKFold if counts.min() >= FOLDS else KFold
    return kind(FOLDS, shuffle=True, random_state=seed)


def _levels(label: str, levels: int) -> list[str]:
    """Whole paths down the levels, so that equal names in two branches stay apart; empty where there is no level."""
    segments = label.split(".")
    return [".".join(segments[: depth + 1]) if depth < len(segments) else "" for depth in range(levels)]


if __name__ == "__main__":
    serve(HiClass, ("hiclass", "scikit-learn", "numpy"))
