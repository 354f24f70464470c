"""Which further intents a prompt has, given the distribution over its primary one.

For each label that is secondary somewhere a logistic regression on a few signs says how likely it is to be an intent of
the prompt besides the likeliest one. Everything is learnt on distributions that the classifier gave to rows it had not
seen, and what is counted for the signs of a row is counted on other rows (cross-fitting). To leave out the one row
would not do: a label then looks rarer just where it occurs, and the regression would learn the reverse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from workbench.models.secondary_signs import SMALLEST, Habits, Indices, learn_habits, signs_of
from workbench.models.taxonomy import levels
from workbench.records import Vector

FEWEST_ROWS = 20
FOLDS = 5
# Standard errors taken off the hits before they count for a threshold: without, what chance finds among few rows made
# the starter corpus' answers worse than none.
CAUTION = 2.0
NEVER = 2.0


class Candidates(NamedTuple):
    """One a pair of row and label: ``label`` is an index of the classes, ``chance`` that it is a further intent."""

    row: Indices
    label: Indices
    chance: Vector


@dataclass(frozen=True)
class SecondaryIntents:
    """``says`` is what a person should know of it. ``labels`` (S,) are indices of the classes that may be predicted,
    ``levels`` the classes' as of ``taxonomy.levels``, ``weights`` belong to ``SIGNS``; without ``habits`` nothing could
    be learnt. ``ignored`` secondary labels of the training rows are no row's primary one."""

    says: str
    ignored: int = 0
    labels: Indices = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    levels: Indices = field(default_factory=lambda: np.empty((0, 0), dtype=np.int64))
    habits: Habits | None = None
    weights: Vector = field(default_factory=lambda: np.empty(0))
    intercept: float = 0.0
    threshold: float = NEVER

    def candidates(self, probabilities: Vector) -> Candidates:
        """From a distribution over the classes, shape (rows, classes)."""
        rows, labels, chances = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)], [np.empty(0)]
        if self.habits is not None:
            for row, column, signs in signs_of(probabilities, self.labels, self.levels, self.habits):
                rows.append(row)
                labels.append(self.labels[column])
                chances.append(expit(signs @ self.weights + self.intercept))
        return Candidates(np.concatenate(rows), np.concatenate(labels), np.concatenate(chances))

    def predict(self, probabilities: Vector, threshold: float | None = None) -> list[tuple[int, ...]]:
        """For each row the indices of its further intents, the likeliest first."""
        found = self.candidates(probabilities)
        kept = np.flatnonzero(found.chance >= (self.threshold if threshold is None else threshold))
        answers: list[list[int]] = [[] for _ in range(len(probabilities))]
        for index in kept[np.argsort(-found.chance[kept], kind="stable")]:
            answers[found.row[index]].append(int(found.label[index]))
        return [tuple(answer) for answer in answers]


class SecondaryMixin:
    """For a classifier with ``classes_`` and ``predict_proba`` over them."""

    classes_: NDArray[Any]
    secondary_: SecondaryIntents

    def predict_secondary(self, X: Any, threshold: float | None = None) -> list[tuple[str, ...]]:
        """For each row the intents besides the likeliest one, the surest first; often none.

        They are those whose chance reaches ``threshold``; without one, what gave the training rows' primary and
        secondary intents together the highest F1 (micro-averaged, on unseen scores).
        """
        probabilities: Vector = self.predict_proba(X)  # type: ignore[attr-defined]
        answers = self.secondary_.predict(probabilities, threshold)
        return [tuple(str(self.classes_[label]) for label in answer) for answer in answers]

    def predict_all_proba(self, X: Any) -> Vector:
        """Shape (rows, classes): the probability that the label is among the row's intents, primary or secondary.

        A row adds up to 1 and the number of further intents to be expected.
        """
        together: Vector = self.predict_proba(X)  # type: ignore[attr-defined]
        found = self.secondary_.candidates(together)
        together[found.row, found.label] += found.chance
        return np.minimum(together, 1.0, out=together)

    def _learn_secondary(self, unseen: Vector | None, y: NDArray[Any], secondary: Any) -> None:
        """``unseen`` are scores (rows, classes), NaN in rows that have none; ``secondary`` is None or paths a row.

        Raises:
            ValueError: not a list of paths for each row.
        """
        self.secondary_ = SecondaryIntents("No secondary labels were given, so none is predicted.")
        if secondary is None:
            return
        if len(secondary) != len(y) or any(isinstance(paths, str) for paths in secondary):
            raise ValueError(f"secondary has to be a list of paths for each of the {len(y)} rows")
        scores = np.full((len(y), len(self.classes_)), np.nan) if unseen is None else unseen
        rows = np.flatnonzero(np.isfinite(scores).all(axis=1))
        primary = np.searchsorted(self.classes_, y[rows])
        probabilities: Vector = self._probabilities(scores[rows])  # type: ignore[attr-defined]
        self.secondary_ = learn_secondary(probabilities, primary, [secondary[row] for row in rows], self.classes_)


def learn_secondary(
    probabilities: Vector, primary: Indices, secondary: Sequence[Sequence[str]], classes: NDArray[Any]
) -> SecondaryIntents:
    """From distributions over ``classes`` that each row got unseen, shape (rows, classes), and the rows' labels."""
    wanted, ignored = _hot(secondary, primary, classes)
    rows, labels = int(wanted.any(axis=1).sum()), np.flatnonzero(wanted.any(axis=0))
    aside = f" {ignored} secondary labels are no prompt's primary one and were left aside." if ignored else ""
    if rows < FEWEST_ROWS:
        few = f"Of the training prompts that could be held out {rows} have secondary labels; it takes {FEWEST_ROWS}, "
        return SecondaryIntents(f"{few}so none is predicted.{aside}", ignored)
    known, tree = wanted[:, labels].astype(np.float64), levels([str(label) for label in classes])
    row, column, signs = _cross_fitted(probabilities, primary, known, labels, tree)
    weights, intercept = _regression(signs, known[row, column])
    chances = expit(signs @ weights + intercept)
    threshold = _threshold(chances, row, labels[column], probabilities.argmax(axis=1), primary, wanted)
    says = f"Learnt from {rows} training prompts with secondary labels; " + (
        f"one is predicted from a probability of {threshold:.2f} on."
        if threshold < NEVER
        else "answers would not be better for predicting any, so none is."
    )
    habits = learn_habits(probabilities, primary, known)
    return SecondaryIntents(says + aside, ignored, labels, tree, habits, weights, intercept, threshold)


def _hot(secondary: Sequence[Sequence[str]], primary: Indices, classes: NDArray[Any]) -> tuple[NDArray[np.bool_], int]:
    """Shape (rows, classes), without the primary; and how many labels are no class."""
    column = {str(label): index for index, label in enumerate(classes)}
    wanted = np.zeros((len(primary), len(classes)), dtype=bool)
    ignored = 0
    for row, paths in enumerate(secondary):
        known = [column[path] for path in paths if path in column]
        ignored += len(paths) - len(known)
        wanted[row, known] = True
    wanted[np.arange(len(primary)), primary] = False
    return wanted, ignored


def _cross_fitted(
    probabilities: Vector, primary: Indices, known: Vector, labels: Indices, tree: Indices
) -> tuple[Indices, Indices, Vector]:
    """The signs of every row by the habits of other folds; dealt by confidence, so the rows' order does not matter."""
    fold = np.empty(len(primary), dtype=np.int64)
    fold[np.argsort(probabilities.max(axis=1), kind="stable")] = np.arange(len(primary)) % FOLDS
    parts = []
    for number in range(FOLDS):
        rest, own = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        habits = learn_habits(probabilities[rest], primary[rest], known[rest])
        for row, column, signs in signs_of(probabilities[own], labels, tree, habits):
            parts.append((own[row], column, signs))
    rows, columns, found = (np.concatenate(part) for part in zip(*parts, strict=True))
    return rows, columns, found


def _regression(signs: Vector, wanted: Vector) -> tuple[Vector, float]:
    """Weights of the signs as they are, and the intercept."""
    centre, spread = signs.mean(axis=0), signs.std(axis=0)
    spread = np.where(spread > SMALLEST, spread, 1.0)
    share = float(wanted.mean()) if len(wanted) else 0.0
    if share in (0.0, 1.0):
        return np.zeros(signs.shape[1]), float(logit(np.clip(share, SMALLEST, 1 - SMALLEST)))
    fitted = LogisticRegression(max_iter=1000).fit((signs - centre) / spread, wanted)
    weights = fitted.coef_[0] / spread
    return weights, float(fitted.intercept_[0] - centre @ weights)


def _threshold(
    chances: Vector, row: Indices, label: Indices, guess: Indices, primary: Indices, wanted: NDArray[np.bool_]
) -> float:
    """Where primary and secondary answers together have the highest F1; ``NEVER`` where none is best."""
    all_wanted = wanted.copy()
    every = np.arange(len(primary))
    all_wanted[every, primary] = True
    order = np.argsort(-chances, kind="stable")
    hits = np.cumsum(all_wanted[row[order], label[order]])
    right, stated = int(all_wanted[every, guess].sum()), len(primary) + int(all_wanted.sum())
    f1 = (right + hits - CAUTION * np.sqrt(hits)) / (stated + np.arange(1, len(hits) + 1))
    best = int(f1.argmax()) if len(f1) else -1
    return float(chances[order[best]]) if best >= 0 and f1[best] > right / stated else NEVER
