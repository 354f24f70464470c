"""Fitting a recipe's estimator, whatever the split holds."""

from __future__ import annotations

import numpy as np
import pytest
from small_data import examples, frame

from workbench.jobs.training import fit
from workbench.records import BUDGETS, Budget, Recipe, Split


@pytest.mark.parametrize("budget", BUDGETS)
def test_many_intents_of_one_prompt_each_are_fitted_without_a_warning(budget: Budget) -> None:
    table = frame(60).assign(primary=[f"branch.intent_{n}" for n in range(60)])
    train = examples(table, "intent_classifier")
    fitted = fit(Recipe("intent_classifier", "small", options={"budget": budget}), Split(train, train), [])
    assert len(fitted.labels) == 60
    assert np.mean(fitted.estimator.predict(train.X) == train.y) > 0.9
