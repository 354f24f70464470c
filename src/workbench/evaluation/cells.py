"""What the outcomes of a log say about each cell: a node of the intent tree, a technique, a language model.

Techniques were not chosen at random, so an outcome weighs w = 1 / (probability that the technique was among the
chosen), at most 1 / floor, and a cell's mean is self-normalised, y = sum w r / sum w (Swaminathan & Joachims 2015).

How precise it is follows its estimating equation, sum w (r - theta) = 0, which is unbiased in a cell of any size:

    precision = sum w / (s^2 d),   d = expected w, squared weights over weights

d comes from the node and everything below it, backed by ten rows like those above. Taking the cell's own few weights
instead (n_eff / s^2) would give heavy rows least say just where they are right, and bias every sum of small cells.

Outcomes of one prompt are alike. Their correlation rho is measured on pairs of rows of a prompt, and squared weights
are summed as (1 - rho) sum w^2 + rho sum over prompts (sum w)^2, which for equal weights is the design effect of Kish
(1965). Prompts that several techniques were tried on make these err together, by ``shared``. Users are not modelled.

A reward's variance s^2 is phi mu (1 - mu), as of shares, with phi measured on all cells and mu a smoothed mean, and
then moderated by the cell's own squares (Smyth 2004).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.evaluation.ladder import Ladder, Positions
from workbench.records import Vector

ROWS_FROM_ABOVE = 10.0
FREEDOM_FROM_ABOVE = 100.0
LEAST_DISPERSION = 0.02
MOST_CORRELATION = 0.99
# Of the variance of a cell's mean, what may not be blamed on prompts shared with other techniques.
OWN_NOISE = 0.05


@dataclass(frozen=True)
class Uses:
    """One entry a decision and technique applied: ``place`` in the flattened shape (repeats, nodes, techniques,
    models), ``prompt`` (a number, equal for equal prompts, no two repeats sharing any), ``weight``, ``reward``."""

    place: Positions
    prompt: Positions
    weight: Vector
    reward: Vector


@dataclass(frozen=True)
class Cells:
    """Shape (repeats, nodes, techniques, models), of each node's own rows: ``rows``, ``reward`` (their sum),
    ``weight`` and ``squares`` (sums of weights and of squared ones, see above; ``squares_over_models`` takes all
    models as one), ``mean``, ``precision`` (0 without rows), ``variance`` (s^2). ``decisions`` (repeats, nodes,
    models) counts all decisions, whatever was chosen; ``shared`` (repeats, nodes) is the covariance between
    techniques of a node; ``correlation`` (repeats) is rho and ``prompts`` (repeats) how many different prompts
    there are a decision."""

    rows: Vector
    reward: Vector
    weight: Vector
    squares: Vector
    squares_over_models: Vector
    mean: Vector
    precision: Vector
    variance: Vector
    decisions: Vector
    shared: Vector
    correlation: Vector
    prompts: Vector


def measure(uses: Uses, ladder: Ladder, decisions: Vector, techniques: int) -> Cells:
    """``decisions`` has the shape (repeats, nodes, models)."""
    repeats, nodes, models = decisions.shape
    return _Measuring(uses, ladder, (repeats, nodes, techniques, models)).cells(decisions)


class _Measuring:
    def __init__(self, uses: Uses, ladder: Ladder, shape: tuple[int, int, int, int]) -> None:
        self.uses, self.ladder, self.shape = uses, ladder, shape
        self.repeat = uses.place // int(np.prod(shape[1:]))
        self.node = uses.place // int(np.prod(shape[2:]))
        self.pair = self._with_prompt(uses.place)
        self.together = self._together(self.pair)
        self.rows, self.reward = self._sum([1.0]), self._sum([uses.reward])
        self.weight = self._sum([uses.weight])
        self.mean = _over(self._sum([uses.weight, uses.reward]), self.weight)

    def cells(self, decisions: Vector) -> Cells:
        smooth = self._smoothed()
        correlation = np.zeros(self.shape[0])
        variance, typical = self._variances(smooth, correlation)
        if (self.together != self.uses.weight).any() or len(np.unique(self.uses.prompt)) < len(self.uses.prompt):
            correlation = self._correlation(typical)
            variance, typical = self._variances(smooth, correlation)
        squares = self._sum([self._squared(correlation, self.together)])
        precision = _over(self.weight, variance * self._expected_weight(squares))
        shared = correlation * typical * self._overlap().T
        noise = _over(1.0, precision)
        own = np.maximum(noise - shared.T[:, :, None, None], OWN_NOISE * noise)
        return Cells(
            self.rows, self.reward, self.weight, squares, self._squares_over_models(correlation), self.mean,
            _over(1.0, own), variance, decisions, shared.T, correlation, self._different(decisions),
        )  # fmt: skip

    def _sum(self, factors: Iterable[Vector | float]) -> Vector:
        product: Vector = np.ones(len(self.uses.place))
        for factor in factors:
            product = product * factor
        return np.asarray(np.bincount(self.uses.place, product, int(np.prod(self.shape))), float).reshape(self.shape)

    def _smoothed(self) -> Vector:
        """The plain mean of each node and model, drawn towards that of all. Not of the cell itself: a variance that
        knows the cell's own mean would give lucky cells more weight."""
        overall = _over(self.reward.sum(axis=(1, 2, 3)), self.rows.sum(axis=(1, 2, 3)))[:, None, None, None]
        rows, reward = self.rows.sum(axis=2, keepdims=True), self.reward.sum(axis=2, keepdims=True)
        node = (reward + ROWS_FROM_ABOVE * overall) / (rows + ROWS_FROM_ABOVE)
        found: Vector = np.broadcast_to(node, self.shape)
        return found

    def _with_prompt(self, place: Positions) -> Positions:
        """A number for each pair of a place and a prompt in it."""
        key = place * (int(self.uses.prompt.max(initial=0)) + 1) + self.uses.prompt
        return np.asarray(pd.factorize(key)[0], dtype=np.int64)

    def _together(self, pair: Positions) -> Vector:
        """For each row the weight of all rows of its pair."""
        return np.asarray(np.bincount(pair, self.uses.weight)[pair], float) if len(pair) else self.uses.weight

    def _squared(self, correlation: Vector, together: Vector) -> Vector:
        """What each row adds to the sum of squared weights."""
        rho, weight = correlation[self.repeat], self.uses.weight
        return np.asarray((1 - rho) * weight**2 + rho * weight * together)

    def _squares_over_models(self, correlation: Vector) -> Vector:
        place = self.uses.place // self.shape[3]
        squared = self._squared(correlation, self._together(self._with_prompt(place)))
        found = np.bincount(place, squared, int(np.prod(self.shape[:3])))
        return np.asarray(found, float).reshape(self.shape[:3])

    def _variances(self, smooth: Vector, correlation: Vector) -> tuple[Vector, Vector]:
        """s^2 of every cell, and a typical one of every repeat."""
        weight, place = self.uses.weight, self.uses.place
        error = self.uses.reward - self.mean.ravel()[place]
        squares = self._sum([weight**2, error**2])
        whole = self.weight.ravel()[place]
        rho = correlation[self.repeat]
        with_mean = (weight + rho * (self.together - weight)) / whole
        of_mean = _over(self._sum([self._squared(correlation, self.together)]), self.weight**2).ravel()[place]
        expected = self._sum([weight**2, np.maximum(1 - 2 * with_mean + of_mean, 0)])
        share = smooth * (1 - smooth)
        dispersion = _over(squares.sum(axis=(1, 2, 3)), (share * expected).sum(axis=(1, 2, 3)))
        dispersion = np.clip(np.where(dispersion > 0, dispersion, 1.0), LEAST_DISPERSION, 1.0)
        usual = dispersion[:, None, None, None] * np.maximum(share, LEAST_DISPERSION)
        second = self._sum([weight**2])
        freedom = np.maximum(_over(second**2, self._sum([weight**4])) - 1, 0)
        # A cell whose prompts are all one has no spread of its own to speak of.
        freedom = np.where(expected > 0.1 * second, freedom, 0)
        own = _over(squares, expected)
        typical = _over((usual * self.rows).sum(axis=(1, 2, 3)), self.rows.sum(axis=(1, 2, 3)))
        return (FREEDOM_FROM_ABOVE * usual + freedom * own) / (FREEDOM_FROM_ABOVE + freedom), typical

    def _correlation(self, typical: Vector) -> Vector:
        """Mean product of the errors of two rows of a prompt over s^2, each error from the cell's other prompts."""
        place, pair, weight = self.uses.place, self.pair, self.uses.weight
        others = self.weight.ravel()[place] - self.together
        both = (self.weight * self.mean).ravel()[place] - np.bincount(pair, weight * self.uses.reward)[pair]
        known = others > 1e-9 * self.weight.ravel()[place]
        error = np.where(known, self.uses.reward - both / np.where(known, others, 1), 0)
        key, prompts = pd.factorize(self.uses.prompt)
        repeat = np.zeros(len(prompts), dtype=np.int64)
        repeat[key] = self.repeat
        total, alone = np.bincount(key, error), np.bincount(key, error**2)
        count = np.bincount(key, known.astype(float))
        products = np.asarray(np.bincount(repeat, total**2 - alone, self.shape[0]), float)
        pairs = np.asarray(np.bincount(repeat, count * (count - 1), self.shape[0]), float)
        return np.clip(_over(products, pairs * typical), 0, MOST_CORRELATION)

    def _expected_weight(self, squares: Vector) -> Vector:
        weight, second = self.ladder.add_up(self.weight), self.ladder.add_up(squares)
        first, other = weight[:, 0], second[:, 0]
        every = _over(other.sum(axis=2, keepdims=True), first.sum(axis=2, keepdims=True))
        every = np.where(every > 0, every, 1.0)
        found = np.ones_like(weight)
        found[:, 0] = (other + ROWS_FROM_ABOVE * every**2) / (first + ROWS_FROM_ABOVE * every)
        for level in self.ladder.levels:
            at, above = slice(level.first, level.last), found[:, level.up]
            found[:, at] = (second[:, at] + ROWS_FROM_ABOVE * above**2) / (weight[:, at] + ROWS_FROM_ABOVE * above)
        return found

    def _different(self, decisions: Vector) -> Vector:
        key = pd.factorize(self.uses.prompt)[0]
        repeat = np.zeros(int(key.max(initial=-1)) + 1, dtype=np.int64)
        repeat[key] = self.repeat
        count = np.bincount(repeat, minlength=self.shape[0]).astype(float)
        return np.where(count > 0, np.minimum(_over(count, decisions.sum(axis=(1, 2))), 1), 1.0)

    def _overlap(self) -> Vector:
        """How far two techniques of a node rest on the same prompts, 1 / prompts where all are the same; mean over the
        pairs of cells."""
        share = self.uses.weight / self.weight.ravel()[self.uses.place]
        key = pd.factorize(self.uses.prompt * (int(self.node.max(initial=0)) + 1) + self.node)[0]
        node = np.zeros(int(key.max(initial=-1)) + 1, dtype=np.int64)
        node[key] = self.node
        size = self.shape[0] * self.shape[1]
        all_cells = np.bincount(node, np.bincount(key, share) ** 2, size)
        same_cell = np.bincount(self.node, share * self.together / self.weight.ravel()[self.uses.place], size)
        cells = (self.rows > 0).sum(axis=(2, 3)).ravel()
        return _over(np.maximum(all_cells - same_cell, 0), cells * (cells - 1.0)).reshape(self.shape[:2])


def _over(top: Vector | float, bottom: Vector) -> Vector:
    """0 where the divisor is 0."""
    there = bottom > 0
    found: Vector = np.where(there, top / np.where(there, bottom, 1), 0)
    return found
