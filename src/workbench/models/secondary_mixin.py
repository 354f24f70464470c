"""Secondary intents of a classifier of primary ones, with a second head of the same kind.

The scores of the primary labels alone will not do: a flexible head learns to give a second want nothing, since it is
not the primary one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import validate_data

from workbench.models.heads import scores_of
from workbench.models.secondary import SecondaryIntents, learn_secondary
from workbench.models.secondary_signs import Indices, Seen
from workbench.records import Vector

FEWEST_ROWS = 20
# The kernel of so many rows is solved in seconds.
MOST_ROWS = 8_000
NONE = -1


class SecondaryMixin:
    """For a classifier with ``classes_``, ``predict_proba`` over them, and a way to fit a head."""

    classes_: NDArray[Any]
    secondary_: SecondaryIntents
    secondary_head_: Any | None

    def predict_secondary(self, X: Any, threshold: float | None = None) -> list[tuple[str, ...]]:
        """For each row the intents besides the likeliest one, the surest first; often none.

        They are those whose chance reaches ``threshold``; without one, what gave the training rows' primary and
        secondary intents together the highest F1 (micro-averaged, on unseen scores).
        """
        answers = self.secondary_.predict(self._seen(X), threshold)
        return [tuple(str(self.classes_[label]) for label in answer) for answer in answers]

    def predict_all_proba(self, X: Any) -> Vector:
        """Shape (rows, classes): the probability that the label is among the row's intents, primary or secondary.

        A row adds up to 1 and the number of further intents to be expected.
        """
        seen = self._seen(X)
        found, together = self.secondary_.candidates(seen), seen.probabilities
        together[found.row, found.label] += found.chance
        return np.minimum(together, 1.0, out=together)

    def _seen(self, X: Any) -> Seen:
        probabilities: Vector = self.predict_proba(X)  # type: ignore[attr-defined]
        if self.secondary_head_ is None:
            return Seen(probabilities, np.zeros((len(probabilities), len(self.secondary_.labels))))
        X = validate_data(self, X, accept_sparse="csr", dtype=(np.float32, np.float64), reset=False)
        return Seen(probabilities, scores_of(self.secondary_head_, X)[:, self.secondary_head_.classes_ != NONE])

    def _learn_secondary(self, X: Any, y: NDArray[Any], secondary: Any, rows: Indices, unseen: Vector | None) -> None:
        """``secondary`` is None or paths a row; ``unseen`` are scores (rows, classes) of the ``rows`` that have any.

        Raises:
            ValueError: not a list of paths for each row.
        """
        self.secondary_head_ = None
        self.secondary_ = SecondaryIntents("No secondary labels were given, so none is predicted.")
        if secondary is None:
            return
        if len(secondary) != len(y) or any(isinstance(paths, str) for paths in secondary):
            raise ValueError(f"secondary has to be a list of paths for each of the {len(y)} rows")
        random = np.random.default_rng(self.random_state)  # type: ignore[attr-defined]
        some = np.sort(random.permutation(len(rows))[:MOST_ROWS])
        rows = rows[some]
        primary = np.searchsorted(self.classes_, y[rows])
        wanted, ignored = _hot([secondary[row] for row in rows], primary, self.classes_)
        first, known = _rarest(wanted), int(wanted.any(axis=1).sum())
        labels = np.unique(first[first != NONE])
        if unseen is None or known < FEWEST_ROWS or len(np.unique(first)) < 2:
            few = f"Of {len(rows)} training prompts that could be held out {known} have secondary labels; it takes "
            self.secondary_ = SecondaryIntents(f"{few}{FEWEST_ROWS}, not all alike, so none is predicted.")
        else:
            part = X if len(rows) == len(y) else X[rows]
            scores = self._fit_secondary_head(part, first, len(labels))
            probabilities = self._probabilities(unseen[some])  # type: ignore[attr-defined]
            self.secondary_ = learn_secondary(Seen(probabilities, scores), primary, wanted, labels, self.classes_)
        if ignored:
            aside = f"{ignored} secondary labels are no prompt's primary one and were left aside."
            self.secondary_ = replace(self.secondary_, says=f"{self.secondary_.says} {aside}")

    def _fit_secondary_head(self, X: Any, first: Indices, labels: int) -> Vector:
        """A head fitted to one secondary label a row, or ``NONE``; the scores (rows, labels) each row gets unseen."""
        head, scores = self._fit_head(X, first)  # type: ignore[attr-defined]
        if scores is None:
            return np.zeros((len(first), labels))
        self.secondary_head_ = head
        # Rows of labels too rare to be held out look like those that have none.
        filled = np.where(np.isfinite(scores), scores, np.nanmin(scores))
        found: Vector = filled[:, head.classes_ != NONE]
        return found


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


def _rarest(wanted: NDArray[np.bool_]) -> Indices:
    """For each row the class it wants that the fewest rows want, ``NONE`` where it wants none."""
    counts = np.where(wanted, wanted.sum(axis=0), len(wanted) + 1)
    return np.where(wanted.any(axis=1), counts.argmin(axis=1), NONE)
