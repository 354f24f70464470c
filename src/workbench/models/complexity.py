"""Complexity 1 to 5 as an ordered outcome."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted, validate_data

from workbench.models.columns import dense_columns
from workbench.records import Vector

SMALLEST = 1e-12


class OrdinalClassifier(ClassifierMixin, BaseEstimator):
    """Proportional-odds model: P(y <= k | x) = logistic(threshold_k - w.x) (McCullagh 1980), with an L2 penalty on w.

    Thresholds are kept in order by fitting the first one and the logarithms of the gaps.

    Parameters
    ----------
    alpha : strength of the penalty, in units of one observation's log-likelihood.
    max_iter : limit of L-BFGS steps.
    """

    def __init__(self, alpha: float = 1.0, max_iter: int = 500) -> None:
        self.alpha = alpha
        self.max_iter = max_iter

    def fit(self, X: Any, y: Any) -> Self:
        """X of shape (rows, features), dense; y of shape (rows,), ordered numbers with at least two distinct values."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"OrdinalClassifier needs at least two classes, got one class: {self.classes_[0]!r}")
        shares = np.cumsum(np.bincount(codes))[:-1] / len(codes)
        thresholds = np.log(shares / (1 - shares))
        gaps = np.log(np.maximum(np.diff(thresholds), 1e-3))
        start = np.concatenate([np.zeros(X.shape[1]), thresholds[:1], gaps])
        found = minimize(
            _penalised_loss,
            start,
            (X, codes, self.alpha),
            "L-BFGS-B",
            jac=True,
            options={"maxiter": self.max_iter, "ftol": 1e-7},
        )
        self.coef_ = found.x[: X.shape[1]]
        self.thresholds_ = _ordered(found.x[X.shape[1] :])
        self.n_iter_ = int(found.nit)
        return self

    def predict_cumulative(self, X: Any) -> Vector:
        """Shape (rows, classes - 1): P(y <= class) for every class but the last, never falling along a row."""
        check_is_fitted(self, "coef_")
        X = validate_data(self, X, dtype=np.float64, reset=False)
        below: Vector = expit(self.thresholds_[None, :] - (X @ self.coef_)[:, None])
        return below

    def predict_proba(self, X: Any) -> Vector:
        """Shape (rows, classes); each row sums to 1."""
        below = self.predict_cumulative(X)
        edges = np.column_stack([np.zeros(len(below)), below, np.ones(len(below))])
        return np.diff(edges, axis=1)

    def predict(self, X: Any) -> NDArray[Any]:
        """The median class: the one with the least expected absolute error."""
        labels: NDArray[Any] = self.classes_[np.sum(self.predict_cumulative(X) < 0.5, axis=1)]
        return labels


def _ordered(parameters: Vector) -> Vector:
    return np.concatenate([parameters[:1], parameters[0] + np.cumsum(np.exp(parameters[1:]))])


def _penalised_loss(parameters: Vector, X: Vector, codes: NDArray[Any], alpha: float) -> tuple[float, Vector]:
    """Negative log-likelihood plus penalty, and its gradient."""
    features = X.shape[1]
    weights, raw = parameters[:features], parameters[features:]
    thresholds = np.concatenate([[-np.inf], _ordered(raw), [np.inf]])
    score = X @ weights
    upper, lower = thresholds[codes + 1] - score, thresholds[codes] - score
    gap = np.maximum(upper - lower, SMALLEST)

    # logistic(u) - logistic(l) = logistic(u) logistic(-l) (1 - exp(l - u)), which keeps its digits far from 0.
    loss = -np.sum(log_expit(upper) + log_expit(-lower) + np.log(-np.expm1(-gap))) + 0.5 * alpha * weights @ weights
    gradient_weights = X.T @ (expit(-upper) - expit(lower)) + alpha * weights

    squeezed = np.exp(-gap) / -np.expm1(-gap)
    at_threshold = np.zeros(len(raw) + 2)
    np.add.at(at_threshold, codes + 1, -expit(-upper) - squeezed)
    np.add.at(at_threshold, codes, expit(lower) + squeezed)
    inner = at_threshold[1:-1]
    # Threshold k is the first one plus every gap up to k, so a gap moves all thresholds from its own on.
    moved = np.cumsum(inner[::-1])[::-1]
    gradient_raw = np.concatenate([moved[:1], moved[1:] * np.exp(raw[1:])])
    return float(loss), np.concatenate([gradient_weights, gradient_raw])


def complexity_pipeline(alpha: float = 0.3, linguistic_weight: float = 1.0) -> Pipeline:
    """Prompts with embeddings (see ``Examples.X``) to complexity."""
    return Pipeline([("columns", dense_columns(linguistic_weight)), ("classifier", OrdinalClassifier(alpha=alpha))])
