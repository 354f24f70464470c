"""How good a kernel of the intent classifier is on training rows that it did not learn from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.pipeline import Pipeline

from workbench.models.intent_pipeline import intent_pipeline
from workbench.models.kernel import View
from workbench.models.link import fit_link
from workbench.models.search import Parameters, Score
from workbench.models.triangular import solve
from workbench.records import Budget, Matrix

METHOD = "log loss of leave-one-out scores"
# The solution takes the cube of this in time, four times its square for each block in bytes. Fewer rows would mislead:
# what is best for 3,000 rows was worse for 8,000 than the defaults.
MOST_ROWS = 8_000


class KernelObjective:
    """Log loss of the closed-form leave-one-out scores (see ``KernelRidgeClassifier``) with their best link.

    Distances and inner products of each block of columns are worked out once, so a set of parameters costs one
    factorisation. Beyond ``MOST_ROWS`` rows a sample, drawn by ``seed`` with every label in its share, stands for all.
    Rows that ``prompts`` (rows,) says no to are learnt from and not judged.
    """

    def __init__(
        self, X: pd.DataFrame, y: NDArray[Any], budget: Budget, seed: int, prompts: NDArray[np.bool_] | None = None
    ) -> None:
        rows = sample(y, MOST_ROWS, seed)
        self._judged = np.flatnonzero(prompts[rows]) if prompts is not None else np.arange(len(rows))
        classes, self._truth = np.unique(y[rows], return_inverse=True)
        targets = np.eye(len(classes), dtype=np.float32)[self._truth]
        self._prior = targets.mean(axis=0)
        self._targets = targets - self._prior
        self._budget = budget
        self._X = X.iloc[rows]

    @cached_property
    def _blocks(self) -> dict[str, tuple[str, Matrix]]:
        """Made at the first trial: a search whose trials are all known asks for none."""
        plain = intent_pipeline(self._budget, word_weight=1.0, character_weight=1.0, linguistic_weight=1.0)
        return _blocks(plain, self._X)

    def __call__(self, parameters: Parameters, /) -> Score:
        _, unseen = solve(self._gram(dict(parameters)), self._targets)
        scores = np.asarray(unseen[self._judged] + self._prior, dtype=np.float64)
        truth = self._truth[self._judged]
        _, loss = fit_link(scores, truth)
        return Score(loss, float(np.mean(scores.argmax(axis=1) == truth)))

    def _gram(self, options: Mapping[str, Any]) -> Matrix:
        pipeline = intent_pipeline(self._budget, **options)
        weights: Mapping[str, float] = pipeline[0].transformer_weights or {}
        curved = iter([view for view in pipeline[-1].views if view.kernel == "rbf"])
        total = np.zeros((len(self._truth),) * 2, np.float32)
        for name, (kind, block) in self._blocks.items():
            if kind == "distance":
                view = next(curved)
                total += np.float32(view.weight) * np.exp(np.float32(-view.gamma) * block)
            else:
                total += np.float32(weights[name] ** 2) * block
        total[np.diag_indices_from(total)] += np.float32(pipeline[-1].strength)
        return total


def sample(y: NDArray[Any], most: int, seed: int) -> NDArray[np.intp]:
    """At most ``most`` rows in order, each label in its share; a label of few rows keeps one at least."""
    if len(y) <= most:
        return np.arange(len(y))
    order = np.random.default_rng(seed).permutation(len(y))
    place = pd.Series(y[order]).groupby(y[order]).cumcount().to_numpy()
    size = pd.Series(y[order]).map(pd.Series(y).value_counts()).to_numpy(dtype=float)
    chosen = order[np.argsort(place / size, kind="stable")[:most]]
    return np.sort(chosen)


def _blocks(plain: Pipeline, X: pd.DataFrame) -> dict[str, tuple[str, Matrix]]:
    """Squared distances where a radial view looks, inner products elsewhere, by block."""
    made = plain[0].fit_transform(X)
    views: list[View] = list(plain[-1].views)
    found = {}
    for name, where in plain[0].output_indices_.items():
        if where.stop == where.start:
            continue
        part = made[:, where.start : where.stop]
        view = next(v for v in views if v.start <= where.start and (v.stop is None or where.stop <= v.stop))
        if view.kernel == "rbf":
            dense = np.asarray(part.toarray() if issparse(part) else part, dtype=np.float32)
            squares = np.square(dense).sum(axis=1)
            distance = np.maximum(squares[:, None] + squares[None, :] - 2.0 * (dense @ dense.T), 0.0)
            found[name] = ("distance", distance)
        else:
            product = part @ part.T
            found[name] = ("product", np.asarray(product.toarray() if issparse(product) else product, np.float32))
    return found
