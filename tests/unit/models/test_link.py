"""Scores become probabilities that keep their order and come true."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import approx_fprime
from scipy.special import log_softmax, softmax

from workbench.models.link import Link, _loss_and_slope, fit_link

SCORES = arrays(np.float64, (3, 4), elements=st.floats(-50, 50))
LINKS = st.builds(Link, st.floats(0.01, 1000), st.floats(1e-3, 100))


def drawn(link: Link, rows: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores and classes that are drawn with exactly the link's probabilities."""
    random = np.random.default_rng(seed)
    scores = random.normal(0, 0.25, (rows, classes)) + 0.6 * np.eye(classes)[random.integers(0, classes, rows)]
    chances = link.probabilities(scores).cumsum(axis=1)
    return scores, (random.random((rows, 1)) > chances).sum(axis=1).clip(max=classes - 1)


@given(SCORES, LINKS)
def test_probabilities_sum_to_one_and_keep_the_order_of_the_scores(scores: np.ndarray, link: Link) -> None:
    found = link.probabilities(scores)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-12)
    order = np.argsort(scores, axis=1, kind="stable")
    assert (np.diff(np.take_along_axis(link.logits(scores), order, axis=1), axis=1) >= 0).all()


@given(SCORES, st.floats(0.5, 20))
def test_temperature_scaling_is_the_limit(scores: np.ndarray, temperature: float) -> None:
    scores = scores / 50
    expected = softmax(scores / temperature, axis=1)
    assert np.allclose(Link.of_temperature(temperature).probabilities(scores), expected, atol=0.01)


def test_far_below_zero_it_is_a_temperature_of_bend_over_sharpness() -> None:
    scores = np.array([[-30.0, -31.0, -35.0], [-300.0, -301.0, -302.0]])
    assert np.allclose(Link(2.0, 0.5).probabilities(scores), softmax(scores / 0.25, axis=1), atol=1e-9)


def test_far_above_zero_it_is_a_power_of_the_scores() -> None:
    scores = np.array([[0.9, 0.5, 0.3]])
    powers = scores**3
    assert np.allclose(Link(3.0, 1e-3).probabilities(scores), powers / powers.sum(), atol=1e-9)


@pytest.mark.parametrize("link", [Link(3.0, 0.05), Link(8.0, 0.5), Link.of_temperature(0.2)])
def test_the_fit_finds_the_probabilities_that_the_rows_were_drawn_with(link: Link) -> None:
    scores, truth = drawn(link, 20_000, 5, seed=1)
    found, loss = fit_link(scores, truth)
    assert np.abs(found.probabilities(scores) - link.probabilities(scores)).mean() < 0.01
    best = -np.log(link.probabilities(scores)[np.arange(len(truth)), truth]).mean()
    assert loss == pytest.approx(best, abs=2e-3)


def test_the_fit_is_no_worse_than_the_best_temperature() -> None:
    scores, truth = drawn(Link(3.0, 0.05), 3_000, 4, seed=2)
    rows = np.arange(len(truth))
    temperatures = np.geomspace(0.01, 3, 200)
    best = min(-log_softmax(scores / t, axis=1)[rows, truth].mean() for t in temperatures)
    assert fit_link(scores, truth)[1] < best


@given(st.floats(-2, 3), st.floats(-4, 2), st.integers(0, 1000))
def test_the_slopes_are_those_of_the_loss(sharpness: float, bend: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    scores, truth = random.normal(0, 1, (6, 3)), random.integers(0, 3, 6)

    def at(parameters: np.ndarray) -> float:
        return float(_loss_and_slope(Link(*np.exp(parameters).tolist()), scores, truth)[0])

    found = _loss_and_slope(Link(np.exp(sharpness), np.exp(bend)), scores, truth)[1:]
    assert found == pytest.approx(approx_fprime(np.array([sharpness, bend]), at, 1e-6), rel=1e-3, abs=1e-2)
