"""The hierarchical intent classifier for a ragged taxonomy."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC
from sklearn.utils.validation import check_is_fitted, validate_data

from workbench.models.columns import joined_columns
from workbench.models.taxonomy import Tree
from workbench.records import Vector

FEWEST_FOR_CALIBRATION = 50


class HierarchicalIntentClassifier(ClassifierMixin, BaseEstimator):
    """Linear one-against-rest margins over every label that occurs, inner nodes included, turned into one distribution.

    A label is a dotted path and means "here, and no deeper". The distribution over labels is a softmax of margins
    divided by a temperature (Guo et al. 2017) that is fitted on a held-out part of the training rows; the model itself
    is then fitted on all of them. The probability of a node is the sum over the labels in its subtree.

    Parameters
    ----------
    C : inverse strength of the L2 penalty of each linear machine.
    calibration_share : share of the training rows on which the temperature is fitted.
    random_state : seed of the held-out part and of the solver.
    """

    def __init__(self, C: float = 0.5, calibration_share: float = 0.2, random_state: int = 0) -> None:
        self.C = C
        self.calibration_share = calibration_share
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """X of shape (rows, features), dense or sparse; y of shape (rows,), dotted paths."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=(np.float64, np.float32))
        y = np.asarray(y)
        self.classes_ = np.unique(y)
        self.temperature_ = self._fit_temperature(X, y)
        self.head_ = self._fit_head(X, y)
        if self.head_ is not None:
            self.head_.coef_ = self.head_.coef_.astype(np.float32)  # half the file
        return self

    def decision_function(self, X: Any) -> Vector:
        """Margins of shape (rows, classes)."""
        check_is_fitted(self, "temperature_")
        X = validate_data(self, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=False)
        return _margins(self.head_, X, self.classes_, self.classes_)

    def predict_proba(self, X: Any) -> Vector:
        """Shape (rows, classes): the probability that the label is exactly that one; each row sums to 1."""
        probabilities: Vector = softmax(self.decision_function(X) / self.temperature_, axis=1)
        return probabilities

    def predict(self, X: Any) -> NDArray[Any]:
        labels: NDArray[Any] = self.classes_[np.argmax(self.decision_function(X), axis=1)]
        return labels

    @property
    def tree_(self) -> Tree:
        check_is_fitted(self, "classes_")
        return Tree.over(str(label) for label in self.classes_)

    def predict_node_proba(self, X: Any) -> Vector:
        """Shape (rows, nodes of ``tree_``): the probability that the label lies in the node's subtree."""
        return self.predict_proba(X) @ self.tree_.membership(str(label) for label in self.classes_)

    def _fit_head(self, X: Any, y: NDArray[Any]) -> LinearSVC | None:
        if len(np.unique(y)) < 2:
            return None
        return LinearSVC(C=self.C, random_state=self.random_state).fit(X, y)

    def _fit_temperature(self, X: Any, y: NDArray[Any]) -> float:
        """The temperature that gives the held-out rows the highest likelihood; 1 where too few can be held out."""
        labels, counts = np.unique(y, return_counts=True)
        held = np.flatnonzero(np.isin(y, labels[counts >= 4]))
        alone = np.flatnonzero(np.isin(y, labels[counts < 4]))
        enough = max(FEWEST_FOR_CALIBRATION, 2 * int(np.sum(counts >= 4) / self.calibration_share))
        if len(labels) < 2 or len(held) < enough or np.sum(counts >= 4) < 2:
            return 1.0
        rest, kept = train_test_split(
            held, test_size=self.calibration_share, stratify=y[held], random_state=self.random_state
        )
        rest = np.concatenate([rest, alone])
        margins = _margins(self._fit_head(X[rest], y[rest]), X[kept], np.unique(y[rest]), self.classes_)
        truth = np.searchsorted(self.classes_, y[kept])
        rows = np.arange(len(kept))

        def loss(log_temperature: float) -> float:
            scaled = log_softmax(margins / np.exp(log_temperature), axis=1)
            return -float(np.mean(scaled[rows, truth]))

        return float(np.exp(minimize_scalar(loss, bounds=(-5.0, 3.0), method="bounded").x))


def _margins(head: LinearSVC | None, X: Any, known: NDArray[Any], classes: NDArray[Any]) -> Vector:
    if head is None:
        return np.zeros((X.shape[0], len(classes)))
    scores = np.asarray(head.decision_function(X), dtype=np.float64)
    if scores.ndim == 1:
        scores = np.column_stack([-scores, scores])
    if len(known) == len(classes):
        return scores
    full = np.full((len(scores), len(classes)), scores.min() - 1.0)
    full[:, np.searchsorted(classes, known)] = scores
    return full


def intent_pipeline(C: float = 0.5, word_weight: float = 0.8, random_state: int = 0) -> Pipeline:
    """Prompts with embeddings (see ``Examples.X``) to intents."""
    head = HierarchicalIntentClassifier(C=C, random_state=random_state)
    return Pipeline([("columns", joined_columns(word_weight)), ("classifier", head)])
