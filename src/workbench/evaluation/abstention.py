"""What a model gains by not answering, and how well it tells what it should not answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import rankdata

from workbench.evaluation.intervals import NORMAL_QUANTILE, Interval, share
from workbench.evaluation.resampling import Statistic
from workbench.records import Vector

COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.5)
KEPT = (0.99, 0.97, 0.95)
CURVE = ["threshold", "coverage", "risk", "low", "high", "rows"]
OUT_OF_SCOPE = [
    "threshold",
    *("recall", "recall_low", "recall_high"),
    *("in_scope_accuracy", "in_scope_accuracy_low", "in_scope_accuracy_high"),
    *("in_scope_kept", "in_scope_kept_low", "in_scope_kept_high", "precision"),
]


def coverage_risk(confidence: Vector, correct: NDArray[Any], most_rows: int | None = None) -> pd.DataFrame:
    """One row a distinct confidence, the surest first: ``threshold``, ``coverage`` (share answered when only rows at
    or above the threshold are), ``risk`` (share of those that is wrong) with its Wilson interval, ``rows`` answered.

    ``most_rows`` thins the curve evenly over coverage; its two ends stay.
    """
    confidence = np.asarray(confidence, dtype=np.float64)
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(~np.asarray(correct, dtype=bool)[order])
    ends = np.flatnonzero(np.append(np.diff(confidence[order]) != 0, True)) if len(order) else order
    if most_rows is not None and len(ends) > most_rows:
        ends = ends[np.unique(np.linspace(0, len(ends) - 1, most_rows).round().astype(int))]
    return pd.DataFrame(
        [_at(confidence[order[end]], int(wrong[end]), int(end) + 1, len(order)) for end in ends], columns=CURVE
    )


def risk_at(confidence: Vector, correct: NDArray[Any], coverages: Sequence[float] = COVERAGES) -> pd.DataFrame:
    """The rows of the curve with the least coverage that is at least each stated one, which stands as ``stated``."""
    curve = coverage_risk(confidence, correct)
    places = np.searchsorted(curve["coverage"].to_numpy() + 1e-12, np.asarray(coverages))
    found = curve.iloc[places].reset_index(drop=True)
    found.insert(0, "stated", coverages)
    return found


def area_under_risk_of(confidence: Vector, correct: NDArray[Any]) -> Statistic:
    """The mean over rows of the risk at the row's own confidence: the area under the coverage-risk curve (Geifman and
    El-Yaniv 2017), with equally confident rows answered together."""
    confidence = np.asarray(confidence, dtype=np.float64)
    order = np.argsort(-confidence, kind="stable")
    wrong = 1.0 - np.asarray(correct, dtype=np.float64)[order]
    ends = np.searchsorted(-confidence[order], -confidence[order], side="right") - 1

    def area(weights: Vector) -> Vector:
        ordered = weights[:, order]
        answered, missed = np.cumsum(ordered, axis=1)[:, ends], np.cumsum(ordered * wrong, axis=1)[:, ends]
        risk = np.divide(missed, answered, out=np.zeros_like(missed), where=answered > 0)
        found: Vector = (risk * ordered).sum(axis=1) / ordered.sum(axis=1)
        return found

    return area


def auroc(score: Vector, outside: NDArray[Any]) -> Interval:
    """The chance that a row outside scores above one in scope, ties half.

    Interval: DeLong, DeLong and Clarke-Pearson (1988) on the logit scale; where every pair is in order, and its
    variance is 0, the score interval of Newcombe (2006, method 5).

    Raises:
        ValueError: all rows are on one side.
    """
    outside = np.asarray(outside, dtype=bool)
    far, near = np.asarray(score)[outside], np.asarray(score)[~outside]
    if not len(far) or not len(near):
        raise ValueError(f"AUROC needs rows outside and in scope, got {len(far)} outside and {len(near)} in scope")
    ranks = rankdata(np.concatenate([far, near]))
    above = (ranks[: len(far)] - rankdata(far)) / len(near)
    below = 1.0 - (ranks[len(far) :] - rankdata(near)) / len(far)
    area = float(above.mean())
    variance = sum(np.var(part, ddof=1) / len(part) for part in (above, below) if len(part) > 1)
    if variance <= 0 or not 0 < area < 1 or min(len(far), len(near)) < 2:
        return _area_by_score(area, len(far), len(near))
    half = NORMAL_QUANTILE * np.sqrt(variance) / (area * (1 - area))
    return Interval(area, float(expit(logit(area) - half)), float(expit(logit(area) + half)))


def out_of_scope_row(sent: NDArray[Any], outside: NDArray[Any], right: NDArray[Any]) -> dict[str, float]:
    """What one way of sending rows out of scope costs and finds, shares with Wilson intervals.

    ``recall``: share of the rows outside that was sent out. ``in_scope_accuracy``: share of the rows in scope that was
    kept and is ``right``. ``in_scope_kept``: share that was kept. ``precision``: share of what was sent out that is
    outside.
    """
    sent, outside, right = (np.asarray(part, dtype=bool) for part in (sent, outside, right))
    inside = ~outside
    shares = {
        "recall": share(int(np.sum(sent & outside)), int(outside.sum())),
        "in_scope_accuracy": share(int(np.sum(inside & ~sent & right)), int(inside.sum())),
        "in_scope_kept": share(int(np.sum(inside & ~sent)), int(inside.sum())),
    }
    row = {f"{name}{end}": value for name, found in shares.items() for end, value in _ends(found)}
    return row | {"precision": float(np.sum(sent & outside) / max(sent.sum(), 1))}


def out_of_scope_table(
    score: Vector, outside: NDArray[Any], right: NDArray[Any], kept: Sequence[float] = KEPT
) -> pd.DataFrame:
    """A row a stated share of in-scope rows kept: the highest ones above their quantile are sent out of scope.

    The quantile is that of these very rows: what the score is worth, not what a threshold set beforehand keeps.
    """
    score, outside = np.asarray(score, dtype=np.float64), np.asarray(outside, dtype=bool)
    thresholds = np.quantile(score[~outside], kept, method="inverted_cdf")
    rows = [{"threshold": float(t)} | out_of_scope_row(score > t, outside, right) for t in thresholds]
    table = pd.DataFrame(rows, columns=OUT_OF_SCOPE)
    table.insert(0, "rule", [f"{100 * part:g} % of the rows in scope kept" for part in kept])
    return table


def _at(threshold: float, wrong: int, answered: int, rows: int) -> tuple[float, ...]:
    risk = share(wrong, answered)
    return float(threshold), answered / rows, risk.point, risk.low, risk.high, answered


def _ends(found: Interval) -> tuple[tuple[str, float], ...]:
    return ("", found.point), ("_low", found.low), ("_high", found.high)


def _area_by_score(area: float, far: int, near: int) -> Interval:
    middle = (far + near) / 2 - 1

    def excess(supposed: float) -> float:
        spread = 1 + middle * (1 - supposed) / (2 - supposed) + middle * supposed / (1 + supposed)
        variance = supposed * (1 - supposed) * spread / (far * near)
        return float(abs(supposed - area) - NORMAL_QUANTILE * np.sqrt(variance))

    low = float(brentq(excess, 1e-12, area - 1e-12)) if area > 1e-9 else 0.0
    high = float(brentq(excess, area + 1e-12, 1 - 1e-12)) if area < 1 - 1e-9 else 1.0
    return Interval(area, low, high)
