"""Every contender against frozen + logistic regression: on the same rows of one split, and over all splits together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from intent_parts.sets import OUT_OF_SCOPE
from workbench.evaluation.intervals import paired_difference
from workbench.evaluation.paired import compare, mcnemar
from workbench.evaluation.repeated_splits import over_splits, p_value_over_splits

REFERENCE = "frozen_lr"
SCORES = ("accuracy", "in_scope_accuracy", "macro_f1", "hierarchical_f1", "ece")
RESAMPLES = 500

Splits = list[dict[str, Any]]
Bounds = dict[str, float | None]


def on_one_split(ours: pd.DataFrame, theirs: pd.DataFrame, seed: int) -> dict[str, dict[str, Any]]:
    """By score: point, low, high, p_value, method. Shares by Tango's interval and McNemar's mid-p, the rest by a
    paired bootstrap over rows (``workbench.evaluation.paired``)."""
    found = {part.metric: part for part in compare(ours, theirs, seed, RESAMPLES)}
    kept = {
        name: {"point": part.difference}
        | {field: getattr(part, field) for field in ("low", "high", "p_value", "method")}
        for name, part in found.items()
    }
    if (ours["truth"] == OUT_OF_SCOPE).any():
        kept["in_scope_accuracy"] = _in_scope(ours, theirs)
    return kept


def over_all_splits(ours: Splits, theirs: Splits) -> dict[str, dict[str, Any]]:
    """By score: the mean of the differences, one a split, with its corrected resampled t interval."""
    found = {}
    for score in SCORES:
        pairs = [(a.get(score), b.get(score)) for a, b in zip(ours, theirs, strict=True)]
        if len(pairs) < 2 or any(None in pair for pair in pairs):
            continue
        differences = [a - b for a, b in pairs]
        interval = over_splits(differences, *_sizes(ours))
        p_value = p_value_over_splits(differences, *_sizes(ours))
        found[score] = vars(interval) | {"p_value": p_value, "splits": len(pairs)}
    return found


def mean_over_splits(values: Sequence[float | None], splits: Splits) -> Bounds | None:
    """The mean of one value a split with its interval, which a single split has not; None without any value."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    if len(known) == 1:
        return {"point": float(known[0]), "low": None, "high": None}
    return vars(over_splits(known, *_sizes(splits)))


def share_over_splits(counts: Sequence[float], totals: Sequence[float], splits: Splits) -> Bounds | None:
    """Sum of the counts over the sum of the totals; the interval is that of the mean of its linear approximation
    (delta method), so splits with a larger total weigh more and splits with none do no harm."""
    if not sum(totals):
        return None
    found, mean = sum(counts) / sum(totals), float(np.mean(totals))
    if np.count_nonzero(totals) < 2:
        return {"point": found, "low": None, "high": None}
    pairs = zip(counts, totals, strict=True)
    return mean_over_splits([found + (count - found * total) / mean for count, total in pairs], splits)


def _sizes(splits: Splits) -> tuple[float, float]:
    """Mean rows to test and to draw training rows from. Where a model then takes a few of the latter only, splits have
    no more in common than if it took them all."""
    return float(np.mean([part["rows"] for part in splits])), float(np.mean([part["pool_rows"] for part in splits]))


def _in_scope(ours: pd.DataFrame, theirs: pd.DataFrame) -> dict[str, Any]:
    a, b = (frame.sort_values("id") for frame in (ours, theirs))
    inside = (a["truth"] != OUT_OF_SCOPE).to_numpy()
    left, right = a["correct"].to_numpy(bool)[inside], b["correct"].to_numpy(bool)[inside]
    gained, lost = int(np.sum(left & ~right)), int(np.sum(~left & right))
    found, test = paired_difference(gained, lost, len(left)), mcnemar(gained, lost)
    return vars(found) | {"p_value": test.mid_p, "method": "Tango interval, McNemar mid-p"}
