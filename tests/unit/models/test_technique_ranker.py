"""The technique ranker: every technique keeps a place, learned or not."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from workbench.models.technique import TechniqueRanker
from workbench.records import Vector

CODES = ("w", "x", "y", "z")
PRIORS = (0.2, 0.9, 0.5, 0.9)


def rows(columns: int = 4, count: int = 30, seed: int = 0) -> tuple[Vector, Vector]:
    random = np.random.default_rng(seed)
    X = random.normal(size=(count, 5))
    return X, (X[:, :columns] + random.normal(0, 0.3, (count, columns)) > 0.3).astype(float)


def ranker(**options: float) -> TechniqueRanker:
    return TechniqueRanker(techniques=CODES, priors=PRIORS, **options)


@settings(max_examples=40)
@given(st.integers(0, 999), st.lists(st.sampled_from(["none", "one", "three", "all", "some"]), min_size=4, max_size=4))
def test_every_ranking_is_an_order_of_all_techniques(seed: int, kinds: list[str]) -> None:
    X, y = rows(seed=seed)
    for column, kind in enumerate(kinds):
        if kind != "some":
            y[:, column] = np.arange(len(y)) < {"none": 0, "one": 1, "three": 3, "all": len(y)}[kind]
    model = ranker().fit(X, y)
    assert ((model.predict_proba(X) >= 0) & (model.predict_proba(X) <= 1)).all()
    assert {tuple(sorted(row)) for row in model.predict(X)} == {CODES}


def test_a_technique_that_varies_is_one_logistic_regression() -> None:
    X, y = rows()
    plain = LogisticRegression(C=3.0, max_iter=500).fit(X, y[:, 2])
    assert np.allclose(ranker().fit(X, y).predict_proba(X)[:, 2], plain.predict_proba(X)[:, 1], atol=1e-3)


def test_a_technique_that_nobody_names_keeps_the_place_of_its_prior() -> None:
    X, y = rows()
    y[:, [0, 1]] = 0
    found = ranker().fit(X, y).predict_proba(X)
    assert np.allclose(found[:, :2], [0.2 / 31, 0.9 / 31])


def test_where_nothing_is_named_the_priors_rank_and_ties_keep_their_order() -> None:
    X, y = rows()
    ranked = ranker().fit(X, np.zeros_like(y)).predict(X)
    assert {tuple(row) for row in ranked} == {("x", "z", "y", "w")}


def test_a_technique_that_all_name_gets_the_first_place_without_a_fit() -> None:
    X, y = rows()
    y[:, 0] = 1
    model = ranker().fit(X, y)
    assert 0 not in model.learned_
    assert np.allclose(model.predict_proba(X)[:, 0], 30.2 / 31)


def test_three_prompts_are_enough_to_learn_from_and_two_are_not() -> None:
    X, y = rows()
    y[:, 0], y[:, 1] = np.arange(30) < 3, np.arange(30) < 2
    assert list(ranker().fit(X, y).learned_) == [0, 2, 3]


def test_one_technique_is_always_the_first() -> None:
    model = TechniqueRanker(techniques=("x",), priors=(0.5,)).fit(*rows(1))
    assert model.predict(np.zeros((2, 5))).tolist() == [["x"], ["x"]]
