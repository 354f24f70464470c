"""What estimating the logging policy does to the errors of estimates that divide by it.

With propensities p(theta) of a parametric model, fitted by maximum likelihood, an estimate's influence function is what
is left of that for known propensities after its projection on the scores of theta (Hirano, Imbens and Ridder 2003,
section 5; Wooldridge 2007, "Inverse probability weighted estimation for general missing data problems"): errors that
take estimated propensities for known are too large, never too small.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from workbench.evaluation.folds import Codes
from workbench.evaluation.propensity import Propensities, of_taken
from workbench.records import Vector

MOST_SCORES = 600
ROWS_A_SCORE = 20


@dataclass(frozen=True)
class Scores:
    """``matrix`` (rows, scores): derivatives of a row's log probability by the coefficients of the multinomial model;
    0 in rows whose propensity was recorded or raised. ``folds`` as the model was cross-fitted."""

    matrix: Vector
    folds: Codes

    def left_over(self, influence: Vector) -> Vector:
        """``influence`` less its projection, whose coefficients come from the other folds; a unit ridge, as the
        coefficients of the model have."""
        if not self.matrix.shape[1]:
            return influence
        left, cross = influence.copy(), self.matrix.T @ influence
        for mine, factor in self._factors:
            part = self.matrix[mine]
            left[mine] -= part @ cho_solve(factor, cross - part.T @ influence[mine])
        return np.asarray(left - left.mean())

    @cached_property
    def _factors(self) -> list[tuple[NDArray[np.bool_], tuple[Vector, bool]]]:
        """For each fold its rows and the factored information of the others."""
        whole = self.matrix.T @ self.matrix + np.eye(self.matrix.shape[1])
        found = []
        for fold in np.unique(self.folds):
            mine = self.folds == fold
            found.append((mine, cho_factor(whole - self.matrix[mine].T @ self.matrix[mine])))
        return found


def scores_of(found: Propensities) -> Scores | None:
    """None where every propensity was recorded.

    At most ``MOST_SCORES``, and one for 20 rows: of more the columns that vary least are left out, which leaves errors
    larger than they need to be.
    """
    if found.was_recorded.all():
        return None
    width = len(found.arms) + 1
    whole = np.column_stack([found.matrix, np.maximum(1 - found.matrix.sum(axis=1), 0)])
    taken = np.where(found.taken < 0, width - 1, found.taken)
    raised = of_taken(found.matrix, found.taken) < found.floor
    residual = np.where((found.was_recorded | raised)[:, None], 0.0, np.eye(width)[taken] - whole)
    most = min(MOST_SCORES, len(taken) // ROWS_A_SCORE) // width
    spread = found.columns.var(axis=0)
    # The constant, whose scores are those of the intercepts, varies least of all and tells most.
    spread[spread == 0] = np.inf
    columns = found.columns[:, np.argsort(-spread, kind="stable")[:most]]
    return Scores((residual[:, :, None] * columns[:, None, :]).reshape(len(taken), -1), found.folds)
