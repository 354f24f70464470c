"""The technique selector: labels and logged outcomes in one model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from workbench.models.columns import joined_columns, joint_views
from workbench.models.kernel import WHOLE, View
from workbench.models.newcomers import Newcomers, fit_newcomers
from workbench.models.outcome_columns import HEAD
from workbench.models.outcome_features import embeddings_of, labels_of_rows, membership
from workbench.models.outcome_model import OutcomeModel
from workbench.models.selector_costs import SECONDS, technique_costs
from workbench.models.selector_evidence import Evidence, no_evidence
from workbench.models.selector_policy import order_scores
from workbench.models.technique import TechniqueRanker
from workbench.records import DIMENSIONS, LAYERS, Vector

MOST_ROWS = 1000
FEWEST_FAMILIAR = 5
# The embedding alone says less of labels than all views do, and it is all that a log has.
MEANING_ALPHA = 0.3


class TechniqueSelector(TechniqueRanker):
    """Ranks techniques by what labels say and outcomes have established, and says how sure that is.

    What labels say is one term of the ``OutcomeModel``; outcomes teach what a label is worth and what else counts.
    Techniques stand in the order of their labels' probabilities, moved by what is established (``order_scores``). A
    technique that no label names gets its probability from its description (``newcomers``).

    Its matrix has the prompt's embedding in the first 384 columns, as ``joined_columns`` makes it.

    Parameters
    ----------
    label_worth : what a label's probability of 1 is worth before any outcome, in rewards.
    techniques, priors, alpha, views, random_state : as in ``TechniqueRanker``.
    """

    def __init__(
        self,
        techniques: Any = (),
        priors: Any = (),
        alpha: float = 2.0,
        views: Sequence[View] = WHOLE,
        random_state: int = 0,
        label_worth: float = 0.1,
    ) -> None:
        super().__init__(techniques, priors, alpha, views, random_state)
        self.label_worth = label_worth

    def fit(self, X: Any, y: Any, evidence: Evidence | None = None) -> Self:
        """X of shape (rows, features), y of shape (rows, techniques), 1 where the labels name it; no ``evidence`` means
        labels alone."""
        evidence = evidence or no_evidence(len(self.techniques))
        named, prompts, codes = np.asarray(y), embeddings_in(X), [str(code) for code in self.techniques]
        unseen = self._fit_labels(X, y)
        self.described_ = np.asarray(evidence.described, dtype=np.float64)
        self._fit_newcomers(unseen, named, prompts)
        log = evidence.log.assign(labels=self._labels_of_log(evidence.log, prompts, named))
        arms = [str(arm) for arm in log["arm"]]
        self.guess_ = np.asarray(evidence.tokens, dtype=np.float64)
        self.tokens_ = technique_costs(arms, log["cost_tokens"].to_numpy(float), codes, self.guess_)
        waited = log["latency_ms"].to_numpy(float) / 1000
        self.seconds_ = technique_costs(arms, waited, codes, np.zeros(len(codes)), SECONDS)
        model = OutcomeModel(codes, list(self.priors), self.described_, 0.0, self.label_worth)
        self.outcomes_ = model.fit(log, arms, log["reward"].to_numpy(float))
        self.logged_ = np.asarray(membership(arms, self.outcomes_.techniques_).sum(axis=0)).ravel()[: len(codes)]
        self.n_labelled_ = len(named)
        self.together_ = named.T @ named
        self.is_synthetic_ = bool(evidence.is_synthetic)
        self._fit_averages(log, codes)
        return self

    def predict_proba(self, X: Any) -> Vector:
        """Shape (rows, techniques): the probability that the labels name the technique, or would name it."""
        found, prompts = super().predict_proba(X), embeddings_in(X)
        if self.newcomers_ and len(self.unnamed_):
            found[:, self.unnamed_] = self.newcomer_proba(found, prompts, self.described_[self.unnamed_])
        return found

    def newcomer_proba(self, known: Vector, prompts: Vector, described: Vector) -> Vector:
        """Shape (rows, newcomers): the same for techniques that came after the fit, by their descriptions; ``known`` is
        what ``predict_proba`` says of the others. The mean share of the known ones where there was too little to learn
        it from."""
        if not self.newcomers_:
            return np.full((len(known), len(described)), self.share_.mean())
        return Newcomers(*self.newcomers_).probabilities(known[:, self.familiar_], prompts, described)

    def order_scores(self, X: pd.DataFrame, labels: Vector) -> Vector:
        """Shape (rows, techniques): by which techniques stand in order; X as ``OutcomeModel`` takes it."""
        check_is_fitted(self, "outcomes_")
        codes = [str(code) for code in self.classes_]
        posterior = self.outcomes_.joint(X.assign(labels=list(labels)), codes)
        return order_scores(*posterior, max(self.label_slope, 0.0) * labels)

    @property
    def label_slope(self) -> float:
        """What a label's probability of 1 is worth after the outcomes, in rewards."""
        kind, place, _ = self.outcomes_.columns_.T
        (column,) = np.flatnonzero((kind == 0) & (place == HEAD.index("labels")))
        return float(self.outcomes_.mean_[column])

    def _fit_newcomers(self, unseen: Vector, named: Vector, prompts: Vector) -> None:
        told = np.flatnonzero(self.described_.any(axis=1))
        self.familiar_ = np.intersect1d(self.learned_, told)
        self.unnamed_ = np.setdiff1d(told, self.learned_)
        self.newcomers_: list[Vector] = []
        rows = np.flatnonzero(np.isfinite(unseen).all(axis=1))
        if len(self.familiar_) >= FEWEST_FAMILIAR:
            random = np.random.default_rng(self.random_state)
            some = np.sort(random.permutation(rows)[:MOST_ROWS])
            part = np.ix_(some, self.familiar_)
            found = fit_newcomers(unseen[part], named[part], prompts[some], self.described_[self.familiar_])
            self.newcomers_ = [found.described, found.solved, found.centre, found.curve]

    def _labels_of_log(self, log: pd.DataFrame, prompts: Vector, named: Vector) -> pd.Series:
        """What labels say of logged prompts, of which the embedding is all that is known."""
        vectors, known = embeddings_of(log)
        found: list[Vector | None] = [None] * len(log)
        if known.any():
            views = (View(0, None, "rbf", 1.0, 1.0),)
            model = TechniqueRanker(self.techniques, self.priors, MEANING_ALPHA, views, self.random_state)
            scores = model.fit(prompts, named).predict_proba(vectors[known])
            for row, said in zip(np.flatnonzero(known), scores, strict=True):
                found[row] = said
        return pd.Series(found, dtype=object, index=log.index)

    def _fit_averages(self, log: pd.DataFrame, codes: Sequence[str]) -> None:
        """For each language model ("" for all together) what always using one technique would bring over what labels
        choose, averaged over logged decisions: mean, standard deviation, and how often labels choose each."""
        seen = [str(name) for name in dict.fromkeys(log["language_model"]) if name]
        self.language_models_ = ["", *sorted(seen)]
        shape = (len(self.language_models_), len(codes))
        self.fixed_gain_, self.fixed_sd_ = np.zeros(shape), np.full(shape, np.inf)
        self.start_share_, self.rows_ = np.zeros(shape), np.zeros(shape[0], dtype=np.int64)
        random = np.random.default_rng(self.random_state)
        for place, name in enumerate(self.language_models_):
            part = log[log["language_model"] == name] if name else log
            self.rows_[place] = len(part)
            if len(part):
                part = part.iloc[np.sort(random.permutation(len(part))[:MOST_ROWS])]
                said = labels_of_rows(part, len(codes)) + 1e-9 * self.share_
                start = said.argmax(axis=1)
                gains = self.outcomes_.average(part, codes, [codes[at] for at in start])
                self.fixed_gain_[place], self.fixed_sd_[place] = gains
                self.start_share_[place] = np.bincount(start, minlength=len(codes)) / len(start)


def embeddings_in(X: Any) -> Vector:
    """The first 384 columns (or as many as there are) as a dense matrix."""
    part = X[:, :DIMENSIONS]
    return np.asarray(part.toarray() if issparse(part) else part, dtype=np.float64)


def selector_pipeline(
    techniques: Sequence[str],
    priors: Sequence[float],
    alpha: float = 2.0,
    gamma: float = 1.0,
    layer_weight: float = 1.0,
    layer_gamma: float = 3.0,
    word_weight: float = 0.6,
    character_weight: float = 0.3,
    label_worth: float = 0.1,
    random_state: int = 0,
) -> Pipeline:
    """Prompts with embeddings and layers (see ``Examples.X``) to ranked techniques; what the weights and widths mean is
    said at ``intent_pipeline``."""
    columns = joined_columns(word_weight, character_weight, layers=LAYERS)
    views = joint_views(gamma, layer_weight, layer_gamma)
    selector = TechniqueSelector(tuple(techniques), tuple(priors), alpha, views, random_state, label_worth)
    return Pipeline([("columns", columns), ("selector", selector)])
