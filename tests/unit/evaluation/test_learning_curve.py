"""A learning curve is drawn from training rows alone."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from small_data import TECHNIQUES, recipe, split

from workbench.evaluation.learning import grow, learning_curve
from workbench.models.build import estimator_for
from workbench.records import MODEL_TYPES, Examples, ModelType


class Diary(BaseEstimator):
    """Keeps the rows that it was fitted on and asked about; always answers yes."""

    seen: ClassVar[list[tuple[str, list[int]]]] = []

    def fit(self, X: pd.DataFrame, y: Any) -> Self:
        assert len(X) == len(y)
        self.seen.append(("fit", X["row"].tolist()))
        return self

    def predict(self, X: pd.DataFrame) -> Any:
        self.seen.append(("predict", X["row"].tolist()))
        return np.full(len(X), "yes", dtype=object)


def rows(count: int, yes: int) -> Examples:
    labels = np.where(np.arange(count) < yes, "yes", "no").astype(object)
    return Examples(pd.DataFrame({"row": np.arange(count)}), labels, tuple(map(str, range(count))))


@pytest.fixture(autouse=True)
def _empty_diary() -> None:
    Diary.seen.clear()


def test_no_point_is_scored_on_a_row_that_it_was_fitted_on() -> None:
    learning_curve(Diary(), rows(50, 25), seed=3)
    fitted, asked = ([set(r) for what, r in Diary.seen if what == kind] for kind in ("fit", "predict"))
    assert all(len(held) == 10 and held == asked[0] for held in asked)
    assert all(not part & asked[0] for part in fitted)
    assert fitted[-1] | asked[0] == set(range(50))


def test_a_smaller_part_lies_within_a_larger_one() -> None:
    points = learning_curve(Diary(), rows(50, 25), seed=3)
    small, middle, large = (set(r) for what, r in Diary.seen if what == "fit")
    assert small < middle < large
    assert [point.rows for point in points] == [10, 20, 40] == [len(small), len(middle), len(large)]


def test_a_point_is_the_share_that_was_right() -> None:
    (point,) = learning_curve(Diary(), rows(100, 30), seed=3, fractions=(1.0,))
    held = next(r for what, r in Diary.seen if what == "predict")
    assert point.accuracy.point == np.mean([row < 30 for row in held])
    assert point.accuracy.low < point.accuracy.point < point.accuracy.high


def test_a_part_of_one_class_has_no_point() -> None:
    assert learning_curve(Diary(), rows(50, 50), seed=3) == []
    sizes = [point.rows for point in learning_curve(Diary(), rows(20, 19), seed=3)]
    assert len(sizes) < 3


def test_one_seed_gives_one_curve() -> None:
    assert learning_curve(Diary(), rows(50, 25), seed=3) == learning_curve(Diary(), rows(50, 25), seed=3)
    assert Diary.seen[:6] == Diary.seen[6:]
    learning_curve(Diary(), rows(50, 25), seed=4)
    assert Diary.seen[:6] != Diary.seen[12:]


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_every_model_type_has_a_curve_and_is_not_fitted_by_it(model_type: ModelType) -> None:
    estimator = estimator_for(recipe(model_type), TECHNIQUES)
    points = learning_curve(estimator, split(model_type).train, seed=1, fractions=(0.5, 1.0))
    assert [point.rows for point in points] == [24, 48]
    assert all(0 <= point.accuracy.point <= 1 for point in points)
    assert not hasattr(estimator[-1], "classes_")


def test_words_of_the_taxonomy_are_learnt_beside_every_part_and_never_asked_about() -> None:
    words = Examples(pd.DataFrame({"row": [900, 901]}), np.array(["yes", "nobody"], dtype=object), ("yes", "nobody"))
    grow(Diary(), rows(50, 25), seed=3, words=words)
    fitted, asked = ([set(r) for what, r in Diary.seen if what == kind] for kind in ("fit", "predict"))
    assert all(900 in part and 901 not in part for part in fitted)
    assert all(held == asked[0] and 900 not in held for held in asked)
