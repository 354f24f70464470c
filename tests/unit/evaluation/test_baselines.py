"""What a model has to beat, whatever the labels look like."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from small_data import CODES, split

from workbench.evaluation.baselines import (
    majority,
    most_popular,
    plain_classification,
    prompt_length,
    rounded_regression,
    tfidf_logistic,
    tfidf_logistic_ranking,
)

TEXTS = ["red apple", "red rose", "blue sky", "blue sea", "red wine", "blue jeans"]
COLOUR = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 0.0])


def test_the_majority_is_the_most_frequent_label_and_of_equals_the_first() -> None:
    assert majority(np.array(["b", "c", "b"], dtype=object), 2).tolist() == ["b", "b"]
    assert majority(np.array([3.0, 2.0]), 1).tolist() == [2.0]
    assert majority(np.array(["b"], dtype=object), 0).tolist() == []


def test_words_alone_tell_labels_apart() -> None:
    labels = np.where(COLOUR == 1, "warm", "cold").astype(object)
    assert tfidf_logistic(TEXTS, labels, ["red sky", "blue apple"], 0).tolist() == ["warm", "cold"]


def test_the_solver_that_saves_memory_finds_the_same_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    part = split("intent_classifier")
    texts = [list(examples.X["prompt_text"]) for examples in (part.train, part.test)]
    usual = tfidf_logistic(texts[0], part.train.y, texts[1], 0)
    monkeypatch.setattr("workbench.evaluation.baselines.MOST_NUMBERS", 0)
    solvers = []
    monkeypatch.setattr(
        "workbench.evaluation.baselines.LogisticRegression",
        lambda **options: solvers.append(options.get("solver")) or LogisticRegression(**options),
    )
    assert np.mean(tfidf_logistic(texts[0], part.train.y, texts[1], 0) == usual) >= 0.97
    assert solvers == ["saga"]


@pytest.mark.parametrize("text", ["", "🙏", "?!"])
def test_prompts_without_a_word_leave_the_most_frequent_label(text: str) -> None:
    labels = np.array(["a", "b", "b"], dtype=object)
    assert tfidf_logistic([text] * 3, labels, [text, "words"], 0).tolist() == ["b", "b"]


@pytest.mark.parametrize("always", [0.0, 1.0])
def test_a_technique_that_never_varies_gets_its_share(always: float) -> None:
    labels = np.column_stack([np.full(6, always), COLOUR, 1 - COLOUR])
    found = tfidf_logistic_ranking(TEXTS, labels, ["red", "blue"], 0)
    assert found[:, 0].tolist() == [always, always]
    assert found[0, 1] > found[0, 2]
    assert found[1, 1] < found[1, 2]


def test_one_varying_technique_is_ranked_like_any_other() -> None:
    labels = np.column_stack([np.zeros(6), COLOUR])
    found = tfidf_logistic_ranking(TEXTS, labels, ["red", "blue"], 0)
    assert found.shape == (2, 2)
    assert found[0, 1] > 0.5 > found[1, 1]


def test_no_varying_technique_leaves_the_shares() -> None:
    assert tfidf_logistic_ranking(TEXTS, np.ones((6, 2)), ["red"], 0).tolist() == [[1, 1]]


def test_the_most_popular_ranking_is_the_same_for_every_prompt() -> None:
    train = split("technique_selector").train
    found = most_popular(train.y, 3)
    assert found.shape == (3, len(CODES))
    assert (found == train.y.mean(axis=0)).all()


def test_length_alone_gives_the_level_of_prompts_as_long() -> None:
    train, levels = ["a" * n for n in (1, 2, 30, 40, 500, 600)], np.array([1.0, 1.0, 3.0, 3.0, 5.0, 5.0])
    assert prompt_length(train, levels, ["", "b" * 35, "b" * 9_000]).tolist() == [1, 3, 5]
    assert prompt_length(train, levels[::-1], ["b" * 9_000]).tolist() == [1]
    assert prompt_length(["same"] * 6, levels, ["any"]).tolist() == [3]


@pytest.mark.parametrize("model", [rounded_regression, plain_classification])
def test_models_without_an_order_give_levels_that_occur(model: Callable[..., np.ndarray]) -> None:
    random = np.random.default_rng(0)
    levels = np.tile([1.0, 2.0, 5.0], 40)
    X = random.normal(0, 0.1, (120, 4)) + levels[:, None]
    found = model(X[:90], levels[:90], X[90:])
    assert set(found) <= {1.0, 2.0, 5.0}
    assert np.mean(found == levels[90:]) > 0.9
