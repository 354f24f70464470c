"""The expected reward of a set of techniques in a context, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.utils.validation import check_is_fitted

from workbench.models.outcome_columns import FIXED, differences, prior_variance
from workbench.models.outcome_design import OutcomeDesign
from workbench.models.outcome_features import checked_rows, context_matrix, space_of
from workbench.models.variance_components import SMALLEST, Moments, fit_components
from workbench.records import Vector

NOISE = 0.1
TERMS = 50


class OutcomeModel(OutcomeDesign):
    """Bayesian hierarchical linear regression of rewards on sets of techniques and their context.

    The expected reward of the set S in context x is

        level + context(x) + sum over t in S of [ prior_t + label(x, t) + description_t + match(x, t) + own_t +
        t's interactions with every level of the intent's path, the language model, the domain, complexity and the
        embedding ] + set_S

    Each term's coefficients share a normal prior whose variance is learnt (``variance_components``), so what the data
    do not speak of stays near nothing and keeps its uncertainty: an intent's effect falls back to that of the intent
    above it, a technique's to its description's and its ``priors``. ``prior_t`` is the given prior less their mean,
    times a slope that starts at ``prior_slope`` +- 1; ``label(x, t)`` what a model of labels says of it, times a slope
    that starts at ``label_worth``, give or take as much; ``description_t`` is a Gaussian process over techniques with
    the inner product of their descriptions' embeddings as kernel (kriging); ``match`` is the inner product of
    description and prompt. A set has an effect of its own, estimated where it was logged often enough. Predictions are
    of the mean reward, not of a single one; they are not cut to 0..1, so that differences stay exact.

    Parameters
    ----------
    techniques : codes in order; others that the rows name are added behind them.
    priors : expected reward of each technique alone, same order; 0.5 where not given.
    descriptions : array (techniques, 384) of embeddings, or None.
    prior_slope : what a difference of priors is worth before any data, in rewards.
    label_worth : what a label's probability of 1 is worth before any data, in rewards.
    components : principal components of the prompts' embeddings that interact with techniques.
    fewest_of_a_set : rows from which on a set of several techniques has a column of its own.
    most_columns : of the columns those with the most rows are kept.
    random_state : recorded for draws that are given no seed.
    """

    def __init__(
        self,
        techniques: Any = (),
        priors: Any = (),
        descriptions: Any = None,
        prior_slope: float = 1.0,
        label_worth: float = 0.1,
        components: int = 4,
        fewest_of_a_set: int = 20,
        most_columns: int = 1500,
        random_state: int = 0,
    ) -> None:
        self.techniques = techniques
        self.priors = priors
        self.descriptions = descriptions
        self.prior_slope = prior_slope
        self.label_worth = label_worth
        self.components = components
        self.fewest_of_a_set = fewest_of_a_set
        self.most_columns = most_columns
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, arms: Sequence[str], reward: Any, sample_weight: Any = None) -> Self:
        """X has one row a decision and any of the columns ``intent`` (path, mapping of paths to probabilities, or
        None), ``complexity`` (NaN), ``language_model`` (""), ``domain`` (None), ``embedding`` (None) and ``labels``
        (None; else one number a technique), unknown as in brackets; ``arms`` the codes applied, in order and
        joined by ";", "" for none. Weights are relative precisions: only their ratios count. No rows at all leave the
        prior.

        Raises:
            ValueError: lengths that differ, a reward that is no number, a negative weight.
        """
        names, reward, weight = checked_rows(X, arms, reward, sample_weight)
        self._know_techniques(names)
        space = space_of(X, self.components)
        self._know_contexts(space, X)
        counts = pd.Series([arm for arm in names if ";" in arm], dtype=object).value_counts()
        self.sets_ = [str(arm) for arm in sorted(counts.index[counts >= self.fewest_of_a_set])]
        context, self.keys_ = context_matrix(X, space, [])
        layout = self._layout(self.keys_, self.sets_)
        row = np.arange(len(X))
        design = self._matrix(layout, context, X, names, row, row)
        support = np.asarray((design != 0).sum(axis=0)).ravel()
        kept = layout.chosen(support, self.most_columns)
        self.columns_, self.support_ = layout.keyed(kept), support[kept]
        self._learn(layout.blocks[kept], design[:, kept], reward, weight)
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X: pd.DataFrame, arms: Sequence[str]) -> tuple[Vector, Vector]:
        """Posterior mean and standard deviation of the expected reward, each of shape (rows, arms)."""
        root = self._root()
        means, squares = [np.empty(0)], [np.empty(0)]
        for rows in self._every(X, arms, len(self.mean_)):
            means.append(rows.known @ self.mean_)
            inside = np.square(rows.known @ root).sum(axis=1)
            squares.append(inside + np.asarray(rows.fresh.multiply(rows.fresh).sum(axis=1)).ravel())
        shape = (len(X), len(arms))
        return np.concatenate(means).reshape(shape), np.sqrt(np.concatenate(squares)).reshape(shape)

    def predict_mean(self, X: pd.DataFrame, arms: Sequence[str]) -> Vector:
        """The first of ``predict``, in a fraction of the time."""
        check_is_fitted(self, "mean_")
        means = [rows.known @ self.mean_ for rows in self._every(X, arms, TERMS)]
        return np.concatenate([np.empty(0), *means]).reshape(len(X), len(arms))

    def joint(self, X: pd.DataFrame, arms: Sequence[str]) -> tuple[Vector, Vector]:
        """Posterior mean (rows, arms) and the covariance of all arms on each row (rows, arms, arms)."""
        root, width = self._root(), len(arms)
        means, squares = [np.empty(0)], [np.empty((0, width, width))]
        for rows in self._every(X, arms, len(self.mean_)):
            means.append(rows.known @ self.mean_)
            flat = np.hstack([rows.known @ root, rows.fresh.toarray()])
            both = flat.reshape(-1, width, flat.shape[1])
            squares.append(both @ both.transpose(0, 2, 1))
        return np.concatenate(means).reshape(len(X), width), np.concatenate(squares)

    def contrast(self, X: pd.DataFrame, arms: Sequence[str], reference: str | Sequence[str]) -> tuple[Vector, Vector]:
        """Mean and standard deviation of each arm's expected reward less the reference's on the same row (one for all,
        or one a row), shape (rows, arms). What depends on the context alone cancels."""
        others = [reference] * len(X) if isinstance(reference, str) else list(reference)
        every = list(dict.fromkeys([*arms, *others]))
        place = {arm: at for at, arm in enumerate(every)}
        mean, covariance = self.joint(X, every)
        return differences(mean, covariance, [place[arm] for arm in arms], [place[arm] for arm in others])

    def average(self, X: pd.DataFrame, arms: Sequence[str], reference: str | Sequence[str]) -> tuple[Vector, Vector]:
        """As ``contrast``, of the mean over all rows, shape (arms,): what always taking the arm would bring."""
        others = [reference] * len(X) if isinstance(reference, str) else list(reference)
        every = list(dict.fromkeys([*arms, *others]))
        place = {arm: at for at, arm in enumerate(every)}
        rows = next(self._every(X, every, 0))
        shares = np.zeros((len(arms), len(X), len(every)))
        shares[np.arange(len(arms)), :, [place[arm] for arm in arms]] += 1 / len(X)
        shares[:, np.arange(len(X)), [place[arm] for arm in others]] -= 1 / len(X)
        mixed = csr_matrix(shares.reshape(len(arms), -1))
        known, fresh = mixed @ rows.known, mixed @ rows.fresh
        square = np.square(known @ self._root()).sum(axis=1) + np.asarray(fresh.multiply(fresh).sum(axis=1)).ravel()
        return known @ self.mean_, np.sqrt(square)

    def draw(self, X: pd.DataFrame, arms: Sequence[str], draws: int, seed: int | None = None) -> Vector:
        """Shape (draws, rows, arms): expected rewards under coefficients drawn from their posterior, in each draw the
        same ones for all rows and arms (Thompson 1933)."""
        random = np.random.default_rng(self.random_state if seed is None else seed)
        rows = next(self._every(X, arms, 0))
        coefficients = self.mean_[:, None] + self._root() @ random.normal(size=(len(self.mean_), draws))
        found = rows.known @ coefficients + rows.fresh @ random.normal(size=(rows.fresh.shape[1], draws))
        return np.asarray(found.T.reshape(draws, len(X), len(arms)))

    def _learn(self, blocks: Any, design: csr_matrix, reward: Vector, weight: Vector) -> None:
        names, block = np.unique(blocks.astype(str), return_inverse=True)
        worth = max(self.label_worth**2, SMALLEST)
        prior = np.array([worth if name == "labels" else prior_variance(name) for name in names])
        means = {"level": self.level_, "prior": self.prior_slope, "labels": self.label_worth}
        before = np.array([means.get(name, 0.0) for name in blocks])
        left = reward - design @ before
        weighted = design.multiply(weight[:, None]).tocsr()
        gram = np.asarray((weighted.T @ design).todense())
        moments = Moments(gram, weighted.T @ left, float(weight @ left**2), int(np.count_nonzero(weight)))
        found = fit_components(moments, block, prior, ~np.isin(names, FIXED), NOISE)
        self.mean_ = before + found.mean
        self.root_ = found.root.astype(np.float32)
        self.variances_ = {str(name): float(value) for name, value in zip(names, found.variances, strict=True)}
        self.noise_, self.n_steps_ = found.noise, found.steps

    def _root(self) -> Vector:
        check_is_fitted(self, "mean_")
        return np.asarray(self.root_, dtype=np.float64)
