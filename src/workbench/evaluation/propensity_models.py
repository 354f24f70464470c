"""How likely each arm was, learned from what was chosen on other prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from workbench.evaluation.folds import Codes
from workbench.records import Vector

PSEUDO_ROWS = 5.0
ROWS_A_COLUMN = 5
LOGISTIC, SHARES, NOTHING = "multinomial logistic regression", "smoothed shares", "nothing"


@dataclass(frozen=True)
class Context:
    """What choices may depend on: ``columns`` (rows, columns), the first constant, and numbers of ever narrower
    ``groups`` of rows."""

    columns: Vector
    groups: tuple[Codes, ...]


@dataclass(frozen=True)
class Guess:
    """``matrix`` (rows, width): probabilities out of fold, 1 over ``width`` where nobody asked. ``columns`` are those
    whose coefficients ``model`` estimated."""

    matrix: Vector
    model: str
    columns: Vector


def guess_choices(context: Context, choice: Codes, width: int, folds: Codes, asked: NDArray[np.bool_]) -> Guess:
    """The probability of every choice, 0 to ``width`` - 1, on the rows ``asked``, each fold by the others of them.

    Of a multinomial logistic regression and smoothed shares the one with the smaller log loss out of fold; the shares
    where there are fewer than five rows a column.
    """
    shares = np.full((len(choice), width), 1 / width)
    logistic = shares.copy()
    enough = np.count_nonzero(asked) >= ROWS_A_COLUMN * context.columns.shape[1]
    for fold in np.unique(folds[asked]):
        learn, use = asked & (folds != fold), asked & (folds == fold)
        shares[use] = smoothed_shares(context.groups, choice, width, learn)[use]
        if enough:
            logistic[use] = _logistic(context.columns[learn], choice[learn], width, context.columns[use])
    if enough and _log_loss(logistic[asked], choice[asked]) < _log_loss(shares[asked], choice[asked]):
        return Guess(logistic, LOGISTIC, context.columns)
    return Guess(shares, SHARES, _indicators(context.groups[-2] if len(context.groups) > 1 else context.groups[0]))


def smoothed_shares(groups: Sequence[Codes], choice: Codes, width: int, learn: NDArray[np.bool_]) -> Vector:
    """Shape (rows, width). The share of each choice among the rows to ``learn`` from, one of each added; then for every
    narrower group its own share with that of the wider group counted as five more rows."""
    overall = np.bincount(choice[learn], minlength=width) + 1.0
    share = np.tile(overall / overall.sum(), (len(choice), 1))
    for codes in groups:
        cell = codes[learn] * width + choice[learn]
        counts = np.bincount(cell, minlength=(codes.max() + 1) * width).reshape(-1, width)[codes]
        share = (counts + PSEUDO_ROWS * share) / (counts.sum(axis=1, keepdims=True) + PSEUDO_ROWS)
    return share


def _logistic(columns: Vector, choice: Codes, width: int, use: Vector) -> Vector:
    """With one row of every choice added in probability, so that none is impossible."""
    share = np.zeros((len(use), width))
    seen = np.unique(choice)
    if len(seen) < 2:
        share[:, seen] = 1.0
    else:
        model = LogisticRegression(C=1.0, tol=1e-3, max_iter=1000)
        share[:, seen] = model.fit(columns, choice).predict_proba(use)
    return np.asarray((len(columns) * share + 1.0) / (len(columns) + width))


def _log_loss(matrix: Vector, choice: Codes) -> float:
    return -float(np.mean(np.log(matrix[np.arange(len(choice)), choice])))


def _indicators(codes: Codes) -> Vector:
    return np.asarray(np.eye(codes.max() + 1)[codes])
