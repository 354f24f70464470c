"""Rank the active techniques for a prompt."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted, validate_data

from workbench.models.columns import joined_columns
from workbench.records import Vector

FEWEST_POSITIVES = 3
COMPONENTS = 150


class TechniqueRanker(BaseEstimator):
    """One logistic regression a technique on whether the labels name it, ranked by probability.

    A technique with fewer than three labelled prompts gets its smoothed share for every prompt (one pseudo-prompt
    spread by ``priors``), so an unlabelled technique keeps a place by its prior instead of none.

    Parameters
    ----------
    techniques : codes of the active techniques, in the order of the columns.
    priors : base effectiveness of each technique (0 to 1), same order.
    C : inverse strength of the L2 penalty.
    random_state : seed of the solver.
    """

    def __init__(self, techniques: Any = (), priors: Any = (), C: float = 3.0, random_state: int = 0) -> None:
        self.techniques = techniques
        self.priors = priors
        self.C = C
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """X of shape (rows, features), dense or sparse; y of shape (rows, techniques), 1 where the labels name it."""
        X = validate_data(self, X, accept_sparse="csr", dtype=(np.float64, np.float32))
        y = np.asarray(y)
        self.classes_ = np.asarray(list(self.techniques), dtype=object)
        priors = np.asarray(list(self.priors), dtype=np.float64)
        self.share_ = (y.sum(axis=0) + priors) / (len(y) + 1.0)
        self.learned_ = np.flatnonzero((y.sum(axis=0) >= FEWEST_POSITIVES) & (y.sum(axis=0) < len(y)))
        self.coef_ = np.zeros((len(self.learned_), X.shape[1]))
        self.intercept_ = np.zeros(len(self.learned_))
        for row, column in enumerate(self.learned_):
            head = LogisticRegression(C=self.C, max_iter=500, random_state=self.random_state)
            head.fit(X, y[:, column])
            self.coef_[row], self.intercept_[row] = head.coef_[0], head.intercept_[0]
        return self

    def predict_proba(self, X: Any) -> Vector:
        """Shape (rows, techniques): the probability that the labels name the technique. Rows need not sum to 1."""
        check_is_fitted(self, "coef_")
        X = validate_data(self, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=False)
        scores = np.tile(self.share_, (X.shape[0], 1))
        if len(self.learned_):
            scores[:, self.learned_] = expit(np.asarray(X @ self.coef_.T) + self.intercept_)
        return scores

    def predict(self, X: Any) -> NDArray[Any]:
        """Shape (rows, techniques): codes, the best first; ties keep the order of ``techniques``."""
        order = np.argsort(-self.predict_proba(X), axis=1, kind="stable")
        codes: NDArray[Any] = self.classes_[order]
        return codes


def technique_pipeline(
    techniques: tuple[str, ...], priors: tuple[float, ...], C: float = 3.0, random_state: int = 0
) -> Pipeline:
    """Prompts with embeddings (see ``Examples.X``) to ranked techniques."""
    ranker = TechniqueRanker(techniques=techniques, priors=priors, C=C, random_state=random_state)
    # Thirty regressions on the wide sparse columns take ten times as long and rank no better.
    reduce = TruncatedSVD(COMPONENTS, n_iter=2, random_state=random_state)
    return Pipeline([("columns", joined_columns()), ("reduce", reduce), ("ranker", ranker)])
