"""The draws behind partial pooling: each step against its exact law, and the whole against what was put in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from workbench.evaluation.cells import Cells
from workbench.evaluation.effects import FREEDOM, Evidence, Part, exchange
from workbench.evaluation.ladder import Ladder
from workbench.evaluation.pooling import Effort, pool

LADDER = Ladder.over(["a.x", "a.y", "b"])
DEEP = Ladder.over(["a.x", "a.y.deep", "b"])
REPEATS = 4000
SHAPE = (1, REPEATS, len(DEEP.nodes), 3, 2)
Z = 4.5  # a test may fail by chance once in 100,000 comparisons


def part(axes: tuple[int, ...] = (3, 4), scale: float = 1.0, root_scale: float = 2.0) -> Part:
    return Part(DEEP, SHAPE, axes, scale, root_scale)


def from_prior(made: Part, random: np.random.Generator) -> None:
    """Taus from their half-t priors, effects from the taus."""
    for tau, scale in enumerate(made.scales):
        size = made.factor[tau].shape
        made.factor[tau] = scale * random.standard_normal(size)
        made.spread[tau] = FREEDOM / random.chisquare(FREEDOM, size)
    nothing = Evidence(np.zeros(SHAPE), np.zeros(SHAPE))
    made._draw_effects(*(values.sum(axis=made.pooled, keepdims=True) for values in vars(nothing).values()), random)


def measured_with_noise(parts: list[Part], random: np.random.Generator) -> Evidence:
    precision = np.broadcast_to(np.array([0.0, 0.5, 4.0, 1.0, 2.0, 3.0])[:, None, None], SHAPE)
    total = sum(one.value for one in parts)
    with np.errstate(divide="ignore"):
        noise = np.where(precision > 0, 1 / np.sqrt(precision), 0)
    return Evidence(total + noise * random.standard_normal(SHAPE), precision)


def shares(made: Part) -> np.ndarray:
    """Shape (depths, repeats): the place of each tau in its prior, uniform where the prior holds."""
    taus = [np.sqrt(made.variance(depth)).ravel() / scale for depth, scale in enumerate(made.scales)]
    return np.stack([2 * stats.t.cdf(tau, FREEDOM) - 1 for tau in taus])


def is_uniform(values: np.ndarray) -> bool:
    error = np.sqrt(1 / 12 / values.shape[-1])
    return bool((np.abs(values.mean(axis=-1) - 0.5) < Z * error).all()) and bool(
        (np.abs(((values - 0.5) ** 2).mean(axis=-1) - 1 / 12) < Z * error / 2).all()
    )


def test_effects_of_a_tree_are_drawn_from_their_exact_posterior() -> None:
    random = np.random.default_rng(0)
    made = Part(LADDER, (1, 60_000, 5, 1, 1), (3, 4), 1.0, 2.0)
    precision = np.array([0.5, 0.0, 2.0, 1.0, 4.0])
    value = np.array([0.3, 0.0, -1.0, 2.0, 0.5])
    spread = [made.variance(depth)[0, 0, 0, 0, 0] for depth in range(3)]
    # Nodes: root, a, b, a.x, a.y; each the sum of the increments above it.
    above = np.array([[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 0, 1, 0, 0], [1, 1, 0, 1, 0], [1, 1, 0, 0, 1]], float)
    prior = above @ np.diag([spread[0], spread[1], spread[1], spread[2], spread[2]]) @ above.T
    covariance = np.linalg.inv(np.linalg.inv(prior) + np.diag(precision))
    shaped = np.broadcast_to(precision[:, None, None], made.value.shape)
    made._draw_effects(shaped, shaped * value[:, None, None], random)
    drawn = made.value[0, :, :, 0, 0]
    assert drawn.mean(axis=0) == pytest.approx(covariance @ (precision * value), abs=0.03)
    assert np.cov(drawn.T) == pytest.approx(covariance, abs=0.05)


@pytest.mark.parametrize("axes", [(), (3,), (3, 4)])
def test_a_part_leaves_its_own_prior_as_it_is(axes: tuple[int, ...]) -> None:
    """Truth and outcomes from the model, then draws given the outcomes: the taus must still have their prior law
    (Geweke 2004)."""
    random = np.random.default_rng(1)
    made = part(axes)
    from_prior(made, random)
    rest = measured_with_noise([made], random)
    for _ in range(8):
        made.draw(rest, random)
    assert is_uniform(shares(made))


def test_the_exchange_between_parts_leaves_their_priors_and_their_sum_as_they_are() -> None:
    random = np.random.default_rng(2)
    coarse, fine = part((4,)), part((3, 4))
    for made in (coarse, fine):
        from_prior(made, random)
    rest = measured_with_noise([coarse, fine], random)
    for _ in range(6):
        before = coarse.value + fine.value
        exchange(coarse, fine, 3, random)
        assert np.allclose(coarse.value + fine.value, before)
        coarse.draw(Evidence(rest.value - fine.value, rest.precision), random)
        fine.draw(Evidence(rest.value - coarse.value, rest.precision), random)
    assert is_uniform(shares(coarse))
    assert is_uniform(shares(fine))


def test_a_shift_moves_everything_below() -> None:
    made = part((3,))
    by = np.zeros((1, REPEATS, 2, 3, 1))
    by[:, :, 0] = 1.0
    made.shift(1, by)
    assert made.value[0, 0, :, 0, 0].tolist() == [0, 1, 0, 1, 1, 1]


def cells(mean: Any, precision: Any, models: int = 1) -> Cells:
    shape = (1, len(LADDER.nodes), 3, models)
    means, precisions = (np.broadcast_to(np.asarray(values, float), shape).copy() for values in (mean, precision))
    rows, nothing = (precisions > 0).astype(float), np.zeros(shape[:2])
    decisions = np.ones((1, len(LADDER.nodes), models))
    return Cells(
        rows,
        means,
        rows,
        rows,
        rows.sum(axis=3),
        means,
        precisions,
        np.ones(shape),
        decisions,
        nothing,
        np.zeros(1),
        np.ones(1),
    )


def test_cells_measured_exactly_keep_their_means() -> None:
    mean = np.linspace(0.1, 0.9, 15).reshape(5, 3, 1)
    found = pool(LADDER, cells(mean, 1e8), np.full(3, 0.5), Effort(2, 100, 200))
    # Of leaves; above them the decisions below count too.
    assert found.cells.mean[0, 2:] == pytest.approx(mean[2:, :, 0], abs=0.001)
    assert found.cells.mean[0, 0] == pytest.approx(mean[..., 0].mean(axis=0), abs=0.001)


def test_without_any_outcome_techniques_stand_as_the_curators_put_them() -> None:
    found = pool(LADDER, cells(0.5, 0.0), np.array([0.3, 0.5, 0.7]), Effort(8, 200, 800))
    assert np.diff(found.cells.mean[0, 0]) == pytest.approx([0.2, 0.2], abs=0.03)
    assert (np.sqrt(found.cells.variance[0]) > 0.4).all()


def test_an_unmeasured_cell_takes_what_is_common_to_its_node_and_what_its_technique_is_elsewhere() -> None:
    easy = np.array([0.0, 0.0, 0.0, 0.2, -0.2])[:, None] + np.array([0.5, 0.6, 0.4])
    known = np.full((5, 3, 1), 4000.0)
    known[3, 1] = 0
    found = pool(LADDER, cells(easy[..., None], known), np.full(3, 0.5), Effort(4, 200, 400))
    assert found.cells.mean[0, 3, 1] == pytest.approx(0.8, abs=0.05)
    assert found.cells.variance[0, 3, 1] > 5 * found.cells.variance[0, 3, 0]


def test_a_model_with_few_outcomes_is_known_less_than_the_others() -> None:
    known = np.full((5, 3, 2), 400.0)
    known[..., 1] = 4.0
    found = pool(LADDER, cells(0.5, known, models=2), np.full(3, 0.5), Effort(2, 100, 200))
    assert (found.by_model.variance[0, ..., 1] > 2 * found.by_model.variance[0, ..., 0]).all()


def test_chains_that_disagree_are_told() -> None:
    patient = pool(LADDER, cells(0.5, 1.0), np.full(3, 0.5), Effort(4, 100, 400)).cells.r_hat
    hasty = pool(LADDER, cells(0.5, 1.0), np.full(3, 0.5), Effort(4, 0, 3)).cells.r_hat
    assert 1 < patient < 1.1 < hasty
