"""Which further intents a prompt has, given the distribution over its primary one and scores of the secondary ones.

For each label a logistic regression on a few signs says how likely it is to be an intent of the prompt besides the
likeliest one. It is learnt on what each row would have had unseen, and what is counted for the signs of a row is
counted on other rows (cross-fitting), so that no row predicts itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from workbench.models.secondary_signs import SMALLEST, Habits, Indices, Seen, learn_habits, signs_of
from workbench.models.taxonomy import levels
from workbench.records import Vector

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
    be learnt."""

    says: str
    labels: Indices = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    levels: Indices = field(default_factory=lambda: np.empty((0, 0), dtype=np.int64))
    habits: Habits | None = None
    weights: Vector = field(default_factory=lambda: np.empty(0))
    intercept: float = 0.0
    threshold: float = NEVER

    def candidates(self, seen: Seen) -> Candidates:
        rows, labels, chances = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)], [np.empty(0)]
        if self.habits is not None:
            for row, column, signs in signs_of(seen, self.labels, self.levels, self.habits):
                rows.append(row)
                labels.append(self.labels[column])
                chances.append(expit(signs @ self.weights + self.intercept))
        return Candidates(np.concatenate(rows), np.concatenate(labels), np.concatenate(chances))

    def predict(self, seen: Seen, threshold: float | None = None) -> list[tuple[int, ...]]:
        """For each row the indices of its further intents, the likeliest first."""
        found = self.candidates(seen)
        kept = np.flatnonzero(found.chance >= (self.threshold if threshold is None else threshold))
        answers: list[list[int]] = [[] for _ in range(len(seen.probabilities))]
        for index in kept[np.argsort(-found.chance[kept], kind="stable")]:
            answers[found.row[index]].append(int(found.label[index]))
        return [tuple(answer) for answer in answers]


def learn_secondary(
    seen: Seen, primary: Indices, wanted: NDArray[np.bool_], labels: Indices, classes: NDArray[Any]
) -> SecondaryIntents:
    """From what each row got unseen, its ``primary`` class (rows,) and its further ones, ``wanted`` (rows, classes).

    ``labels`` are the classes that ``seen.scores`` are of.
    """
    known, tree = wanted[:, labels].astype(np.float64), levels([str(label) for label in classes])
    row, column, signs = _cross_fitted(seen, primary, known, labels, tree)
    weights, intercept = _regression(signs, known[row, column])
    chances = expit(signs @ weights + intercept)
    threshold = _threshold(chances, row, labels[column], seen.probabilities.argmax(axis=1), primary, wanted)
    says = f"Learnt from {int(wanted.any(axis=1).sum())} training prompts with secondary labels; " + (
        f"one is predicted from a probability of {threshold:.2f} on."
        if threshold < NEVER
        else "answers would not be better for predicting any, so none is."
    )
    habits = learn_habits(primary, known, len(classes))
    return SecondaryIntents(says, labels, tree, habits, weights, intercept, threshold)


def _cross_fitted(
    seen: Seen, primary: Indices, known: Vector, labels: Indices, tree: Indices
) -> tuple[Indices, Indices, Vector]:
    """The signs of every row by the habits of other folds; dealt by confidence, so the rows' order does not matter."""
    fold = np.empty(len(primary), dtype=np.int64)
    fold[np.argsort(seen.probabilities.max(axis=1), kind="stable")] = np.arange(len(primary)) % FOLDS
    parts = []
    for number in range(FOLDS):
        rest, own = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        habits = learn_habits(primary[rest], known[rest], seen.probabilities.shape[1])
        for row, column, signs in signs_of(seen.of(own), labels, tree, habits):
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
