"""The hierarchical intent classifier for a ragged taxonomy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import Pipeline
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from workbench.models.columns import TunedColumn, embedding_columns, joined_columns, joint_views
from workbench.models.conformal import climb, label_sets, lowest_threshold, nonconformity, quantile, stop
from workbench.models.heads import HeadName, fit_head, make_head, scores_of
from workbench.models.kernel import WHOLE, View
from workbench.models.novelty import learn_novelty, novelty, signs
from workbench.models.secondary_mixin import SecondaryMixin
from workbench.models.taxonomy import Tree
from workbench.records import LAYERS, Budget, Vector

FEWEST_FOR_CALIBRATION = 50
MOST_FOR_CALIBRATION = 20_000
# Where too few rows can be held out to fit one: about what the public intent sets give.
USUAL_TEMPERATURE = {"kernel": 0.07, "svm": 0.2, "logistic": 1.0}
OUT_OF_SCOPE = "out of scope"


class HierarchicalIntentClassifier(SecondaryMixin, ClassifierMixin, BaseEstimator):
    """Scores of every label that occurs, inner nodes included, turned into one distribution over a tree.

    A label is a dotted path and means "here, and no deeper". The distribution over labels is a softmax of scores
    divided by a temperature (Guo et al. 2017); the probability of a node is the sum over the labels of its subtree, so
    probabilities agree along every path and no child outweighs its parent. Temperature, conformal thresholds and the
    out-of-scope score are fitted on scores that each training row would have had unseen.

    Parameters
    ----------
    head : ``kernel`` (ridge on a sum of kernels), ``svm`` or ``logistic`` (linear, one against rest).
    strength : the kernel's ridge penalty, the linear heads' inverse penalty C.
    views : kernels over blocks of columns, for the kernel head.
    out_of_scope : the label of rows that have no intent in scope, if there are any.
    random_state : seed of whatever the head draws.
    tuned_labels : the last columns are log-probabilities of these labels, each row's by an encoder that did not see it;
        what they add to a label's score is weighed together with the temperature.
    """

    def __init__(
        self,
        head: HeadName = "kernel",
        strength: float = 0.1,
        views: Sequence[View] = WHOLE,
        out_of_scope: str | None = None,
        random_state: int = 0,
        tuned_labels: Sequence[str] = (),
    ) -> None:
        self.head = head
        self.strength = strength
        self.views = views
        self.out_of_scope = out_of_scope
        self.random_state = random_state
        self.tuned_labels = tuned_labels

    def fit(self, X: Any, y: Any, secondary: Any = None) -> Self:
        """X (rows, features), dense or sparse; y (rows,), dotted paths; ``secondary`` a list of further ones a row."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=(np.float32, np.float64))
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        self.head_, unseen = self._fit_head(X, np.asarray(y))
        self._calibrate(unseen, np.searchsorted(self.classes_, y))
        self._learn_secondary(X, unseen, np.asarray(y), secondary)
        return self

    def decision_function(self, X: Any) -> Vector:
        """Scores of shape (rows, classes); for two classes the second's lead, shape (rows,)."""
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict_proba(self, X: Any) -> Vector:
        """Shape (rows, classes): the probability that the label is exactly that one; each row sums to 1."""
        return self._probabilities(self._scores(X))

    def predict(self, X: Any) -> NDArray[Any]:
        scores = self._scores(X)
        labels: NDArray[Any] = self.classes_[scores.argmax(axis=1)]
        return labels

    @property
    def tree_(self) -> Tree:
        check_is_fitted(self, "classes_")
        return Tree.over(str(label) for label in self.classes_)

    def predict_node_proba(self, X: Any) -> Vector:
        """Shape (rows, nodes of ``tree_``): the probability that the label lies in the node's subtree."""
        return self._node_probabilities(self.predict_proba(X))

    def predict_set(
        self, X: Any, coverage: float = 0.9, shape: Literal["subtree", "labels"] = "subtree"
    ) -> list[tuple[str, ...]]:
        """For each row a set that holds its label with at least the probability ``coverage``.

        ``subtree``: one node, standing for everything below it; the likeliest label or the first of its ancestors that
        is sure enough, the empty path for the whole tree. ``labels``: as many labels as it takes. The set is empty
        where the model is surer of most rows than the coverage asks for, and of this one it is not.

        Raises:
            ValueError: coverage outside 0 to 1, or no training row could be held out.
        """
        scores = self._nonconformity("subtree_" if shape == "subtree" else "label_", coverage)
        threshold = quantile(scores, coverage)
        probabilities = self.predict_proba(X)
        if shape == "labels":
            return label_sets(probabilities, self.classes_, threshold)
        stops = [stop(nodes, chance, threshold) for nodes, chance in self._climbs(probabilities)]
        return [() if node is None else (node,) for node in stops]

    def out_of_scope_score(self, X: Any) -> Vector:
        """Shape (rows,): higher is further from every intent in scope. Comparable within one model only."""
        return self._novelty(self._scores(X))

    def decide(self, X: Any, accuracy: float = 0.95, in_scope_kept: float = 0.97) -> NDArray[Any]:
        """For each row a path, an ancestor of the likeliest one, the empty path (no answer), or ``OUT_OF_SCOPE``.

        The climb stops where, among the unseen training rows that got an answer, the share of answers on the true path
        reaches ``accuracy``. ``in_scope_kept`` is the share of rows in scope that is not sent out of it.
        """
        scores = self._scores(X)
        far = self._novelty(scores) > quantile(self.novelty_scores_, in_scope_kept)
        climbs = self._climbs(self._probabilities(scores))
        threshold = self._threshold_for(accuracy)
        answers = [stop(nodes, chance, threshold) for nodes, chance in climbs]
        decided: NDArray[Any] = np.where(far, OUT_OF_SCOPE, np.asarray(answers, dtype=object))
        return decided

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    @property
    def _outside(self) -> int | None:
        found = np.flatnonzero(self.classes_ == self.out_of_scope)
        return int(found[0]) if self.out_of_scope and len(found) and len(self.classes_) > 1 else None

    def _fit_head(self, X: Any, y: NDArray[Any]) -> tuple[Any, Vector | None]:
        if len(self.classes_) < 2:
            return None, None
        return fit_head(make_head(self.head, self.strength, self.views, self.random_state, self.tuned_labels), X, y)

    def _scores(self, X: Any) -> Vector:
        check_is_fitted(self, "temperature_")
        X = validate_data(self, X, accept_sparse="csr", dtype=(np.float32, np.float64), reset=False)
        return np.zeros((X.shape[0], 1)) if self.head_ is None else scores_of(self.head_, X)

    def _probabilities(self, scores: Vector) -> Vector:
        probabilities: Vector = softmax(scores / self.temperature_, axis=1)
        return probabilities

    def _novelty(self, scores: Vector) -> Vector:
        return novelty(signs(scores, self.temperature_, self._outside), self.novelty_)

    def _node_probabilities(self, probabilities: Vector) -> Vector:
        return self.tree_.accumulated(probabilities, [str(label) for label in self.classes_])

    def _calibrate(self, unseen: Vector | None, truth: NDArray[Any]) -> None:
        rows = np.flatnonzero(np.isfinite(unseen).all(axis=1)) if unseen is not None else np.array([], dtype=int)
        if len(rows) > MOST_FOR_CALIBRATION:
            rows = np.sort(np.random.default_rng(self.random_state).permutation(rows)[:MOST_FOR_CALIBRATION])
        self.temperature_ = USUAL_TEMPERATURE[self.head]
        self.subtree_, self.reach_, self.label_, self.novelty_scores_ = (np.empty(0) for _ in range(4))
        self.novelty_ = None
        if unseen is None or not len(rows):
            return
        scores, truth = unseen[rows], truth[rows]
        if len(rows) >= FEWEST_FOR_CALIBRATION:
            self.temperature_ = _temperature(scores, truth)
        probabilities = self._probabilities(scores)
        labels = [str(label) for label in self.classes_[truth]]
        climbs = self._climbs(probabilities)
        self.subtree_ = nonconformity([nodes for nodes, _ in climbs], [chance for _, chance in climbs], labels)
        self.reach_ = np.array([chance[-2] for _, chance in climbs])
        self.label_ = 1.0 - probabilities[np.arange(len(truth)), truth]
        self._learn_novelty(scores, truth)

    def _learn_novelty(self, scores: Vector, truth: NDArray[Any]) -> None:
        found = signs(scores, self.temperature_, self._outside)
        is_outside = truth == self._outside
        self.novelty_ = learn_novelty(found, is_outside)
        self.novelty_scores_ = np.sort(novelty(found, self.novelty_)[~is_outside])

    def _climbs(self, probabilities: Vector) -> list[tuple[tuple[str, ...], Vector]]:
        """For each row the sets from its likeliest label up to everything, and their probabilities."""
        column = {node: index for index, node in enumerate(self.tree_.nodes)}
        chances = np.column_stack([self._node_probabilities(probabilities), np.ones(len(probabilities))])
        steps = [climb(str(label)) for label in self.classes_]
        columns = [[column.get(node, -1) for node in nodes] for nodes in steps]
        best = probabilities.argmax(axis=1)
        return [(steps[label], chances[row, columns[label]]) for row, label in enumerate(best)]

    def _nonconformity(self, name: str, coverage: float) -> Vector:
        check_is_fitted(self, "temperature_")
        if not 0.0 < coverage < 1.0:
            raise ValueError(f"coverage is {coverage}; it has to lie between 0 and 1")
        scores: Vector = getattr(self, name)
        if not len(scores):
            raise ValueError("no training row could be held out, so no coverage can be stated; add examples per label")
        return scores

    def _threshold_for(self, accuracy: float) -> float:
        return lowest_threshold(self._nonconformity("subtree_", accuracy), self.reach_, accuracy)


def _temperature(scores: Vector, truth: NDArray[Any]) -> float:
    """What gives the rows the highest likelihood."""
    rows = np.arange(len(truth))

    def loss(log_temperature: float) -> float:
        return -float(np.mean(log_softmax(scores / np.exp(log_temperature), axis=1)[rows, truth]))

    return float(np.exp(minimize_scalar(loss, bounds=(-6.0, 3.0), method="bounded").x))


def intent_pipeline(
    budget: Budget = "standard",
    head: HeadName = "kernel",
    strength: float = 0.1,
    gamma: float = 1.0,
    layer_weight: float = 0.5,
    layer_gamma: float = 3.0,
    word_weight: float = 0.6,
    character_weight: float = 0.3,
    linguistic_weight: float = 0.02,
    out_of_scope: str | None = "oos",
    random_state: int = 0,
    tuned_labels: Sequence[str] = (),
    tuned_space: str = "",
) -> Pipeline:
    """Prompts with embeddings (see ``Examples.X``) to intents.

    ``quick`` looks at the embedding alone. ``standard`` joins it with the layers below it, words, characters and
    linguistic features: embedding and layers through radial kernels of width ``gamma`` and ``layer_gamma``, the rest
    through inner products, each block times its weight. ``thorough`` is the same and, where there are ``tuned_labels``,
    adds what an encoder says that was fine-tuned on the training rows; ``tuned_space`` names that encoder.
    """
    if budget == "quick":
        columns = embedding_columns()
        views: tuple[View, ...] = (View(0, None, "rbf", 1.0, gamma),)
    elif budget in ("standard", "thorough"):
        tuned = TunedColumn(tuned_space, len(tuned_labels)) if tuned_labels else None
        columns = joined_columns(word_weight, character_weight, linguistic_weight, LAYERS, tuned)
        views = joint_views(gamma, layer_weight, layer_gamma)
    else:
        raise ValueError(f"budget is {budget!r}; it has to be quick, standard or thorough")
    classifier = HierarchicalIntentClassifier(head, strength, views, out_of_scope, random_state, tuned_labels)
    return Pipeline([("columns", columns), ("classifier", classifier)])
