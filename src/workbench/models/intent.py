"""The hierarchical intent classifier for a ragged taxonomy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from workbench.models.conformal import climbs, label_sets, lowest_threshold, nonconformity, quantile, stop
from workbench.models.heads import HeadName, fit_head, make_head, scores_of
from workbench.models.kernel import MOST_UNSEEN, WHOLE, View
from workbench.models.link import Link, fit_link
from workbench.models.novelty import learn_novelty, novelty, signs
from workbench.models.secondary_mixin import SecondaryMixin
from workbench.models.taxonomy import Tree
from workbench.records import Vector

FEWEST_FOR_CALIBRATION = 50
MOST_FOR_CALIBRATION = MOST_UNSEEN
ROWS_AT_ONCE = 4_096
# Where too few rows can be held out to fit one: about what the public intent sets give.
USUAL_LINK = {"kernel": Link(3.0, 0.045), "svm": Link.of_temperature(0.2), "logistic": Link.of_temperature(1.0)}
OUT_OF_SCOPE = "out of scope"


class HierarchicalIntentClassifier(SecondaryMixin, ClassifierMixin, BaseEstimator):
    """Scores of every label that occurs, inner nodes included, turned into one distribution over a tree.

    A label is a dotted path and means "here, and no deeper". The distribution over labels is a softmax of logits that
    a link (see ``Link``) makes of the scores; the probability of a node is the sum over the labels of its subtree, so
    probabilities agree along every path and no child outweighs its parent. Link, conformal thresholds and the
    out-of-scope score are fitted on scores that each training row would have had unseen.

    Parameters
    ----------
    head : ``kernel`` (ridge on a sum of kernels), ``svm`` or ``logistic`` (linear, one against rest).
    strength : the kernel's ridge penalty, the linear heads' inverse penalty C.
    views : kernels over blocks of columns, for the kernel head.
    out_of_scope : the label of rows that have no intent in scope, if there are any.
    random_state : seed of whatever the head draws.
    tuned_labels : the last columns are log-probabilities of these labels, each row's by an encoder that did not see it;
        what they add to a label's score is weighed by unseen rows too.
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

    def fit(self, X: Any, y: Any, secondary: Any = None, prompts: Any = None) -> Self:
        """X (rows, features), dense or sparse; y (rows,), dotted paths; ``secondary`` a list of further ones a row;
        ``prompts`` (rows,) says which rows are prompts, and not what a taxonomy says of a label: the others are learnt
        from but nothing is calibrated on them.

        Raises:
            ValueError: a label is no path, X holds what is no finite number, or ``prompts`` has another length.
        """
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=(np.float32, np.float64))
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        Tree.over(map(str, self.classes_))
        self.head_, unseen = self._fit_head(X, np.asarray(y), _mask(prompts, len(y)))
        rows = self._calibration_rows(unseen)
        scores = None if unseen is None else unseen[rows]
        del unseen  # rows times classes: as much as all that follows
        self._calibrate(scores, np.searchsorted(self.classes_, y[rows]))
        self._learn_secondary(X, np.asarray(y), secondary, rows, scores)
        return self

    def decision_function(self, X: Any) -> Vector:
        """Scores of shape (rows, classes); for two classes the second's lead, shape (rows,)."""
        scores = self._filled(X, lambda scores: scores)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict_proba(self, X: Any) -> Vector:
        """Shape (rows, classes): the probability that the label is exactly that one; each row sums to 1."""
        return self._filled(X, self._probabilities)

    def predict(self, X: Any) -> NDArray[Any]:
        best = [part.argmax(axis=1) for _, part in self._scores(self._checked(X))]
        labels: NDArray[Any] = self.classes_[np.concatenate(best)]
        return labels

    @property
    def tree_(self) -> Tree:
        check_is_fitted(self, "classes_")
        return Tree.over(str(label) for label in self.classes_)

    def predict_node_proba(self, X: Any) -> Vector:
        """Shape (rows, nodes of ``tree_``): the probability that the label lies in the node's subtree."""
        tree, labels = self.tree_, [str(label) for label in self.classes_]
        return self._filled(X, lambda part: tree.accumulated(self._probabilities(part), labels))

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
        tree, parts = self.tree_, (self._probabilities(part) for _, part in self._scores(self._checked(X)))
        if shape == "labels":
            return [labels for part in parts for labels in label_sets(part, self.classes_, threshold)]
        stops = [stop(*step, threshold) for part in parts for step in climbs(tree, self.classes_, part)]
        return [() if node is None else (node,) for node in stops]

    def out_of_scope_score(self, X: Any) -> Vector:
        """Shape (rows,): higher is further from every intent in scope. Comparable within one model only."""
        return np.concatenate([self._novelty(part) for _, part in self._scores(self._checked(X))])

    def decide(self, X: Any, accuracy: float = 0.95, in_scope_kept: float = 0.97) -> NDArray[Any]:
        """For each row a path, an ancestor of the likeliest one, the empty path (no answer), or ``OUT_OF_SCOPE``.

        The climb stops where, among the unseen training rows that got an answer, the share of answers on the true path
        reaches ``accuracy``. ``in_scope_kept`` is the share of rows in scope that is not sent out of it.
        """
        threshold = lowest_threshold(self._nonconformity("subtree_", accuracy), self.reach_, accuracy)
        furthest = quantile(self.novelty_scores_, in_scope_kept)
        decided: list[Any] = []
        for _, part in self._scores(self._checked(X)):
            steps = climbs(self.tree_, self.classes_, self._probabilities(part))
            far = self._novelty(part) > furthest
            decided += [OUT_OF_SCOPE if out else stop(*step, threshold) for out, step in zip(far, steps, strict=True)]
        return np.array(decided, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    @property
    def _outside(self) -> int | None:
        found = np.flatnonzero(self.classes_ == self.out_of_scope)
        return int(found[0]) if self.out_of_scope and len(found) and len(self.classes_) > 1 else None

    def _fit_head(self, X: Any, y: NDArray[Any], prompts: NDArray[Any] | None = None) -> tuple[Any, Vector | None]:
        if len(self.classes_) < 2:
            return None, None
        head = make_head(self.head, self.strength, self.views, self.random_state, self.tuned_labels)
        return fit_head(head, X, y, prompts)

    def _checked(self, X: Any) -> Any:
        check_is_fitted(self, "sharpness_")
        return validate_data(self, X, accept_sparse="csr", dtype=(np.float32, np.float64), reset=False)

    def _scores(self, X: Any) -> Iterator[tuple[slice, Vector]]:
        """Scores of some thousand rows at a time: whatever is made of them takes several times their memory."""
        for start in range(0, X.shape[0], ROWS_AT_ONCE):
            part = X[start : start + ROWS_AT_ONCE]
            scores = np.zeros((part.shape[0], 1)) if self.head_ is None else scores_of(self.head_, part)
            yield slice(start, start + len(scores)), scores

    def _filled(self, X: Any, work: Callable[[Vector], Vector]) -> Vector:
        """One row a row of X: what ``work`` makes of the scores."""
        X = self._checked(X)
        found = np.empty((0, 0))
        for rows, part in self._scores(X):
            made = work(part)
            found = found if len(found) else np.empty((X.shape[0], made.shape[1]))
            found[rows] = made
        return found

    def _probabilities(self, scores: Vector) -> Vector:
        return self._link.probabilities(scores)

    @property
    def _link(self) -> Link:
        return Link(self.sharpness_, self.bend_)

    def _novelty(self, scores: Vector) -> Vector:
        return novelty(signs(scores, self._link, self._outside), self.novelty_)

    def _calibration_rows(self, unseen: Vector | None) -> NDArray[np.int64]:
        if unseen is None:
            return np.array([], dtype=np.int64)
        rows = np.flatnonzero(np.isfinite(unseen).all(axis=1))
        return np.sort(np.random.default_rng(self.random_state).permutation(rows)[:MOST_FOR_CALIBRATION])

    def _calibrate(self, scores: Vector | None, truth: NDArray[Any]) -> None:
        link = USUAL_LINK[self.head]
        if scores is not None and len(scores) >= FEWEST_FOR_CALIBRATION:
            link, _ = fit_link(scores, truth)
        self.sharpness_, self.bend_ = link.sharpness, link.bend
        self.subtree_, self.reach_, self.label_, self.novelty_scores_ = (np.empty(0) for _ in range(4))
        self.novelty_ = None
        if scores is None or not len(scores):
            return
        probabilities = self._probabilities(scores)
        labels = [str(label) for label in self.classes_[truth]]
        nodes, chances = zip(*climbs(self.tree_, self.classes_, probabilities), strict=True)
        self.subtree_ = nonconformity(nodes, chances, labels)
        self.reach_ = np.array([chance[-2] for chance in chances])
        self.label_ = 1.0 - probabilities[np.arange(len(truth)), truth]
        self._learn_novelty(scores, truth)

    def _learn_novelty(self, scores: Vector, truth: NDArray[Any]) -> None:
        found = signs(scores, self._link, self._outside)
        is_outside = truth == self._outside
        self.novelty_ = learn_novelty(found, is_outside)
        self.novelty_scores_ = np.sort(novelty(found, self.novelty_)[~is_outside])

    def _nonconformity(self, name: str, coverage: float) -> Vector:
        check_is_fitted(self, "sharpness_")
        if not 0.0 < coverage < 1.0:
            raise ValueError(f"coverage is {coverage}; it has to lie between 0 and 1")
        scores: Vector = getattr(self, name)
        if not len(scores):
            raise ValueError("no training row could be held out, so no coverage can be stated; add examples per label")
        return scores


def _mask(prompts: Any, rows: int) -> NDArray[np.bool_] | None:
    if prompts is None:
        return None
    found = np.asarray(prompts, dtype=bool)
    if found.shape != (rows,):
        raise ValueError(f"prompts has the shape {found.shape}; it has to say yes or no to each of the {rows} rows")
    return found
