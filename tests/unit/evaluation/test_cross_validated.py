"""The objective of a search: held-out training rows, always the same."""

from __future__ import annotations

import numpy as np
import pytest
from small_data import split

from workbench.evaluation.cross_validated import LEAST, cross_validated
from workbench.records import Examples, Recipe

RECIPE = Recipe("intent_classifier", "small", 7, {"budget": "quick"})


@pytest.fixture(scope="module")
def train() -> Examples:
    return split("intent_classifier").train


def test_the_same_parameters_get_the_same_score(train: Examples) -> None:
    first, second = (cross_validated(RECIPE, train)({"strength": 0.1}) for _ in range(2))
    assert first == second
    assert 0.0 < first.loss < np.log(5)
    assert 0.5 < (first.accuracy or 0.0) <= 1.0


def test_parameters_that_learn_nothing_score_worse(train: Examples) -> None:
    objective = cross_validated(RECIPE, train)
    assert objective({"strength": 0.1}).loss < objective({"strength": 1e6}).loss


def test_shuffled_labels_cannot_be_learnt(train: Examples) -> None:
    """What the objective sees was held out: on labels without sense it is no better than guessing."""
    shuffled = Examples(train.X, np.random.default_rng(0).permutation(train.y), train.ids)
    assert (cross_validated(RECIPE, shuffled)({"strength": 0.01}).accuracy or 0.0) < 0.5


def test_a_label_with_a_single_example_is_as_wrong_as_it_gets_and_no_more(train: Examples) -> None:
    y = train.y.copy()
    y[0] = "alone"
    found = cross_validated(RECIPE, Examples(train.X, y, train.ids))({})
    assert np.isfinite(found.loss)
    assert found.loss > -np.log(LEAST) / len(y)
