"""Whether conformal sets hold the truth as often as they say, and what decisions are worth."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluation.intervals import share
from workbench.models.conformal import EVERYTHING, within
from workbench.models.taxonomy import ancestors
from workbench.records import Vector

Shape = Literal["subtree", "labels"]
Sets = Sequence[tuple[str, ...]]


def covered(sets: Sets, truth: Sequence[str], shape: Shape) -> NDArray[np.bool_]:
    """Shape (rows,): whether the set holds the truth. A node of a ``subtree`` set holds everything below it."""
    pairs = zip(sets, truth, strict=True)
    if shape == "labels":
        return np.array([label in nodes for nodes, label in pairs], dtype=bool)
    return np.array([any(within(label, node) for node in nodes) for nodes, label in pairs], dtype=bool)


def sizes(sets: Sets, labels: Sequence[str], shape: Shape) -> Vector:
    """Shape (rows,): how many of the model's labels each set holds."""
    if shape == "labels":
        return np.array([len(nodes) for nodes in sets], dtype=np.float64)

    @cache
    def below(node: str) -> int:
        return sum(within(label, node) for label in labels)

    return np.array([sum(map(below, nodes)) for nodes in sets], dtype=np.float64)


def set_row(sets: Sets, truth: Sequence[str], labels: Sequence[str], shape: Shape, stated: float) -> dict[str, float]:
    """``coverage`` with its Wilson interval and its ``gap`` to the stated one, mean number of ``labels``, shares of
    sets with a ``single`` label, ``empty`` ones, and such that hold ``everything``."""
    hits, counts = covered(sets, truth, shape), sizes(sets, labels, shape)
    found = share(int(hits.sum()), len(hits))
    return {
        "coverage": found.point,
        "low": found.low,
        "high": found.high,
        "gap": found.point - stated,
        "labels": float(counts.mean()),
        "single": float(np.mean(counts == 1)),
        "empty": float(np.mean(counts == 0)),
        "everything": float(np.mean(counts == len(labels))),
    }


def conditional_coverage(sets: Sets, truth: Sequence[str], shape: Shape, stated: float) -> pd.DataFrame:
    """One row a top-level branch and one a depth of the truth: ``by``, ``group``, ``rows``, ``coverage`` with its
    Wilson interval, ``gap`` to the stated coverage and whether the interval is ``clear`` of it.

    Conformal prediction promises coverage over all rows together, not in each group.
    """
    hits = covered(sets, truth, shape)
    paths = [ancestors(label) for label in truth]
    groups = {"branch": [path[0] for path in paths], "depth": [str(len(path)) for path in paths]}
    rows = []
    for by, names in groups.items():
        for group, part in pd.Series(hits).groupby(np.asarray(names, dtype=object)):
            found = share(int(part.sum()), len(part))
            clear = not found.low <= stated <= found.high
            rows.append((by, group, len(part), found.point, found.low, found.high, found.point - stated, clear))
    columns = ["by", "group", "rows", "coverage", "low", "high", "gap", "clear"]
    return pd.DataFrame(rows, columns=columns)


def decision_row(
    decided: Sequence[str], truth: Sequence[str], likeliest: Sequence[str], out_of_scope: str
) -> dict[str, float]:
    """Of decisions, each a path, the empty path (no answer) or ``out_of_scope``.

    Shares of rows: ``answered``, ``unanswered``, ``sent_out``. Of the answered: ``exact`` (the very path) and ``path``
    (the truth or an ancestor of it), with Wilson intervals, ``backed_off`` (shorter than the likeliest label) and
    ``steps_up``, the mean number of levels those gave up.
    """
    rows = len(decided)
    answers = [
        (node, true, best)
        for node, true, best in zip(decided, truth, likeliest, strict=True)
        if node not in (EVERYTHING, out_of_scope)
    ]
    exact = share(sum(node == true for node, true, _ in answers), len(answers))
    path = share(sum(within(true, node) for node, true, _ in answers), len(answers))
    steps = [len(ancestors(best)) - len(ancestors(node)) for node, _, best in answers if node != best]
    return {
        "rows": rows,
        "answered": len(answers) / max(rows, 1),
        "unanswered": sum(node == EVERYTHING for node in decided) / max(rows, 1),
        "sent_out": sum(node == out_of_scope for node in decided) / max(rows, 1),
        "exact": exact.point,
        "exact_low": exact.low,
        "exact_high": exact.high,
        "path": path.point,
        "path_low": path.low,
        "path_high": path.high,
        "backed_off": len(steps) / max(len(answers), 1),
        "steps_up": float(np.mean(steps)) if steps else 0.0,
    }
