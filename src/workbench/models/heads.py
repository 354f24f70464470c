"""Flat heads under the tree: scores of every label, and the scores that unseen rows would have had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from workbench.models.fusion import FusedHead
from workbench.models.kernel import KernelRidgeClassifier, View
from workbench.records import Vector

HeadName = Literal["kernel", "svm", "logistic"]
HEADS: tuple[HeadName, ...] = ("kernel", "svm", "logistic")
FOLDS = 3


class Head(Protocol):
    classes_: NDArray[Any]

    def fit(self, X: Any, y: Any) -> Any: ...


def make_head(
    name: HeadName, strength: float, views: Sequence[View], random_state: int, tuned_labels: Sequence[str] = ()
) -> BaseEstimator:
    """``strength`` is the ridge penalty of the kernel and the inverse penalty C of the two linear heads.

    With ``tuned_labels`` the last columns are log-probabilities of these labels, fused with the head's scores.
    """
    if tuned_labels:
        return FusedHead(make_head(name, strength, views, random_state), tuned_labels)
    if name == "kernel":
        return KernelRidgeClassifier(views=views, alpha=strength, random_state=random_state)
    if name == "svm":
        return LinearSVC(C=strength, random_state=random_state)
    if name == "logistic":
        return LogisticRegression(C=strength, max_iter=1000)
    raise ValueError(f"head is {name!r}; it has to be one of {', '.join(HEADS)}")


def fit_head(head: Any, X: Any, y: NDArray[Any], prompts: NDArray[Any] | None = None) -> tuple[Any, Vector | None]:
    """The head fitted on every row, and for each row the scores of a head that did not see it.

    The kernel has the latter in closed form; the linear heads are fitted once a fold. None where nothing can be held
    out: fewer than two rows in some fold. ``prompts`` (rows,) says which rows are prompts, all unless given; the others
    are learnt from and have NaN for scores, since they do not look like what will be asked.
    """
    if isinstance(head, FusedHead):
        fused = clone(head)
        return fused, fused.take(*fit_head(head.head, head.others(X), y, prompts), X, y)
    fitted = clone(head).fit(X, y)
    if isinstance(fitted, KernelRidgeClassifier):
        unseen: Vector | None = np.asarray(fitted.unseen_scores_, dtype=np.float64)
        del fitted.unseen_scores_
    else:
        unseen = _folded_scores(head, X, y, fitted.classes_)
    if unseen is not None and prompts is not None:
        unseen[~prompts] = np.nan
    return fitted, unseen


def scores_of(head: Any, X: Any) -> Vector:
    """One column a class, also for two classes."""
    if isinstance(head, FusedHead):
        both: Vector = scores_of(head.head_, head.others(X)) + head.addition(X)
        return both
    if isinstance(head, KernelRidgeClassifier):
        return head.scores(X)
    scores = np.asarray(head.decision_function(X), dtype=np.float64)
    return np.column_stack([-scores, scores]) if scores.ndim == 1 else scores


def _folded_scores(head: Any, X: Any, y: NDArray[Any], classes: NDArray[Any]) -> Vector | None:
    """Labels too rare for every fold stay on the training side; their rows have no unseen score and are NaN."""
    labels, counts = np.unique(y, return_counts=True)
    rows = np.flatnonzero(np.isin(y, labels[counts >= FOLDS]))
    rare = np.flatnonzero(np.isin(y, labels[counts < FOLDS]))
    if len(np.unique(y[rows])) < 2:
        return None
    found = np.full((len(y), len(classes)), np.nan)
    for train, held in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(rows, y[rows]):
        seen = np.concatenate([rows[train], rare])
        part = clone(head).fit(X[seen], y[seen])
        scores = scores_of(part, X[rows[held]])
        full = np.full((len(held), len(classes)), scores.min() - 1.0)
        full[:, np.searchsorted(classes, part.classes_)] = scores
        found[rows[held]] = full
    return found
