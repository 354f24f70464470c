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


def said_of(noise: float, rows: int = 600, seed: int = 1) -> str | None:
    X, y = prompts(rows, 0.35, seed)
    model = HierarchicalIntentClassifier().fit(X, y)
    X, truth = prompts(600, noise, seed + 1000)
    chances = model.predict_proba(X)
    judged = Judged(truth, model.predict(X), chances, model.classes_, chances.max(axis=1))
    return coverage_missed(abstention_scores(model, X, judged).metrics, rows, len(X))


def test_prompts_like_the_training_prompts_need_no_word() -> None:
    assert said_of(noise=0.35) is None


def test_prompts_of_another_kind_are_said_to_be_such() -> None:
    said = said_of(noise=0.7)
    assert said is not None
    assert "state that they hold the truth in 90 %" in said
    assert "not like the training prompts" in said


def test_it_is_seldom_said_of_prompts_like_the_training_prompts_however_few_these_are() -> None:
    """At 2.5 % more than 6 of 80 would be one chance in a hundred."""
    assert sum(said_of(0.35, rows=80, seed=seed) is not None for seed in range(80)) <= 6


@pytest.mark.parametrize(("n_train", "n_test"), [(60, 5000), (5000, 60), (0, 5000)])
def test_few_prompts_on_either_side_contradict_nothing(n_train: int, n_test: int) -> None:
    found = {"subtree_set_coverage": 0.85, "subtree_set_coverage_low": 0.8, "subtree_set_coverage_high": 0.89}
    assert coverage_missed(found, n_train, n_test) is None
    assert coverage_missed(found, 5000, 5000) is not None


def test_a_model_without_sets_states_nothing() -> None:
    assert coverage_missed({"accuracy": 0.2}, 600, 600) is None
