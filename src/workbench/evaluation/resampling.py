"""Intervals by drawing the rows again: for whatever has no closed form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from workbench.evaluation.intervals import NORMAL_QUANTILE, Interval
from workbench.records import Vector

RESAMPLES = 1000
MOST_WEIGHTS = 4_000_000

# From weights of shape (resamples, rows) to one value a resample; a weight of 2 is the row twice over.
Statistic = Callable[[Vector], Vector]


@dataclass(frozen=True)
class Resampled:
    """A statistic of the rows (``point``) and of rows drawn with replacement (``draws``, shape (resamples,))."""

    point: float
    draws: Vector

    @property
    def interval(self) -> Interval:
        """The 95 % bias-corrected percentile interval (Efron 1981)."""
        levels = norm.cdf(2 * self._bias + np.array([-1, 1]) * NORMAL_QUANTILE)
        low, high = np.quantile(self.draws, levels)
        return Interval(self.point, float(min(low, self.point)), float(max(high, self.point)))

    @property
    def p_value(self) -> float:
        """Two-sided, for the hypothesis that the statistic is 0: the level at which the interval just reaches 0."""
        if not np.ptp(self.draws):
            return float(self.point == 0.0)
        return float(2 * norm.cdf(-abs(norm.ppf(self._below(0.0)) - 2 * self._bias)))

    @property
    def normal_interval(self) -> Interval:
        """The point and 1.96 standard deviations of the draws to either side."""
        half = NORMAL_QUANTILE * float(np.std(self.draws))
        return Interval(self.point, self.point - half, self.point + half)

    @property
    def normal_p_value(self) -> float:
        error = float(np.std(self.draws))
        return float(2 * norm.cdf(-abs(self.point) / error)) if error else float(self.point == 0.0)

    @property
    def _bias(self) -> float:
        return float(norm.ppf(self._below(self.point)))

    def _below(self, value: float) -> float:
        """Share of the draws below the value, ties half, never 0 or 1."""
        half = 0.5 / len(self.draws)
        return float(np.clip((np.mean(self.draws < value) + np.mean(self.draws <= value)) / 2, half, 1 - half))


def bootstrap(
    statistics: Mapping[str, Statistic], rows: int, seed: int, resamples: int = RESAMPLES
) -> dict[str, Resampled]:
    """Every statistic on the same resamples, so that their differences are paired.

    A resample on which a statistic is not defined (NaN) does not count for it. The interval of a statistic of very few
    rows, or near the end of its range, covers less than it says.
    """
    once = np.ones((1, rows))
    points = {name: float(statistic(once)[0]) for name, statistic in statistics.items()}
    parts: dict[str, list[Vector]] = {name: [] for name in statistics}
    for weights in _weights(rows, seed, resamples):
        for name, statistic in statistics.items():
            parts[name].append(statistic(weights))
    return {
        name: Resampled(points[name], _defined(np.concatenate(found), points[name])) for name, found in parts.items()
    }


def intervals(
    statistics: Mapping[str, Statistic], rows: int, seed: int, resamples: int = RESAMPLES
) -> dict[str, Interval]:
    return {name: found.interval for name, found in bootstrap(statistics, rows, seed, resamples).items()}


def difference(ours: Statistic, theirs: Statistic) -> Statistic:
    return lambda weights: ours(weights) - theirs(weights)


def _defined(draws: Vector, point: float) -> Vector:
    kept = draws[np.isfinite(draws)]
    return kept if len(kept) else np.array([point])


def _weights(rows: int, seed: int, resamples: int) -> Iterator[Vector]:
    random = np.random.default_rng(seed)
    at_once = max(1, MOST_WEIGHTS // max(rows, 1))
    for start in range(0, resamples, at_once):
        count = min(at_once, resamples - start)
        drawn = random.integers(0, rows, (count, rows)) + rows * np.arange(count)[:, None]
        yield np.bincount(drawn.ravel(), minlength=count * rows).reshape(count, rows).astype(np.float64)
