"""The technique ranker: every technique keeps a place, learned or not."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.kernel_ridge import KernelRidge

from workbench.models.technique import TechniqueRanker, best_threshold, log_scores
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


def test_scores_are_those_of_kernel_ridge_regression_on_each_label() -> None:
    X, y = rows()
    centred = y - y.mean(axis=0)
    plain = KernelRidge(alpha=2.0, kernel="rbf", gamma=1.0).fit(X, centred)
    model = ranker().fit(X, y)
    expected = expit(model.curve_[0] + model.curve_[1] * log_scores(plain.predict(X) + y.mean(axis=0)))
    assert np.allclose(model.predict_proba(X), expected)


def test_probabilities_come_true_on_prompts_that_were_not_seen() -> None:
    X, y = rows(count=800)
    found = ranker().fit(X[:400], y[:400]).predict_proba(X[400:])
    assert abs(found.mean() - y[400:].mean()) < 0.03
    likely = found > 0.7
    assert likely.sum() > 100
    assert abs(found[likely].mean() - y[400:][likely].mean()) < 0.06


def test_the_threshold_is_the_one_whose_sets_meet_the_labels_best() -> None:
    named = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0]] * 10, dtype=float)
    sure = np.where(named > 0, [0.9, 0.62, 0.62, 0.1], [0.3, 0.3, 0.3, 0.1])
    assert 0.3 < best_threshold(sure, named) <= 0.62
    assert best_threshold(np.where(named > 0, 0.25, 0.1), named) <= 0.25
    assert best_threshold(np.vstack([sure, np.full((5, 4), np.nan)]), np.vstack([named, np.ones((5, 4))])) > 0.3


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
