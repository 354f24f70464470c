"""A model whose sets hold the truth less often than they state says so, and says what that means."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.evaluation.intent_scores import abstention_scores, coverage_missed
from workbench.evaluation.scores import Judged
from workbench.models.intent import HierarchicalIntentClassifier

LABELS = ("a", "b.x", "b.y", "c")


def prompts(rows: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    label = random.integers(len(LABELS), size=rows)
    X = np.eye(len(LABELS), 8)[label] + random.normal(0, noise, (rows, 8))
    return X, np.array(LABELS, dtype=object)[label]


def said_of(noise: float) -> str | None:
    X, y = prompts(600, 0.35, seed=1)
    model = HierarchicalIntentClassifier().fit(X, y)
    X, truth = prompts(600, noise, seed=2)
    chances = model.predict_proba(X)
    judged = Judged(truth, model.predict(X), chances, model.classes_, chances.max(axis=1))
    return coverage_missed(abstention_scores(model, X, judged).metrics)


def test_prompts_like_the_training_prompts_need_no_word() -> None:
    assert said_of(noise=0.35) is None


def test_prompts_of_another_kind_are_said_to_be_such() -> None:
    said = said_of(noise=0.7)
    assert said is not None
    assert "state that they hold the truth in 90 %" in said
    assert "not like the training prompts" in said


@pytest.mark.parametrize("high", [0.9, 0.95])
def test_an_interval_that_reaches_what_is_stated_contradicts_nothing(high: float) -> None:
    found = {"subtree_set_coverage": 0.88, "subtree_set_coverage_low": 0.85, "subtree_set_coverage_high": high}
    assert coverage_missed(found) is None


def test_a_model_without_sets_states_nothing() -> None:
    assert coverage_missed({"accuracy": 0.2}) is None
