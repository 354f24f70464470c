"""The training rows that carry one decision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from workbench.models.contributions import row_parts, similarity, views_of, without_tuned
from workbench.models.kernel import KernelRidgeClassifier
from workbench.records import Examples, Vector

SAME = 1e-4


def carrying_rows(estimator: Pipeline, X: Any, train: Examples, label: int, rival: int, most: int) -> pd.DataFrame:
    """At most ``most`` rows for and as many against the label, by column: id, text, label, similarity, pull.

    ``X`` is one row of columns. Where the head is a sum over these rows, those that pull the most, the pull being what
    the row adds to the lead; otherwise the most similar rows of each of the two labels, without a pull.

    Raises:
        ValueError: the head is a sum over other rows.
    """
    head, X = without_tuned(estimator[-1].head_, X)
    if isinstance(head, KernelRidgeClassifier) and head.support_.shape[0] == len(train.y):
        _refuse_other_rows(estimator, head, train)
        alike = similarity(X, head.support_, head.views)[0]
        pull = row_parts(head, X, label, rival)[0]
        order = np.argsort(-pull, kind="stable")
        chosen = np.concatenate([order[pull[order] > 0][:most], order[pull[order] < 0][::-1][:most]])
    else:
        _, others = without_tuned(estimator[-1].head_, estimator[:-1].transform(train.X))
        alike = similarity(X, others, views_of(head))[0]
        pull = np.full(len(train.y), np.nan)
        wanted = estimator[-1].classes_[[label, rival]]
        chosen = np.concatenate([_most_alike(alike, train.y == name, most) for name in wanted])
    return described(train, chosen).assign(similarity=alike[chosen], pull=pull[chosen])


def described(train: Examples, rows: NDArray[Any]) -> pd.DataFrame:
    """The rows at these positions by column: id, text, label."""
    return pd.DataFrame(
        {
            "id": [train.ids[row] for row in rows],
            "text": [str(text) for text in train.X["prompt_text"].iloc[rows]],
            "label": [str(train.y[row]) for row in rows],
        }
    )


def _most_alike(alike: Vector, among: NDArray[np.bool_], most: int) -> NDArray[Any]:
    rows = np.flatnonzero(among)
    chosen: NDArray[Any] = rows[np.argsort(-alike[rows], kind="stable")[:most]]
    return chosen


def _refuse_other_rows(estimator: Pipeline, head: KernelRidgeClassifier, train: Examples) -> None:
    rows = sorted({0, len(train.y) // 2, len(train.y) - 1})
    _, found = without_tuned(estimator[-1].head_, estimator[:-1].transform(train.X.iloc[rows]))
    if abs(found - head.support_[rows]).max() > SAME:
        raise ValueError("these are not the rows that the model was trained on, in their order")
