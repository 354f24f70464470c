"""What an outcome model knows of techniques and contexts, and decisions as its columns."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from workbench.models.outcome_columns import Layout, variances_of
from workbench.models.outcome_features import (
    Indices,
    Space,
    codes_of,
    context_matrix,
    labels_of_rows,
    membership,
    principal_axes,
    products,
)
from workbench.records import DIMENSIONS

NUMBERS_AT_ONCE = 8_000_000
UNKNOWN_PRIOR = 0.5
MOST_AXES = 10


@dataclass(frozen=True)
class Rows:
    """Decisions as columns: those with a coefficient, and those without, times their prior standard deviation."""

    known: csr_matrix
    fresh: csr_matrix


class OutcomeDesign(BaseEstimator):
    """The half of ``OutcomeModel`` that makes columns; what it knows is learnt by the other half's ``fit``."""

    def knowing(self, techniques: Sequence[str], priors: Sequence[float], descriptions: Any = None) -> Self:
        """A copy that also knows techniques which came after the fit, by their priors and descriptions."""
        check_is_fitted(self, "mean_")
        new = [at for at, code in enumerate(techniques) if code not in set(self.techniques_)]
        vectors = np.zeros((len(techniques), DIMENSIONS)) if descriptions is None else np.asarray(descriptions)
        model = copy.copy(self)
        model.techniques_ = [*self.techniques_, *(str(techniques[at]) for at in new)]
        model.lead_ = np.append(self.lead_, [priors[at] - self.level_ for at in new])
        model.described_ = np.vstack([self.described_, vectors[new]])
        return model

    def _know_techniques(self, arms: Sequence[str]) -> None:
        given = [str(code) for code in self.techniques]
        self.techniques_ = list(dict.fromkeys([*given, *sorted({code for arm in arms for code in codes_of(arm)})]))
        priors = np.full(len(self.techniques_), np.nan)
        priors[: len(list(self.priors))] = list(self.priors)
        known = priors[np.isfinite(priors)]
        self.level_ = float(known.mean()) if len(known) else UNKNOWN_PRIOR
        self.lead_ = np.nan_to_num(priors - self.level_)
        self.described_ = np.zeros((len(self.techniques_), DIMENSIONS))
        if self.descriptions is not None:
            self.described_[: len(given)] = np.asarray(self.descriptions)

    def _know_contexts(self, space: Space, X: pd.DataFrame) -> None:
        self.complexity_, self.complexity_scale_ = space.complexity, space.complexity_scale
        self.centre_, self.axes_ = space.centre, space.axes
        told = np.flatnonzero(self.described_.any(axis=1))
        self.described_centre_, self.described_axes_ = principal_axes(self.described_, told, MOST_AXES)
        alike = products(X, self.described_)
        known = alike[np.isfinite(alike)]
        self.match_ = [float(known.mean()), float(known.std()) or 1.0] if len(known) else [0.0, 1.0]

    def _every(self, X: pd.DataFrame, arms: Sequence[str], width: int) -> Iterator[Rows]:
        check_is_fitted(self, "mean_")
        codes = sorted({code for arm in arms for code in codes_of(arm)})
        model = self.knowing(codes, [self.level_] * len(codes))
        step = max(1, NUMBERS_AT_ONCE // max(len(arms) * width, 1))
        for start in range(0, len(X), step):
            yield model._rows(X.iloc[start : start + step], arms)

    def _rows(self, X: pd.DataFrame, arms: Sequence[str]) -> Rows:
        space = Space(self.complexity_, self.complexity_scale_, self.centre_, self.axes_)
        context, keys = context_matrix(X, space, self.keys_)
        further = [arm for arm in dict.fromkeys(arms) if ";" in arm and arm not in self.sets_]
        layout = self._layout(keys, [*self.sets_, *further])
        row, arm = np.repeat(np.arange(len(X)), len(arms)), np.tile(np.arange(len(arms)), len(X))
        design = self._matrix(layout, context, X, arms, row, arm)
        known = layout.columns(self.columns_)
        fresh = np.setdiff1d(design.indices, known)
        sd = np.sqrt(variances_of(layout.blocks[fresh], self.variances_))
        return Rows(design[:, known], design[:, fresh].multiply(sd).tocsr())

    def _layout(self, keys: Sequence[str], sets: Sequence[str]) -> Layout:
        numeric = Space(self.complexity_, self.complexity_scale_, self.centre_, self.axes_).numeric
        kinds = (*numeric, *(key.partition("=")[0] for key in keys))
        return Layout(kinds, tuple(keys), len(self.techniques_), self.described_axes_.shape[1], tuple(sets))

    def _matrix(
        self, layout: Layout, context: csr_matrix, X: pd.DataFrame, arms: Sequence[str], row: Indices, arm: Indices
    ) -> csr_matrix:
        """One line for each pair of a place in ``X`` and one in ``arms``."""
        chosen = membership(arms, self.techniques_)[arm]
        alike = np.nan_to_num((products(X, self.described_) - self.match_[0]) / self.match_[1])
        match = np.asarray(chosen.multiply(alike[row]).sum(axis=1)).ravel()
        labels = np.asarray(chosen.multiply(labels_of_rows(X, len(self.techniques_))[row]).sum(axis=1)).ravel()
        head = np.column_stack([np.ones(len(row)), chosen @ self.lead_, match, labels])
        told = np.asarray(self.described_.any(axis=1))[:, None] * (self.described_ - self.described_centre_)
        axes = chosen @ (told @ self.described_axes_)
        places = {name: at for at, name in enumerate(layout.sets)}
        place = np.array([places.get(name, -1) for name in arms], dtype=np.int64)[arm]
        return layout.matrix(context[row], chosen, head, axes, place)
