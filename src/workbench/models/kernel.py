"""Kernel ridge regression on one-hot labels over several views of a prompt at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve
from scipy.sparse import csr_matrix, issparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from workbench.models.triangular import cholesky, inverse, plus_square, solve, times
from workbench.records import Matrix, Vector

# Up to here the whole kernel matrix is solved (1 GiB in float32); beyond it that many rows stand for all.
MOST_LANDMARKS = 8_000
MOST_EXACT = 16_000
MOST_UNSEEN = 20_000
# Entries of the kernel matrix at work at once: 64 MiB in float32, and some times as much beside it.
ENTRIES_AT_ONCE = 1 << 24
FEWEST_FOR_WEIGHTS = 512
MOST_WEIGHTS = 1 << 26
JITTER = 1e-3


class View(NamedTuple):
    """Columns ``start`` to ``stop`` (None: the last) of the matrix, and how rows are compared in them.

    ``rbf`` is exp(-gamma * squared distance), ``linear`` the inner product; either counts ``weight`` times.
    """

    start: int
    stop: int | None
    kernel: Literal["rbf", "linear"]
    weight: float
    gamma: float = 1.0


WHOLE = (View(0, None, "rbf", 1.0),)


class KernelRidgeClassifier(ClassifierMixin, BaseEstimator):
    """Least squares on one-hot labels in the space of a sum of kernels, with scores of every row as if it were unseen.

    Solves (K + alpha I) A = Y - mean(Y). The score of row i by a fit without it is Y_i - A_i / ((K + alpha I)^-1)_ii
    (Rifkin and Lippert 2007, "Notes on regularized least squares"), so calibration needs no second fit. Beyond
    ``most_exact`` rows, ``landmarks`` of them drawn at random span the solution (subset of regressors, Rasmussen and
    Williams 2006, section 8.3.1); then memory grows with rows times classes only, and scores as if unseen are those of
    ``most_unseen`` rows drawn at random, NaN for the others.

    Parameters
    ----------
    views : kernels over blocks of columns, added up.
    alpha : ridge penalty, in units of the kernel's diagonal.
    most_exact : rows up to which the whole kernel matrix is solved.
    landmarks : rows that span the solution beyond that.
    most_unseen : rows whose scores as if unseen are worked out beyond that.
    random_state : seed of the choice of landmarks and of those rows.
    """

    def __init__(
        self,
        views: Sequence[View] = WHOLE,
        alpha: float = 0.1,
        most_exact: int = MOST_EXACT,
        landmarks: int = MOST_LANDMARKS,
        most_unseen: int = MOST_UNSEEN,
        random_state: int = 0,
    ) -> None:
        self.views = views
        self.alpha = alpha
        self.most_exact = most_exact
        self.landmarks = landmarks
        self.most_unseen = most_unseen
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """X of shape (rows, features), dense or sparse; y of shape (rows,)."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=(np.float32, np.float64))
        check_classification_targets(y)
        self.classes_, index = np.unique(y, return_inverse=True)
        self.prior_ = (np.bincount(index) / len(index)).astype(X.dtype)
        if X.shape[0] <= self.most_exact:
            self._fit_exact(X, index)
        else:
            self._fit_landmarks(X, index)
        return self

    def decision_function(self, X: Any) -> Vector:
        """Scores of shape (rows, classes), about 1 for a sure class and about the class's share far from all data.

        Two classes give the second's score minus the first's, shape (rows,), as scikit-learn wants it.
        """
        scores = self.scores(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def scores(self, X: Any) -> Vector:
        """Like ``decision_function``, one column a class whatever their number."""
        check_is_fitted(self, "dual_")
        X = validate_data(self, X, accept_sparse="csr", dtype=(np.float32, np.float64), reset=False)
        weights = self._linear_weights() if X.shape[0] >= FEWEST_FOR_WEIGHTS else []
        views = [view for view in self.views if view not in [weighed for weighed, _ in weights]]
        found = np.tile(self.prior_.astype(np.float64), (X.shape[0], 1))
        for rows in _chunks(X.shape[0], self.support_.shape[0]):
            for view, weight in weights:
                found[rows] += _columns(X[rows], view) @ weight
            if views:
                found[rows] += kernel(X[rows], self.support_, views) @ self.dual_
        return found

    def predict(self, X: Any) -> NDArray[Any]:
        scores = self.scores(X)
        labels: NDArray[Any] = self.classes_[scores.argmax(axis=1)]
        return labels

    def __getstate__(self) -> dict[str, Any]:
        """Plain arrays only: a file of a sparse matrix would need a type that nobody has vouched for."""
        state = dict(super().__getstate__())
        support: Any = state.get("support_")
        if issparse(support):
            state["support_"] = (support.data, support.indices, support.indptr, support.shape)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        if isinstance(state.get("support_"), tuple):
            *parts, shape = state["support_"]
            state["support_"] = csr_matrix(tuple(parts), shape=shape)
        super().__setstate__(state)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _fit_exact(self, X: Any, index: NDArray[np.int64]) -> None:
        self.support_ = X
        self.dual_, unseen = solve(_gram(X, self.views, self.alpha), self._targets(index))
        self.unseen_scores_ = unseen + self.prior_

    def _fit_landmarks(self, X: Any, index: NDArray[np.int64]) -> None:
        random = np.random.default_rng(self.random_state)
        size = min(self.landmarks, X.shape[0])
        self.support_ = X[np.sort(random.choice(X.shape[0], size, replace=False))]
        # Nystroem features first: the normal equations of the kernel itself are too ill-conditioned for float32.
        whitener = inverse(cholesky(_gram(self.support_, self.views, JITTER)))
        normal = np.zeros((size, size), X.dtype, order="F")
        normal[np.diag_indices_from(normal)] = self.alpha
        right = np.zeros((size, len(self.classes_)), X.dtype)
        for rows in _chunks(X.shape[0], size):
            features = times(whitener, kernel(X[rows], self.support_, self.views))
            normal = plus_square(normal, features)
            right += features @ self._targets(index[rows])
        factor = cholesky(normal.T)
        self.dual_ = whitener.T @ cho_solve((factor, True), right, check_finite=False)
        spread = times(inverse(factor), whitener.T)
        chosen = np.sort(random.permutation(X.shape[0])[: self.most_unseen])
        self.unseen_scores_ = np.full((X.shape[0], len(self.classes_)), np.nan, X.dtype)
        for some in _chunks(len(chosen), size):
            part = chosen[some]
            self.unseen_scores_[part] = self._unseen_by_leverage(X[part], self._targets(index[part]), spread)

    def _linear_weights(self) -> list[tuple[View, Matrix]]:
        """Of each linear view what its columns add to the scores, shape (columns, classes): for many rows much faster
        than their kernel with all others."""
        linear = [view for view in self.views if view.kernel == "linear"]
        if self.n_features_in_ * len(self.classes_) > MOST_WEIGHTS:
            return []
        return [(view, view.weight * (_columns(self.support_, view).T @ self.dual_)) for view in linear]

    def _targets(self, index: NDArray[np.int64]) -> Matrix:
        targets = np.tile(-self.prior_, (len(index), 1))
        targets[np.arange(len(index)), index] += 1
        return targets

    def _unseen_by_leverage(self, X: Any, targets: Matrix, spread: Matrix) -> Matrix:
        """Residuals divided by one minus the row's leverage, as for any linear smoother."""
        part = kernel(X, self.support_, self.views)
        residual = targets - part @ self.dual_
        features = times(spread, part)
        leverage = np.clip(np.einsum("ij,ij->j", features, features), 0.0, 1.0 - 1e-6)
        unseen: Matrix = targets - residual / (1.0 - leverage)[:, None] + self.prior_
        return unseen


def kernel(A: Any, B: Any, views: Sequence[View]) -> Matrix:
    """Shape (rows of A, rows of B), as precise as A."""
    total = np.zeros((A.shape[0], B.shape[0]), A.dtype)
    for view in views:
        a, b = _columns(A, view), _columns(B, view)
        product = a @ b.T
        product = product.toarray() if issparse(product) else product
        if view.kernel == "rbf":
            product = _rbf(product, _squares(a), _squares(b), view.gamma)
        product *= A.dtype.type(view.weight)
        total += product
    return total


def _gram(X: Any, views: Sequence[View], ridge: float) -> Matrix:
    """The rows' kernel with each other plus ``ridge`` on the diagonal, made piece by piece: a sparse product that turns
    out dense would take three times the memory of the whole."""
    gram = np.empty((X.shape[0], X.shape[0]), X.dtype)
    for rows in _chunks(*gram.shape):
        gram[rows] = kernel(X[rows], X, views)
    gram[np.diag_indices_from(gram)] += ridge
    return gram


def _columns(X: Any, view: View) -> Any:
    part = X[:, view.start : view.stop]
    if issparse(part):
        # An embedding inside a joined sparse matrix: multiplying it as a dense one is many times faster.
        part = csr_matrix(part)
        dense = part.nnz > 0.5 * part.shape[0] * part.shape[1]
        return part.toarray() if dense else part
    return part


def _squares(part: Any) -> Matrix:
    squares: Matrix = (
        np.asarray(part.multiply(part).sum(axis=1)).ravel() if issparse(part) else np.einsum("ij,ij->i", part, part)
    )
    return squares


def _rbf(product: Matrix, a: Matrix, b: Matrix, gamma: float) -> Matrix:
    product *= product.dtype.type(2.0 * gamma)
    product -= product.dtype.type(gamma) * a[:, None]
    product -= product.dtype.type(gamma) * b[None, :]
    np.minimum(product, 0.0, out=product)
    return np.exp(product, out=product)


def _chunks(rows: int, width: int) -> Iterator[slice]:
    step = max(ENTRIES_AT_ONCE // max(width, 1), 64)
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))
