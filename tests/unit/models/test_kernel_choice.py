"""What a search makes small is what a fit without each row would have lost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_data import split

from workbench.models import kernel_choice
from workbench.models.intent_pipeline import intent_pipeline
from workbench.models.intent_space import intent_space
from workbench.models.kernel import KernelRidgeClassifier
from workbench.models.kernel_choice import KernelObjective, sample
from workbench.models.link import fit_link
from workbench.models.search import Parameters, defaults
from workbench.records import Budget, Examples


def with_wrong_labels(train: Examples) -> Examples:
    """Every fifth row has another's label: without errors all parameters would be as good."""
    y = train.y.copy()
    y[::5] = np.roll(train.y, 7)[::5]
    return Examples(train.X, y, train.ids)


TRAIN = with_wrong_labels(split("intent_classifier").train)
CHOSEN: list[Parameters] = [
    {},
    {"strength": 0.5, "gamma": 2.0},
    {"layer_weight": 1.5, "layer_gamma": 0.7, "word_weight": 1.1, "character_weight": 0.2, "linguistic_weight": 0.1},
]


def losses_of_the_pipeline(budget: Budget, parameters: Parameters) -> tuple[float, float]:
    pipeline = intent_pipeline(budget, **parameters)
    X = pipeline[0].fit_transform(TRAIN.X)
    head = KernelRidgeClassifier(pipeline[-1].views, pipeline[-1].strength).fit(X, TRAIN.y)
    truth = np.searchsorted(head.classes_, TRAIN.y)
    unseen = np.asarray(head.unseen_scores_, dtype=np.float64)
    return fit_link(unseen, truth)[1], float(np.mean(unseen.argmax(axis=1) == truth))


@pytest.mark.parametrize("parameters", CHOSEN)
def test_a_score_is_that_of_the_pipelines_own_unseen_scores(parameters: Parameters) -> None:
    found = KernelObjective(TRAIN.X, TRAIN.y, "standard", 0)(parameters)
    assert found.loss > 0.1
    assert (found.loss, found.accuracy) == pytest.approx(losses_of_the_pipeline("standard", parameters), abs=1e-3)


def test_the_quick_budget_looks_at_the_embedding_alone() -> None:
    found = KernelObjective(TRAIN.X[["prompt_text", "embedding"]], TRAIN.y, "quick", 0)({"gamma": 2.0})
    assert (found.loss, found.accuracy) == pytest.approx(losses_of_the_pipeline("quick", {"gamma": 2.0}), abs=1e-3)


def test_asking_again_gives_the_same_answer() -> None:
    objective = KernelObjective(TRAIN.X, TRAIN.y, "standard", 0)
    usual = defaults(intent_space("standard"))
    first = objective(usual)
    objective({"strength": 1.0})
    assert objective(usual) == first


def test_many_rows_are_stood_for_by_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_choice, "MOST_ROWS", 30)
    found = KernelObjective(TRAIN.X, TRAIN.y, "standard", 0)({})
    whole = losses_of_the_pipeline("standard", {})
    assert found.loss != pytest.approx(whole[0], abs=1e-6)
    assert found.accuracy == pytest.approx(whole[1], abs=0.2)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 6), min_size=20, max_size=200), st.integers(7, 60), st.integers(0, 99))
def test_a_sample_keeps_every_label_and_about_its_share(labels: list[int], most: int, seed: int) -> None:
    y = np.array(labels)
    rows = sample(y, most, seed)
    assert len(rows) == min(most, len(y)) == len(set(rows.tolist()))
    assert set(y[rows]) == set(labels)
    counts, kept = pd.Series(y).value_counts(), pd.Series(y[rows]).value_counts()
    assert ((kept - counts * len(rows) / len(y)).abs() <= 1.5).all()


def test_rows_that_are_no_prompts_are_learnt_from_and_not_judged() -> None:
    prompts = np.arange(len(TRAIN.y)) % 4 != 0
    found = KernelObjective(TRAIN.X, TRAIN.y, "quick", 0, prompts)({})
    pipeline = intent_pipeline("quick")
    head = KernelRidgeClassifier(pipeline[-1].views, pipeline[-1].strength)
    head.fit(pipeline[0].fit_transform(TRAIN.X), TRAIN.y)
    unseen = np.asarray(head.unseen_scores_, dtype=np.float64)[prompts]
    truth = np.searchsorted(head.classes_, TRAIN.y[prompts])
    wanted = fit_link(unseen, truth)[1], float(np.mean(unseen.argmax(axis=1) == truth))
    assert (found.loss, found.accuracy) == pytest.approx(wanted, abs=1e-3)
    assert found.loss != KernelObjective(TRAIN.X, TRAIN.y, "quick", 0)({}).loss
