"""What each column, each view and each training row adds to the lead of one label over another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import issparse

from workbench.models.fusion import FusedHead
from workbench.models.kernel import KernelRidgeClassifier, View, kernel
from workbench.records import Vector

JOINT: tuple[View, ...] = (View(0, None, "linear", 1.0),)


def column_weights(head: Any, label: int, rival: int) -> tuple[Vector, float]:
    """What one unit of each column adds to score ``label`` minus score ``rival``, and what stands before any column.

    Shape (columns,). A kernel head's linear views are a sum over training rows, weight * support.T @ dual, which is a
    weight a column; columns under its other views have 0 here and their part in ``curved_parts``.
    """
    if isinstance(head, FusedHead):
        inner, before = column_weights(head.head_, label, rival)
        return np.concatenate([inner, head.column_weights(label, rival)]), before
    if not isinstance(head, KernelRidgeClassifier):
        two = len(head.classes_) == 2
        coefficients = np.vstack([-head.coef_, head.coef_]) if two else head.coef_
        intercepts = np.concatenate([-head.intercept_, head.intercept_]) if two else head.intercept_
        weights = np.asarray(coefficients[label] - coefficients[rival], dtype=np.float64)
        return weights, float(intercepts[label] - intercepts[rival])
    dual = _dual_lead(head, label, rival)
    weights = np.zeros(head.n_features_in_)
    for view in head.views:
        if view.kernel == "linear":
            columns = slice(view.start, view.stop)
            weights[columns] += view.weight * np.asarray(head.support_[:, columns].T @ dual)
    return weights, float(head.prior_[label]) - float(head.prior_[rival])


def curved_parts(head: Any, X: Any, label: int, rival: int) -> list[tuple[View, Vector]]:
    """The views that split by no column, each with its part of the lead, shape (rows,)."""
    head, X = without_tuned(head, X)
    if not isinstance(head, KernelRidgeClassifier):
        return []
    dual = _dual_lead(head, label, rival)
    curved = [view for view in head.views if view.kernel != "linear"]
    return [(view, np.asarray(kernel(X, head.support_, (view,)) @ dual)) for view in curved]


def without_tuned(head: Any, X: Any) -> tuple[Any, Any]:
    """The head and the columns before a fine-tuned encoder had its say."""
    return (head.head_, head.others(X)) if isinstance(head, FusedHead) else (head, X)


def row_parts(head: KernelRidgeClassifier, X: Any, label: int, rival: int) -> Vector:
    """Shape (rows, support rows): with the lead of the shares of the labels they add up to the lead."""
    parts: Vector = kernel(X, head.support_, head.views) * _dual_lead(head, label, rival)
    return parts


def similarity(A: Any, B: Any, views: Sequence[View]) -> Vector:
    """Cosine in the space of the kernel, shape (rows of A, rows of B); 0 for a row without any column."""
    lengths = np.sqrt(np.outer(_squared_lengths(A, views), _squared_lengths(B, views)))
    products = np.asarray(kernel(A, B, views), dtype=np.float64)
    return np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)


def views_of(head: Any) -> Sequence[View]:
    """How the head compares rows; linear heads compare them by all columns at once."""
    views: Sequence[View] = head.views if isinstance(head, KernelRidgeClassifier) else JOINT
    return views


def _dual_lead(head: KernelRidgeClassifier, label: int, rival: int) -> Vector:
    dual: Vector = head.dual_[:, label].astype(np.float64) - head.dual_[:, rival]
    return dual


def _squared_lengths(X: Any, views: Sequence[View]) -> Vector:
    total = np.zeros(X.shape[0])
    for view in views:
        part = X[:, view.start : view.stop]
        squares = part.multiply(part).sum(axis=1) if issparse(part) else np.square(part).sum(axis=1)
        total += view.weight * (np.asarray(squares).ravel() if view.kernel == "linear" else 1.0)
    return total
