"""Rank the active techniques for a prompt by what labels say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from workbench.models.kernel import WHOLE, View
from workbench.models.kernel_labels import KernelRidgeLabels
from workbench.records import Vector

FEWEST_POSITIVES = 3
MOST = 3
# Of all that were tried on the starter corpus the bend under which probabilities of unseen rows come true best.
BEND = 0.1
THRESHOLDS = np.arange(0.1, 0.91, 0.05)


class TechniqueRanker(BaseEstimator):
    """Kernel ridge regression on whether the labels name each technique, ranked by calibrated probability.

    One logistic curve, the same for all techniques, over the logarithm of scores (see ``log_scores``) turns them into
    probabilities; it is fitted on the scores that each row would have had unseen (Platt 2000). A technique with fewer
    than three labelled prompts gets its smoothed share for every prompt (one pseudo-prompt spread by ``priors``), so an
    unlabelled technique keeps a place by its prior instead of none.

    Parameters
    ----------
    techniques : codes of the active techniques, in the order of the columns.
    priors : base effectiveness of each technique (0 to 1), same order.
    alpha : ridge penalty, in units of the kernel's diagonal.
    views : how rows are compared.
    random_state : seed of the choice of rows that stand for all where there are very many.
    """

    def __init__(
        self,
        techniques: Any = (),
        priors: Any = (),
        alpha: float = 2.0,
        views: Sequence[View] = WHOLE,
        random_state: int = 0,
    ) -> None:
        self.techniques = techniques
        self.priors = priors
        self.alpha = alpha
        self.views = views
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """X of shape (rows, features), dense or sparse; y of shape (rows, techniques), 1 where the labels name it."""
        self._fit_labels(X, y)
        return self

    def _fit_labels(self, X: Any, y: Any) -> Vector:
        """Shape (rows, techniques): the probabilities that each row would have had unseen, NaN where nobody worked them
        out."""
        X = validate_data(self, X, accept_sparse="csr", dtype=(np.float32, np.float64))
        y = np.asarray(y)
        self.classes_ = np.asarray(list(self.techniques), dtype=object)
        priors = np.asarray(list(self.priors), dtype=np.float64)
        self.named_ = y.sum(axis=0)
        self.share_ = (self.named_ + priors) / (len(y) + 1.0)
        self.learned_ = np.flatnonzero((self.named_ >= FEWEST_POSITIVES) & (self.named_ < len(y)))
        unseen = np.tile(self.share_, (len(y), 1))
        if len(self.learned_):
            found = KernelRidgeLabels(self.views, self.alpha, random_state=self.random_state)
            self.kernel_ = found.fit(X, y[:, self.learned_])
            scores = found.unseen_scores_.astype(np.float64)
            self.curve_ = logistic_curves(log_scores(scores).reshape(-1, 1), y[:, self.learned_].ravel())
            unseen[:, self.learned_] = expit(self.curve_[0] + self.curve_[1] * log_scores(scores))
            del found.unseen_scores_
        self.threshold_ = best_threshold(unseen, y)
        return unseen

    def predict_proba(self, X: Any) -> Vector:
        """Shape (rows, techniques): the probability that the labels name the technique. Rows need not sum to 1."""
        check_is_fitted(self, "share_")
        X = validate_data(self, X, accept_sparse="csr", dtype=(np.float32, np.float64), reset=False)
        scores = np.tile(self.share_, (X.shape[0], 1))
        if len(self.learned_):
            scores[:, self.learned_] = expit(self.curve_[0] + self.curve_[1] * log_scores(self.kernel_.scores(X)))
        return scores

    def predict(self, X: Any) -> NDArray[Any]:
        """Shape (rows, techniques): codes, the best first; ties keep the order of ``techniques``."""
        order = np.argsort(-self.predict_proba(X), axis=1, kind="stable")
        codes: NDArray[Any] = self.classes_[order]
        return codes


def log_scores(scores: Vector) -> Vector:
    """Scores of least squares are nearly probabilities, so their logarithms are nearly the right logits; the softplus
    (Dugas et al. 2001) keeps them finite where a score is not above 0, and all in order."""
    found: Vector = np.log(np.logaddexp(0.0, scores / BEND))
    return found


def logistic_curves(features: Vector, truth: Vector) -> Vector:
    """Intercept and slopes (never negative) of a logistic regression; features (entries, slopes), truth 0 or 1. Entries
    that are NaN are left out. Targets are drawn in by one pseudo-entry of each kind, so that no slope is infinite
    (Platt 2000)."""
    known = np.isfinite(features).all(axis=1)
    x, hits = np.column_stack([np.ones(known.sum()), features[known]]), truth[known] > 0
    target = np.where(hits, (hits.sum() + 1) / (hits.sum() + 2), 1 / ((~hits).sum() + 2))

    def loss(curve: Vector) -> tuple[float, Vector]:
        margin = x @ curve
        value = -np.mean(target * log_expit(margin) + (1 - target) * log_expit(-margin))
        return float(value), x.T @ (expit(margin) - target) / len(x)

    bounds = [(None, None), *[(0.0, None)] * features.shape[1]]
    found = minimize(loss, np.zeros(1 + features.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds)
    curve: Vector = found.x
    return curve


def best_threshold(probabilities: Vector, named: Vector) -> float:
    """From what probability on a technique beside the first is best taken along, so that the sets of at most ``MOST``
    techniques meet the labels with the highest F1 over all rows."""
    known = np.isfinite(probabilities).all(axis=1)
    order = np.argsort(-probabilities[known], axis=1, kind="stable")[:, :MOST]
    row = np.arange(len(order))[:, None]
    found, hits = probabilities[known][row, order], named[known][row, order]
    f1 = []
    for threshold in THRESHOLDS:
        taken = (found >= threshold) | (np.arange(order.shape[1]) == 0)
        f1.append(2 * hits[taken].sum() / max(taken.sum() + named[known].sum(), 1))
    return float(THRESHOLDS[int(np.argmax(f1))])
