"""How far a prompt is from every intent in scope."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, logsumexp
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from workbench.models.link import Link
from workbench.records import Vector

FEWEST_OUTSIDE = 10


def signs(scores: Vector, link: Link, outside: int | None) -> Vector:
    """Shape (rows, 6 or 7): what tells rows without an intent from the others.

    Largest score and its lead, sum and sum of squares of all scores, entropy and free energy (Liu et al. 2020) of the
    distribution in scope; the score of the out-of-scope label where there is one.
    """
    inside = scores if outside is None else np.delete(scores, outside, axis=1)
    ordered = np.sort(inside, axis=1)
    lead = ordered[:, -1] - ordered[:, -2] if ordered.shape[1] > 1 else ordered[:, -1]
    logits = link.logits(inside)
    logs = log_softmax(logits, axis=1)
    columns = [
        ordered[:, -1],
        lead,
        inside.sum(axis=1),
        np.square(inside).sum(axis=1),
        -(np.exp(logs) * logs).sum(axis=1),
        logsumexp(logits, axis=1),
    ]
    if outside is not None:
        columns.append(scores[:, outside])
    return np.column_stack(columns)


def learn_novelty(found: Vector, is_outside: NDArray[Any]) -> Any | None:
    """A logistic regression of "no intent in scope" on the signs; None where too few rows say what that looks like."""
    if is_outside.sum() < FEWEST_OUTSIDE or (~is_outside).sum() < FEWEST_OUTSIDE:
        return None
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(found, is_outside.astype(int))


def novelty(found: Vector, learnt: Any | None) -> Vector:
    """Higher is further outside; without a learnt score, minus the largest score in scope."""
    if learnt is None:
        return -found[:, 0]
    scores: Vector = learnt.decision_function(found)
    return scores
