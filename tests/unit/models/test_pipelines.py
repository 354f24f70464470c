"""What holds for the pipeline of every model type: reproducible, cloneable, and the same again out of its file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from skops import io
from small_data import CODES, TECHNIQUES, WORDS, fitted, recipe, split

from workbench.models.build import estimator_for, labels_of
from workbench.records import MODEL_TYPES, ModelType, Recipe

pytestmark = pytest.mark.parametrize("model_type", MODEL_TYPES)


@pytest.fixture(scope="module")
def read_model() -> Callable[..., Any]:
    from workbench.tracking.model_file import read_model  # takes seconds

    return read_model


def test_one_seed_gives_one_model(model_type: ModelType) -> None:
    train, test = split(model_type).train, split(model_type).test
    again = estimator_for(recipe(model_type), TECHNIQUES).fit(train.X, train.y)
    assert np.array_equal(again.predict_proba(test.X), fitted(model_type).estimator.predict_proba(test.X))


def test_a_clone_has_the_same_parameters_and_no_memory(model_type: ModelType) -> None:
    original = fitted(model_type).estimator
    copy = clone(original)
    assert copy[-1].get_params() == original[-1].get_params()
    assert not hasattr(copy[-1], "classes_")


def test_a_model_from_its_file_predicts_bit_for_bit_the_same(
    model_type: ModelType, read_model: Callable[..., Any], tmp_path: Path
) -> None:
    model, X = fitted(model_type).estimator, split(model_type).test.X
    data, path = io.dumps(model), tmp_path / "model.skops"
    path.write_bytes(data)
    loaded = read_model(path, hashlib.sha256(data).hexdigest(), tmp_path)
    assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert np.array_equal(loaded.predict(X), model.predict(X))


def test_labels_stand_in_the_order_of_the_columns(model_type: ModelType) -> None:
    expected = {
        "intent_classifier": tuple(sorted(WORDS)),
        "complexity_model": ("1.0", "2.0", "3.0", "4.0", "5.0"),
        "technique_selector": CODES,
    }
    assert labels_of(fitted(model_type).estimator) == fitted(model_type).labels == expected[model_type]


def test_the_small_data_can_be_learned(model_type: ModelType) -> None:
    test = split(model_type).test
    predicted = fitted(model_type).estimator.predict(test.X)
    if model_type == "technique_selector":
        hits = [row[CODES.index(first)] for row, first in zip(test.y, predicted[:, 0], strict=True)]
    else:
        hits = predicted == test.y
    assert np.mean(hits) > 0.9


def test_one_prompt_and_no_prompt_can_be_predicted(model_type: ModelType) -> None:
    model, X = fitted(model_type).estimator, split(model_type).test.X
    assert np.allclose(model.predict_proba(X.iloc[:1]), model.predict_proba(X)[:1])
    strange = X.iloc[:1].assign(prompt_text=["¤ \n🙂"])
    assert np.isfinite(model.predict_proba(strange)).all()


def test_options_of_the_recipe_reach_the_estimator(model_type: ModelType) -> None:
    name = {"intent_classifier": "strength", "complexity_model": "alpha", "technique_selector": "alpha"}[model_type]
    options = {name: 9.0}
    head = estimator_for(Recipe(model_type, "small", 5, options), TECHNIQUES)[-1]
    assert options.items() <= head.get_params().items()
    assert head.get_params().get("random_state", 5) == 5


def test_an_unknown_option_is_refused(model_type: ModelType) -> None:
    with pytest.raises(TypeError, match="depth"):
        estimator_for(Recipe(model_type, "small", 5, {"depth": 3}), TECHNIQUES)
