"""Kernel ridge regression on several labels a row."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import validate_data

from workbench.models.kernel import KernelRidgeClassifier
from workbench.records import Matrix


class KernelRidgeLabels(KernelRidgeClassifier):
    """As its parent, with targets of 0 and 1 for each label instead of one label a row."""

    def fit(self, X: Any, y: Any) -> Self:
        """X of shape (rows, features), dense or sparse; y of shape (rows, labels)."""
        X = validate_data(self, X, accept_sparse="csr", dtype=(np.float32, np.float64))
        self.named_ = np.asarray(y, dtype=X.dtype)
        self.classes_ = np.arange(self.named_.shape[1])
        self.prior_ = self.named_.mean(axis=0)
        if X.shape[0] <= self.most_exact:
            self._fit_exact(X, np.arange(X.shape[0]))
        else:
            self._fit_landmarks(X, np.arange(X.shape[0]))
        del self.named_
        return self

    def _targets(self, index: NDArray[np.int64]) -> Matrix:
        targets: Matrix = self.named_[index] - self.prior_
        return targets
