"""Intervals for shares, and paired comparisons of two models on the same prompts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

RESAMPLES = 2000


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
    found = binomtest(successes, total).proportion_ci(0.95, method="wilson")
    return Interval(successes / total, float(found.low), float(found.high))


def paired_difference(challenger: NDArray[Any], champion: NDArray[Any], seed: int) -> Interval:
    """Mean of the difference with a percentile bootstrap interval over rows (Efron 1979)."""
    gaps = np.asarray(challenger, dtype=float) - np.asarray(champion, dtype=float)
    draws = np.random.default_rng(seed).integers(0, len(gaps), (RESAMPLES, len(gaps)))
    low, high = np.quantile(gaps[draws].mean(axis=1), [0.025, 0.975])
    return Interval(float(gaps.mean()), float(low), float(high))


def compare_paired(challenger: NDArray[Any], champion: NDArray[Any], seed: int = 0) -> PairedComparison:
    """Compare two arrays of right (1) and wrong (0) over the same rows; exact McNemar test (1947)."""
    ours, theirs = np.asarray(challenger, dtype=bool), np.asarray(champion, dtype=bool)
    gained, lost = int(np.sum(ours & ~theirs)), int(np.sum(~ours & theirs))
    p_value = float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0
    return PairedComparison(paired_difference(ours, theirs, seed), p_value, gained, lost, len(ours))
