"""Empirical-Bayes shrinkage: the formulas, and what must hold for any numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.evaluation.hierarchy import Ladder, descend
from workbench.evaluation.shrinkage import Posterior, between_variance, effective_size, shrink, variance_around
from workbench.models.taxonomy import Tree

unit = st.floats(0, 1)
positive = st.floats(1e-6, 10)


def one(mean: float, variance: float) -> Posterior:
    return Posterior(np.array([mean]), np.array([variance]))


def shrunk(mean: float, variance: float, prior: Posterior, between: float) -> tuple[float, float]:
    found = shrink(np.array([mean]), np.array([variance]), prior, between)
    return float(found.mean[0]), float(found.variance[0])


def test_equal_weights_count_every_row_and_one_heavy_row_counts_alone() -> None:
    assert effective_size(np.array([4.0, 100.3]), np.array([4.0, 10000.03])) == pytest.approx([4, 1.006], abs=1e-3)


def test_the_variance_between_studies_is_that_of_der_simonian_and_laird() -> None:
    y, v = np.array([0.1, 0.5, 0.9]), np.array([0.01, 0.02, 0.04])
    w = 1 / v
    q = np.sum(w * (y - np.sum(w * y) / w.sum()) ** 2)
    expected = (q - 2) / (w.sum() - np.sum(w**2) / w.sum())
    assert between_variance(y, v, np.zeros(3, dtype=np.int64)) == pytest.approx(expected)


def test_means_that_agree_leave_no_variance_between_them() -> None:
    same = np.full(5, 0.4)
    assert between_variance(same, same, np.zeros(5, dtype=np.int64)) == 0
    assert variance_around(same, same, same) == 0


def test_families_of_one_say_nothing_about_spread() -> None:
    assert between_variance(np.array([0.1, 0.9]), np.array([1e-4, 1e-4]), np.array([0, 7])) == 0


def test_spread_between_families_is_not_spread_within_them() -> None:
    y, groups = np.array([0.1, 0.1, 0.9, 0.9]), np.array([0, 0, 1, 1])
    assert between_variance(y, np.full(4, 1e-4), groups) == 0


@given(mean=unit, prior=unit, variance=positive, spread=positive, between=positive)
def test_a_shrunk_mean_lies_between_the_data_and_the_prior(
    mean: float, prior: float, variance: float, spread: float, between: float
) -> None:
    found, _ = shrunk(mean, variance, one(prior, spread), between)
    assert min(mean, prior) - 1e-9 <= found <= max(mean, prior) + 1e-9


@given(mean=unit, prior=unit, variance=positive, spread=positive, between=positive, more=st.floats(1.1, 100))
def test_more_data_make_the_posterior_narrower(
    mean: float, prior: float, variance: float, spread: float, between: float, more: float
) -> None:
    _, few = shrunk(mean, variance, one(prior, spread), between)
    _, many = shrunk(mean, variance / more, one(prior, spread), between)
    assert many <= few


def test_an_intent_is_drawn_towards_the_one_above_and_one_without_data_takes_its_place() -> None:
    ladder = Ladder.of(Tree.over(["a.x", "a.y"]))
    means = np.array([[0.5], [0.6], [0.9], [0.0]])
    variances = np.array([[0.001], [0.001], [0.01], [np.inf]])
    families = ladder.above[:, None]
    found = descend(ladder, means, variances, Posterior(means[0], variances[0]), 0.01, families)
    root, above, measured, unmeasured = found.posterior.mean[:, 0]
    assert root == 0.5
    assert above < measured < 0.9
    assert unmeasured == above
    assert found.posterior.variance[3] > found.posterior.variance[1]
