"""Scores of an ordered outcome against values worked out by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from workbench.evaluation.ordinal import ordinal_scores

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
