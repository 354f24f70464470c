"""Scores of an ordered outcome against values worked out by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from workbench.evaluation.ordinal import (
    above,
    cumulative_calibration,
    cumulative_reliability,
    ordinal_intervals,
    ordinal_scores,
    ranked_probability_score,
)

LEVELS = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=30)


def test_kappa_weighs_an_error_by_its_square() -> None:
    # Of the 16 pairs 8 lie one level apart and 3 lie two; of the 4 rows one lies one level apart.
    truth, predicted = np.array([1, 1, 2, 3]), np.array([1, 2, 2, 3])
    assert ordinal_scores(truth, predicted)["quadratic_kappa"] == pytest.approx(1 - (1 / 4) / ((8 * 1 + 3 * 4) / 16))


@given(LEVELS)
def test_kappa_agrees_with_scikit_learn_whichever_levels_occur(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = map(np.array, zip(*pairs, strict=True))
    found = ordinal_scores(truth.astype(float), predicted.astype(float))["quadratic_kappa"]
    if len({*truth, *predicted}) > 1:
        assert found == pytest.approx(cohen_kappa_score(truth, predicted, weights="quadratic", labels=[1, 2, 3, 4, 5]))
    else:
        assert found == 0


def test_errors_are_counted_in_levels() -> None:
    found = ordinal_scores(np.array([1.0, 2.0, 3.0, 5.0]), np.array([1.0, 3.0, 5.0, 5.0]))
    assert found["mean_absolute_error"] == 3 / 4
    assert found["within_one"] == 3 / 4


LADDER = np.array([1.0, 2.0, 3.0, 4.0, 5.0])


def test_the_chances_of_more_are_sums_of_the_levels_above() -> None:
    found = above(np.array([[0.1, 0.2, 0.3, 0.4, 0.0]]), LADDER)
    assert found[0] == pytest.approx([0.9, 0.7, 0.4, 0.0])
    assert above(np.array([[0.25, 0.75]]), np.array([1.0, 4.0]))[0].tolist() == [0.75, 0.75, 0.75, 0.0]


def test_the_ranked_score_forgives_the_near_more_than_the_far() -> None:
    sure = np.eye(5)
    scores = [ranked_probability_score(sure[[k]], LADDER, np.array([1.0])) for k in range(5)]
    assert scores == [0, 1 / 4, 2 / 4, 3 / 4, 1]


def test_whether_it_is_more_is_stated_as_often_as_it_is_so() -> None:
    random = np.random.default_rng(0)
    chances = random.dirichlet(np.ones(5), 20_000)
    truth = 1.0 + (random.uniform(size=(20_000, 1)) > np.cumsum(chances, axis=1)).sum(axis=1)
    table = cumulative_calibration(chances, LADDER, truth)
    assert table["above"].tolist() == [1, 2, 3, 4]
    assert (table["ece"] < 0.02).all()
    assert np.allclose(table["stated"], table["observed"], atol=0.01)
    assert (cumulative_calibration(chances, LADDER, np.full(20_000, 5.0))["low"] > 0.1).all()


def test_each_statement_has_its_reliability() -> None:
    table = cumulative_reliability(np.array([[0.5, 0.5, 0, 0, 0]]), LADDER, np.array([2.0]))
    assert table[["above", "confidence", "accuracy"]].to_numpy().tolist() == [
        [1, 0.5, 1],
        [2, 0, 0],
        [3, 0, 0],
        [4, 0, 0],
    ]


def test_kappa_and_error_lie_in_their_intervals() -> None:
    truth, predicted = np.tile([1.0, 2.0, 4.0], 20), np.tile([1.0, 3.0, 4.0, 4.0], 15)
    scores, found = ordinal_scores(truth, predicted), ordinal_intervals(truth, predicted, seed=0)
    for name, interval in found.items():
        assert interval.low < scores[name] < interval.high
        assert interval.point == pytest.approx(scores[name])
