"""One additive part of a hierarchical model: effects that walk down a tree, drawn given everything else.

    x_root ~ Normal(0, tau_0^2),   x_node = x_parent + d_node,   d_node ~ Normal(0, tau_1^2) below the root, tau_2^2
                                                                 everywhere deeper, where nodes are often few

Values have the axes (chains, repeats, nodes, techniques, models); a part that is the same for all techniques or models
has length 1 there. The effects of a whole tree are drawn at once: precisions go up, draws come down (Wilson 2000, block
Gibbs). Each tau has a half-t prior (Gelman 2006) by a redundant factor, tau = |factor| spread, whose own draw keeps the
chain moving where tau is near 0 (Liu & Wu 1999; Gelman et al. 2008).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.evaluation.ladder import Ladder
from workbench.records import Vector

FREEDOM = 4.0
DEEPEST = 2
LEAST_FACTOR = 1e-8


@dataclass(frozen=True)
class Evidence:
    """Measured means less their prior base, and how precisely each was measured (0: not at all)."""

    value: Vector
    precision: Vector


class Part:
    """``axes`` (of 3: techniques, 4: models) are those along which the part differs. ``scale`` is the prior scale of
    tau_1 and tau_2, ``root_scale`` that of tau_0, which is not estimated where ``root_is_fixed``."""

    def __init__(
        self,
        ladder: Ladder,
        shape: tuple[int, ...],
        axes: tuple[int, ...],
        scale: float,
        root_scale: float,
        root_is_fixed: bool = False,
    ) -> None:
        self.ladder = ladder
        self.pooled = tuple(axis for axis in (3, 4) if axis not in axes)
        width = [size if axis in axes else 1 for axis, size in enumerate(shape) if axis > 2]
        self.value = np.zeros((*shape[:3], *width))
        self.scales = [root_scale] + [scale] * min(len(ladder.levels), DEEPEST)
        self.estimated = range(int(root_is_fixed), len(self.scales))
        one = (*shape[:2], 1, 1, 1)
        self.factor = [np.full(one, size) for size in self.scales]
        self.spread = [np.ones(one) for _ in self.scales]
        self._above = [ladder.ancestor_at(depth) for depth in range(len(ladder.levels) + 1)]

    def scatter(self, random: np.random.Generator) -> None:
        """Chains that start apart and end together have forgotten where they started."""
        for tau in self.estimated:
            self.factor[tau] = self.factor[tau] * random.lognormal(0, 1, self.factor[tau].shape)

    def variance(self, depth: int) -> Vector:
        """tau^2 at the depth, one a chain and repeat."""
        tau = min(depth, DEEPEST)
        found: Vector = self.factor[tau] ** 2 * self.spread[tau]
        return found

    def increments(self, depth: int) -> Vector:
        """Shape (…, nodes of the depth, …): how far each lies from its parent."""
        if depth == 0:
            return self.value[:, :, :1]
        level = self.ladder.levels[depth - 1]
        return self.value[:, :, level.first : level.last] - self.value[:, :, level.up]

    def draw(self, rest: Evidence, random: np.random.Generator) -> None:
        """New effects and then new taus, given what the other parts leave to be explained."""
        precision = rest.precision.sum(axis=self.pooled, keepdims=True)
        weighted = (rest.precision * rest.value).sum(axis=self.pooled, keepdims=True)
        self._draw_effects(precision, weighted, random)
        for tau in self.estimated:
            self._draw_spread(tau, random)
            self._draw_factor(tau, precision, weighted, random)

    def shift(self, depth: int, by: Vector) -> None:
        """Add to the increments of a depth: everything below moves along."""
        rows, has = self._above[depth]
        first = 0 if depth == 0 else self.ladder.levels[depth - 1].first
        start = int(np.flatnonzero(has)[0])
        self.value[:, :, start:][:, :, has[start:]] += by[:, :, rows[has] - first]

    def _draw_effects(self, precision: Vector, weighted: Vector, random: np.random.Generator) -> None:
        precision, weighted = np.broadcast_to(precision, self.value.shape).copy(), weighted.copy()
        for depth, level in reversed(list(enumerate(self.ladder.levels, 1))):
            at = slice(level.first, level.last)
            kept = 1 / (1 + self.variance(depth) * precision[:, :, at])
            for message in (precision, weighted):
                message[:, :, level.parents] += np.add.reduceat(message[:, :, at] * kept, level.starts, axis=2)
        noise = random.standard_normal(self.value.shape)
        root = self.variance(0)
        room = root / (1 + root * precision[:, :, :1])
        self.value[:, :, :1] = room * weighted[:, :, :1] + np.sqrt(room) * noise[:, :, :1]
        for depth, level in enumerate(self.ladder.levels, 1):
            at = slice(level.first, level.last)
            kept = 1 / (1 + self.variance(depth) * precision[:, :, at])
            room = self.variance(depth) * kept
            middle = room * weighted[:, :, at] + kept * self.value[:, :, level.up]
            self.value[:, :, at] = middle + np.sqrt(room) * noise[:, :, at]

    def _depths(self, tau: int) -> range:
        return range(tau, len(self.ladder.levels) + 1) if tau == DEEPEST else range(tau, tau + 1)

    def _draw_spread(self, tau: int, random: np.random.Generator) -> None:
        raw = np.concatenate([self.increments(depth) for depth in self._depths(tau)], axis=2) / self.factor[tau]
        count = float(np.prod(raw.shape[2:]))
        squares = (raw**2).sum(axis=(2, 3, 4), keepdims=True)
        self.spread[tau] = (FREEDOM + squares) / random.chisquare(FREEDOM + count, squares.shape)

    def _draw_factor(self, tau: int, precision: Vector, weighted: Vector, random: np.random.Generator) -> None:
        """How many times the increments with this tau should be what they are, by regression of what is left on
        them."""
        carried = self._carried(tau)
        left = weighted - precision * (self.value - carried)
        around = (precision * carried**2).sum(axis=(2, 3, 4), keepdims=True)
        around = around + (self.factor[tau] / self.scales[tau]) ** 2
        middle = (carried * left).sum(axis=(2, 3, 4), keepdims=True) / around
        times = middle + random.standard_normal(middle.shape) / np.sqrt(around)
        factor = self.factor[tau] * times
        times = np.where(np.abs(factor) < LEAST_FACTOR, LEAST_FACTOR / self.factor[tau], times)
        self.factor[tau] = self.factor[tau] * times
        self.value += (times - 1) * carried

    def _carried(self, tau: int) -> Vector:
        """What the increments with this tau add to each node."""
        rows, has = self._above[tau]
        upper = self.value if tau == DEEPEST else self.value[:, :, rows]
        lower = self.value[:, :, self._above[tau - 1][0]] if tau else 0.0
        return np.asarray(np.where(has[:, None, None], upper - lower, 0.0))


def exchange(coarse: Part, fine: Part, axis: int, random: np.random.Generator) -> None:
    """Draw anew how increments are split between a part and a finer one, their sum as it is.

    Given the effects of the finer part alone the coarser one would hardly move where much is known; given their sum it
    does (interweaving, Yu & Meng 2011).
    """
    for depth in range(len(coarse.ladder.levels) + 1):
        above, below = coarse.variance(depth), fine.variance(depth)
        old = coarse.increments(depth)
        both = old + fine.increments(depth)
        room = 1 / (both.shape[axis] / below + 1 / above)
        middle = room * both.sum(axis=axis, keepdims=True) / below
        moved = middle + np.sqrt(room) * random.standard_normal(middle.shape) - old
        coarse.shift(depth, moved)
        fine.shift(depth, -moved)
