"""Intervals for shares, and paired comparisons of two models on the same prompts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binomtest

NORMAL_QUANTILE = 1.959963984540054


@dataclass(frozen=True)
class Interval:
    """A point with the bounds of its 95 % interval."""

    point: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.point:.3f} ({self.low:.3f} to {self.high:.3f})"


@dataclass(frozen=True)
class PairedComparison:
    """Challenger minus champion on the same rows: ``difference`` in accuracy and the exact McNemar ``p_value``."""

    difference: Interval
    p_value: float
    only_challenger: int
    only_champion: int
    rows: int


def share(successes: int, total: int) -> Interval:
    """A share with its Wilson (1927) interval; (0, 0, 1) of nothing."""
    if total == 0:
        return Interval(0.0, 0.0, 1.0)
    point, pull = successes / total, NORMAL_QUANTILE**2 / total
    middle = (point + pull / 2) / (1 + pull)
    half = sqrt(pull * (point * (1 - point) + pull / 4)) / (1 + pull)
    low = 0.0 if successes == 0 else middle - half
    return Interval(point, low, 1.0 if successes == total else middle + half)


def paired_difference(gained: int, lost: int, rows: int) -> Interval:
    """(gained - lost) / rows with Tango's (1998) score interval.

    It keeps its level where two models disagree on few rows; a bootstrap over rows that never disagree has no width.
    """
    low, high = _lowest_difference(gained, lost, rows), -_lowest_difference(lost, gained, rows)
    return Interval((gained - lost) / rows, low, high)


def compare_paired(challenger: NDArray[Any], champion: NDArray[Any]) -> PairedComparison:
    """Compare two arrays of right (1) and wrong (0) over the same rows; exact McNemar test (1947)."""
    ours, theirs = np.asarray(challenger, dtype=bool), np.asarray(champion, dtype=bool)
    gained, lost = int(np.sum(ours & ~theirs)), int(np.sum(~ours & theirs))
    p_value = float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0
    return PairedComparison(paired_difference(gained, lost, len(ours)), p_value, gained, lost, len(ours))


@lru_cache(maxsize=10_000)
def _lowest_difference(gained: int, lost: int, rows: int) -> float:
    """The least difference that the score test does not reject."""
    if lost == rows:
        return -1.0

    def excess(supposed: float) -> float:
        return _score(supposed, gained, lost, rows) - NORMAL_QUANTILE

    return float(brentq(excess, -1 + 1e-9, (gained - lost) / rows))


def _score(supposed: float, gained: int, lost: int, rows: int) -> float:
    """Distance of the observed difference from ``supposed`` in standard errors under ``supposed``."""
    a = 2 * rows
    b = (a - gained + lost) * supposed - gained - lost
    c = -lost * supposed * (1 - supposed)
    share_lost = (np.sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
    variance = rows * (2 * share_lost + supposed * (1 - supposed))
    return float((gained - lost - rows * supposed) / np.sqrt(variance)) if variance > 0 else 0.0
