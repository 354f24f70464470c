"""Two scores of the same rows: which tells rows outside better from those in scope."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from workbench.evaluation.intervals import NORMAL_QUANTILE, Interval
from workbench.records import Vector


def auroc_difference(ours: Vector, theirs: Vector, outside: NDArray[Any]) -> Interval:
    """The area under the ROC curve of ``ours`` less that of ``theirs``, with the 95 % interval of DeLong, DeLong and
    Clarke-Pearson (1988) for correlated curves. Scores need not be comparable between the two.

    Raises:
        ValueError: fewer than two rows on one side.
    """
    outside = np.asarray(outside, dtype=bool)
    if min(outside.sum(), (~outside).sum()) < 2:
        raise ValueError(f"{int(outside.sum())} of {len(outside)} rows are outside; two on each side are needed")
    (far, near), (other_far, other_near) = _parts(ours, outside), _parts(theirs, outside)
    gaps = far - other_far, near - other_near
    point = float(far.mean() - other_far.mean())
    half = NORMAL_QUANTILE * float(np.sqrt(sum(np.var(gap, ddof=1) / len(gap) for gap in gaps)))
    return Interval(point, point - half, point + half)


def _parts(score: Vector, outside: NDArray[np.bool_]) -> tuple[Vector, Vector]:
    """For each row outside the share of rows in scope below it, for each row in scope that of rows outside above it."""
    score = np.asarray(score, dtype=np.float64)
    far, near = score[outside], score[~outside]
    ranks = rankdata(np.concatenate([far, near]))
    above = (ranks[: len(far)] - rankdata(far)) / len(near)
    below = 1.0 - (ranks[len(far) :] - rankdata(near)) / len(far)
    return above, below
