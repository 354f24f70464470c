"""A head and the log-probabilities of a fine-tuned encoder, as one score a label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import issparse
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator

from workbench.records import Matrix, Vector

FEWEST_ROWS = 50
MOST_ROWS = 20_000


class FusedHead(BaseEstimator):
    """The scores of ``head`` plus ``weight_`` times the log-probabilities that stand in the last columns.

    The inner head does not see those columns. The weight is fitted to scores and log-probabilities that each training
    row got unseen; it is 0 where too few rows have any, and where the labels are others than the columns'.

    Parameters
    ----------
    head : an unfitted head.
    labels : the labels of the last columns, in their order; the head's classes are among them, or none is.
    """

    def __init__(self, head: Any, labels: Sequence[str] = ()) -> None:
        self.head = head
        self.labels = labels

    @property
    def classes_(self) -> NDArray[Any]:
        classes: NDArray[Any] = self.head_.classes_
        return classes

    @property
    def n_features_in_(self) -> int:
        return int(self.head_.n_features_in_) + len(self.labels)

    def others(self, X: Any) -> Any:
        """The columns that the inner head sees."""
        return X[:, : X.shape[1] - len(self.labels)]

    def take(self, fitted: Any, unseen: Vector | None, X: Any, y: NDArray[Any]) -> Vector | None:
        """``fitted`` becomes the inner head; ``unseen`` are its scores (rows, classes), the result those of both.

        Raises:
            ValueError: some of the classes have a column and others have none.
        """
        self.head_ = fitted
        self.columns_ = _columns(fitted.classes_, self.labels)
        self.weight_ = 0.0
        if unseen is None or not len(self.columns_):
            return unseen
        rows = np.flatnonzero(np.isfinite(unseen).all(axis=1))
        if len(rows) >= FEWEST_ROWS:
            chosen = np.sort(np.random.default_rng(0).permutation(rows)[:MOST_ROWS])
            truth = np.searchsorted(self.classes_, y[chosen])
            self.weight_ = fusion_weight(unseen[chosen], self._logs(X[chosen]), truth)
        return unseen + self.addition(X)

    def addition(self, X: Any) -> Vector | float:
        """What the log-probabilities add, shape (rows, classes)."""
        return self.weight_ * self._logs(X).astype(np.float64) if self.weight_ else 0.0

    def column_weights(self, label: int, rival: int) -> Vector:
        """What one unit of each of the last columns adds to score ``label`` minus score ``rival``."""
        weights = np.zeros(len(self.labels))
        if self.weight_:
            weights[self.columns_[label]] += self.weight_
            weights[self.columns_[rival]] -= self.weight_
        return weights

    def _logs(self, X: Any) -> Matrix:
        last = X[:, X.shape[1] - len(self.labels) :]
        found: Matrix = np.asarray(last.toarray() if issparse(last) else last)[:, self.columns_]
        return found


def fusion_weight(scores: Vector, logs: Matrix, truth: NDArray[Any]) -> float:
    """The weight w of at least 0 with which a softmax of (scores + w * logs) / temperature has the lowest Brier score,
    the temperature chosen with it.

    Shapes (rows, classes), (rows, classes) and (rows,) with the column of the true label. The highest likelihood, which
    is convex in both, is where the search begins. It is not where it ends: a few rows whose truth gets next to nothing
    decide it, and it costs right answers (on BANKING77 a quarter of a point of unseen rows).
    """
    spreads = np.array([float(scores.std()), float(logs.std())])
    if not spreads.all():
        return 0.0
    views = np.stack([scores / spreads[0], logs / spreads[1]])
    strengths = np.array([1.0, 0.5])
    for loss in (_likelihood_loss, _brier_loss):
        bounds = [(1e-3, None), (0.0, None)]
        strengths = minimize(loss, strengths, (views, truth), "L-BFGS-B", jac=True, bounds=bounds).x
    return float(strengths[1] / spreads[1] / (strengths[0] / spreads[0]))


def _likelihood_loss(strengths: Vector, views: Vector, truth: NDArray[Any]) -> tuple[float, Vector]:
    """Mean negative log-likelihood and its slope in the strengths of the views, shape (2, rows, classes)."""
    rows = np.arange(len(truth))
    logs = log_softmax(strengths[0] * views[0] + strengths[1] * views[1], axis=1)
    change = np.exp(logs)
    change[rows, truth] -= 1.0
    return -float(logs[rows, truth].mean()), _slope(change, views)


def _brier_loss(strengths: Vector, views: Vector, truth: NDArray[Any]) -> tuple[float, Vector]:
    rows = np.arange(len(truth))
    chances = softmax(strengths[0] * views[0] + strengths[1] * views[1], axis=1)
    squares, right = np.square(chances).sum(axis=1), chances[rows, truth]
    change = 2 * chances * (chances - squares[:, None] + right[:, None])
    change[rows, truth] -= 2 * right
    return float((squares - 2 * right + 1).mean()), _slope(change, views)


def _slope(change: Vector, views: Vector) -> Vector:
    return np.array([float((change * view).sum() / len(view)) for view in views])


def _columns(classes: NDArray[Any], labels: Sequence[str]) -> NDArray[np.intp]:
    place = {label: column for column, label in enumerate(labels)}
    found = [place[label] for label in classes if label in place]
    if found and len(found) < len(classes):
        missing = sorted(str(label) for label in classes if label not in place)
        raise ValueError(f"the fine-tuned encoder knows nothing of {', '.join(missing)}")
    return np.array(found, dtype=np.intp)
