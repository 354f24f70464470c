"""One look at the test split: every number of a report can be found again from its predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score
from small_data import CODES, fitted, split

from workbench.evaluation.judge import judge_complexity, judge_intent, judge_selector
from workbench.records import MODEL_TYPES, Fitted, ModelType, Report, Split

SINGLE: tuple[ModelType, ...] = ("intent_classifier", "complexity_model")


def judged(model_type: ModelType, parts: Split, model: Fitted, choice: Sequence[Sequence[str]] | None = None) -> Report:
    neighbour = parts.train.y[np.arange(len(parts.test.ids)) % len(parts.train.ids)]
    if model_type == "intent_classifier":
        return judge_intent(model, parts, neighbour, 0)
    if model_type == "complexity_model":
        return judge_complexity(model, parts, neighbour, 0)
    return judge_selector(model, parts, neighbour, choice or [CODES] * len(parts.test.ids), 0)


@cache
def report(model_type: ModelType) -> Report:
    return judged(model_type, split(model_type), fitted(model_type))


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_the_accuracy_is_that_of_the_predictions_and_lies_in_its_interval(model_type: ModelType) -> None:
    found = report(model_type)
    assert found.accuracy == pytest.approx(found.predictions["correct"].mean())
    assert found.metrics["accuracy_low"] < found.accuracy <= found.metrics["accuracy_high"]
    assert list(found.predictions["id"]) == list(split(model_type).test.ids)


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_every_number_is_finite_and_the_sizes_are_those_of_the_splits(model_type: ModelType) -> None:
    found = report(model_type)
    numbers = [*found.metrics.values(), *(score for named in found.baselines.values() for score in named.values())]
    assert np.isfinite(numbers).all()
    assert (found.n_train, found.n_test) == (60, 30)


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_macro_f1_is_the_mean_of_the_table_of_classes(model_type: ModelType) -> None:
    found = report(model_type)
    occurring = found.per_class[(found.per_class["support"] > 0) | (found.per_class["precision"] > 0)]
    assert found.macro_f1 == pytest.approx(occurring["f1"].mean())


@pytest.mark.parametrize("model_type", SINGLE)
def test_a_prediction_says_how_sure_the_model_was_of_it(model_type: ModelType) -> None:
    probabilities = fitted(model_type).estimator.predict_proba(split(model_type).test.X)
    table = report(model_type).predictions
    column = [fitted(model_type).labels.index(str(label)) for label in table["predicted"]]
    assert np.allclose(table["confidence"], probabilities[np.arange(30), column])
    assert (table["predicted"] == fitted(model_type).estimator.predict(split(model_type).test.X)).all()


def test_the_confidence_in_a_median_level_is_not_that_of_the_likeliest() -> None:
    class Torn:
        def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
            return np.tile([0.4, 0.0, 0.2, 0.1, 0.3], (len(X), 1))

        def predict(self, X: pd.DataFrame) -> np.ndarray:
            return np.full(len(X), 3.0)

    found = judged("complexity_model", split("complexity_model"), replace(fitted("complexity_model"), estimator=Torn()))
    assert set(found.predictions["confidence"]) == {0.2}


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_each_baseline_of_the_model_type_is_there_under_its_name(model_type: ModelType) -> None:
    usual = {"nearest neighbour (pgvector)", "TF-IDF + logistic regression"}
    own = {
        "intent_classifier": {"majority"},
        "complexity_model": {"majority", "prompt length"},
        "technique_selector": {"most popular", "get_optimal_techniques (told the truth)"},
    }
    assert set(report(model_type).baselines) == usual | own[model_type]


@pytest.mark.parametrize("model_type", SINGLE)
def test_a_baseline_that_knows_the_truth_is_perfect(model_type: ModelType) -> None:
    judge = judge_intent if model_type == "intent_classifier" else judge_complexity
    found = judge(fitted(model_type), split(model_type), split(model_type).test.y, 0)
    assert found.baselines["nearest neighbour (pgvector)"] == {"accuracy": 1, "macro_f1": 1}


@pytest.mark.parametrize("model_type", SINGLE)
def test_a_test_label_that_training_never_saw_counts_as_wrong(model_type: ModelType) -> None:
    parts = split(model_type)
    truth = parts.test.y.copy()
    truth[0] = "entirely.new" if model_type == "intent_classifier" else 9.0
    found = judged(model_type, Split(parts.train, replace(parts.test, y=truth)), fitted(model_type))
    assert not found.predictions["correct"].iloc[0]
    assert np.isfinite(list(found.metrics.values())).all()
    assert found.per_class.set_index("label").loc[str(truth[0]), "support"] == 1


def test_the_selector_is_right_where_its_first_technique_is_among_the_labelled() -> None:
    table = report("technique_selector").predictions
    firsts = table["predicted"].str.split("; ").str[0]
    expected = [first in truth.split("; ") for first, truth in zip(firsts, table["truth"], strict=True)]
    assert table["correct"].tolist() == expected


def test_the_macro_f1_of_a_ranking_is_that_of_as_many_as_are_labelled() -> None:
    parts = split("technique_selector")
    truth = parts.test.y.astype(int)
    ranks = np.argsort(np.argsort(-fitted("technique_selector").estimator.predict_proba(parts.test.X), kind="stable"))
    chosen = (ranks < truth.sum(axis=1, keepdims=True)).astype(int)
    occurs = (truth | chosen).any(axis=0)
    expected = f1_score(truth[:, occurs], chosen[:, occurs], average="macro", zero_division=0)
    assert report("technique_selector").macro_f1 == pytest.approx(expected)


def test_a_choice_that_is_told_the_truth_can_be_perfect() -> None:
    parts = split("technique_selector")
    told = [[code for code, named in zip(CODES, row, strict=True) if named] for row in parts.test.y]
    found = judged("technique_selector", parts, fitted("technique_selector"), told)
    assert found.baselines["get_optimal_techniques (told the truth)"] == {"accuracy": 1, "macro_f1": 1}
