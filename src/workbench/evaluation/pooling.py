"""Partial pooling of measured means over a tree of intents, techniques and language models.

    mean reward of technique t with model m at a node
        = base_t + level + level of m + how t differs + how t differs with m

Each of the four parts is a tree of its own from the root down (``effects.Part``), so that what is known above a cell,
of other techniques and of other models flows into it as far as the data say that they resemble each other. How far,
the taus, is not plugged in but drawn too: intervals carry what is not known about it (hierarchical Bayes, the fully
Bayesian form of what Morris 1983 corrects for). One more part, known in size, stands for prompts that several
techniques were tried on: they err together there.

Several chains run side by side from scattered starts; ``r_hat`` says whether they agree (Gelman & Rubin 1992).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.evaluation.cells import Cells
from workbench.evaluation.effects import Evidence, Part, exchange
from workbench.evaluation.ladder import Ladder
from workbench.records import Vector

# In units of a reward of 0 to 1: techniques differ by some hundredths, intents and models by more.
SCALE_OF_TECHNIQUES, SCALE_OF_LEVELS, SCALE_OF_ALL = 0.1, 0.2, 0.5


@dataclass(frozen=True)
class Effort:
    """Draws are ``chains`` times ``sweeps``; each chain first walks ``warmup`` sweeps that are forgotten."""

    chains: int = 8
    warmup: int = 200
    sweeps: int = 400
    seed: int = 20260101

    @property
    def total(self) -> int:
        return self.warmup + self.sweeps

    @property
    def lighter(self) -> Effort:
        """For what is less often looked at."""
        return Effort(max(self.chains // 4, 1), self.warmup // 2, max(self.sweeps // 2, 1), self.seed)


@dataclass(frozen=True)
class Moments:
    """Of a quantity of any shape, over all draws: mean, variance and the largest ``r_hat`` of its entries."""

    mean: Vector
    variance: Vector
    r_hat: float

    def first(self, at: Any = ...) -> Moments:
        """Of the first repeat, and of that what ``at`` picks."""
        return Moments(self.mean[0][at], self.variance[0][at], self.r_hat)

    def plus(self, variance: Vector) -> Moments:
        return Moments(self.mean, self.variance + variance, self.r_hat)


@dataclass(frozen=True)
class Pooled:
    """Posterior of mean rewards over the decisions of each node and everything below it.

    Axes of ``cells`` are (repeats, nodes, techniques), of ``by_model`` and ``over_all`` (repeats, nodes, techniques,
    models): a cell, a cell with one model, and the second less the first. ``lift`` is a cell less the mean of its
    node's techniques. ``spread`` has the shape (repeats, nodes): the variance of a technique's effect at a node before
    any of its outcomes; ``model_spread`` is what one model adds to that.
    """

    cells: Moments
    by_model: Moments
    lift: Moments
    over_all: Moments
    spread: Vector
    model_spread: Vector


class _Sums:
    """Sums over the draws of each chain."""

    def __init__(self) -> None:
        self.count, self.total, self.squares = 0, np.zeros(()), np.zeros(())

    def add(self, value: Vector) -> None:
        self.count += 1
        self.total = self.total + value
        self.squares = self.squares + value**2

    def moments(self) -> Moments:
        mean = self.total / self.count
        within = np.maximum(self.squares / self.count - mean**2, 0)
        between = mean.var(axis=0)
        apart = between.sum(axis=None) > 0 and len(mean) > 1
        inside = within.mean(axis=0)
        ratio = np.sqrt(1 + between[inside > 0] / inside[inside > 0]) if apart else np.ones(1)
        return Moments(mean.mean(axis=0), inside + between, float(ratio.max(initial=1.0)))


def pool(
    ladder: Ladder, cells: Cells, base: Vector, effort: Effort, tick: Callable[[int], None] = lambda _: None
) -> Pooled:
    """``base`` has one curated effectiveness a technique; ``tick`` is told the sweeps done."""
    random = np.random.default_rng(effort.seed)
    shape = (effort.chains, *cells.mean.shape)
    parts, shared, population = _parts(ladder, shape), _Shared(cells, shape), _Population(ladder, cells)
    for part in parts:
        part.scatter(random)
    kept: dict[str, _Sums] = defaultdict(_Sums)
    for sweep in range(effort.total):
        _sweep(parts, shared, cells, base, random)
        if sweep >= effort.warmup:
            found = population.read(_total(parts) + base[:, None])
            found |= {"spread": _spread(ladder, parts[1])}
            found |= {"model_spread": _spread(ladder, parts[3])} if len(parts) > 2 else {}
            for name, value in found.items():
                kept[name].add(value)
        tick(sweep + 1)
    return _pooled({name: sums.moments() for name, sums in kept.items()})


def _pooled(found: dict[str, Moments]) -> Pooled:
    cells, by_model, lift = (found[name].plus(found[f"{name}_sampled"].mean) for name in ("cells", "by_model", "lift"))
    spread = found["spread"].mean
    model_spread = found["model_spread"].mean if "model_spread" in found else np.zeros_like(spread)
    return Pooled(cells, by_model, lift, found["over_all"], spread, model_spread)


class _Population:
    """The decisions of each node and everything below it, over which a mean is meant.

    They stand for further ones like them: that others would come in other shares adds the variance of the truth among
    them over the number of prompts.
    """

    def __init__(self, ladder: Ladder, cells: Cells) -> None:
        self.ladder = ladder
        self.share = cells.decisions[:, :, None, :]
        overall = self.share.sum(axis=1, keepdims=True)
        self.overall = overall / overall.sum(axis=-1, keepdims=True)
        self.below = ladder.add_up(self.share)
        self.prompts = cells.prompts[:, None, None]

    def read(self, value: Vector) -> dict[str, Vector]:
        apart = value - value.mean(axis=3, keepdims=True)
        by_model, by_model_sampled = self._means(value, pooled=False)
        cell, sampled = self._means(value, pooled=True)
        lift, lift_sampled = self._means(apart, pooled=True)
        return {
            "cells": cell,
            "cells_sampled": sampled,
            "by_model": by_model,
            "by_model_sampled": by_model_sampled,
            "lift": lift,
            "lift_sampled": lift_sampled,
            "over_all": by_model - cell[..., None],
        }

    def _means(self, value: Vector, pooled: bool) -> tuple[Vector, Vector]:
        sums, squares = self.ladder.add_up(self.share * value), self.ladder.add_up(self.share * value**2)
        below, usual, prompts = self.below, value, self.prompts[..., None]
        if pooled:
            sums, squares, below = (part.sum(axis=-1) for part in (sums, squares, below))
            usual, prompts = (value * self.overall).sum(axis=-1), self.prompts
        there = below > 0
        count = np.where(there, below, 1)
        mean = np.where(there, sums / count, usual)
        sampled = np.where(there, np.maximum(squares / count - mean**2, 0) / (count * prompts), 0)
        return mean, sampled


class _Shared:
    """What the prompts of a node add to every technique tried on them: noise to its cells, none of their truth."""

    def __init__(self, cells: Cells, shape: tuple[int, ...]) -> None:
        self.variance = cells.shared[:, :, None, None]
        self.is_there = bool((cells.shared > 0).any())
        self.value = np.zeros((*shape[:3], 1, 1))

    def draw(self, rest: Evidence, random: np.random.Generator) -> None:
        precision = rest.precision.sum(axis=(3, 4), keepdims=True)
        weighted = (rest.precision * rest.value).sum(axis=(3, 4), keepdims=True)
        room = self.variance / (1 + self.variance * precision)
        self.value = room * weighted + np.sqrt(room) * random.standard_normal(self.value.shape)


def _parts(ladder: Ladder, shape: tuple[int, ...]) -> list[Part]:
    """Level, how techniques differ, and the same two for each model where there are several."""
    wide, narrow = SCALE_OF_LEVELS, SCALE_OF_TECHNIQUES
    parts = [Part(ladder, shape, (), wide, SCALE_OF_ALL, root_is_fixed=True), Part(ladder, shape, (3,), narrow, narrow)]
    if shape[4] > 1:
        parts += [Part(ladder, shape, (4,), narrow, wide), Part(ladder, shape, (3, 4), narrow, narrow)]
    return parts


def _sweep(parts: list[Part], shared: _Shared, cells: Cells, base: Vector, random: np.random.Generator) -> None:
    measured = cells.mean - base[:, None]
    everything: list[Part | _Shared] = [*parts, shared] if shared.is_there else [*parts]
    total = _total(everything)
    for part in everything:
        others = total - part.value
        part.draw(Evidence(measured - others, cells.precision[None]), random)
        total = others + part.value
    for coarse, fine, axis in _pairs(parts):
        exchange(coarse, fine, axis, random)


def _pairs(parts: list[Part]) -> Iterator[tuple[Part, Part, int]]:
    yield parts[0], parts[1], 3
    if len(parts) > 2:
        yield parts[0], parts[2], 4
        yield parts[1], parts[3], 4
        yield parts[2], parts[3], 3


def _total(parts: Sequence[Part | _Shared]) -> Vector:
    total: Vector = np.zeros(())
    for part in parts:
        total = total + part.value
    return total


def _spread(ladder: Ladder, part: Part) -> Vector:
    found = [part.variance(depth)[..., 0, 0] for depth in range(len(ladder.levels) + 1)]
    cumulative = np.cumsum(np.concatenate(found, axis=-1), axis=-1)
    return cumulative[..., ladder.depth]
