"""The proportional-odds model: ordered, with the right gradient, whichever levels occur."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from workbench.models.complexity import OrdinalClassifier, _penalised_loss
from workbench.records import Vector


def drawn(rows: int, levels: tuple[float, ...] = (1, 2, 3, 4, 5), seed: int = 0) -> tuple[Vector, Vector]:
    """Levels by a logistic latent score with weights 2 and -1 and thresholds -2, -1, 0, 1 …"""
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows, 2))
    latent = X @ [2.0, -1.0] + logit(random.uniform(size=rows))
    return X, np.array(levels)[np.digitize(latent, np.arange(len(levels) - 1) - 2.0)]


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.sampled_from([0.1, 1.0, 10.0, 60.0]), st.integers(2, 6))
def test_the_gradient_agrees_with_finite_differences(seed: int, size: float, levels: int) -> None:
    random = np.random.default_rng(seed)
    X, codes = random.normal(size=(20, 3)), random.integers(0, levels, 20)
    at = np.concatenate([size * random.normal(size=4), random.normal(size=levels - 2)])
    step = 1e-6 * np.eye(len(at))
    ends = [[_penalised_loss(at + side * move, X, codes, 0.7)[0] for move in step] for side in (1, -1)]
    found = _penalised_loss(at, X, codes, 0.7)[1]
    assert np.allclose(found, np.subtract(*ends) / 2e-6, rtol=1e-3, atol=1e-2)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 5), min_size=2, max_size=30).filter(lambda y: len(set(y)) > 1))
def test_cumulative_probabilities_never_fall_whichever_levels_occur(seed: int, y: list[int]) -> None:
    X = np.random.default_rng(seed).normal(size=(len(y), 4))
    model = OrdinalClassifier().fit(X, np.array(y, dtype=float))
    assert (np.diff(model.predict_cumulative(10 * X), axis=1) >= 0).all()
    assert list(model.classes_) == sorted(set(y))
    assert set(model.predict(X)) <= set(y)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 5), min_size=2, max_size=30).filter(lambda y: len(set(y)) > 1))
def test_probabilities_are_a_distribution(seed: int, y: list[int]) -> None:
    X = np.random.default_rng(seed).normal(size=(len(y), 4))
    found = OrdinalClassifier().fit(X, np.array(y, dtype=float)).predict_proba(10 * X)
    assert found.shape == (len(y), len(set(y)))
    assert (found >= 0).all()
    assert np.allclose(found.sum(axis=1), 1, rtol=0, atol=1e-9)


def test_known_weights_and_thresholds_are_found_again() -> None:
    model = OrdinalClassifier(alpha=0.01).fit(*drawn(8_000))
    assert np.allclose(model.coef_, [2, -1], atol=0.1)
    assert np.allclose(model.thresholds_, [-2, -1, 0, 1], atol=0.12)


def test_two_levels_are_plain_logistic_regression() -> None:
    X, y = drawn(300, (1, 5))
    plain = LogisticRegression(C=1 / 0.5, tol=1e-8).fit(X, y)
    model = OrdinalClassifier(alpha=0.5).fit(X, y)
    assert np.allclose(model.coef_, plain.coef_[0], atol=1e-3)
    assert np.allclose(model.predict_proba(X), plain.predict_proba(X), atol=1e-3)


def test_the_prediction_is_the_level_with_the_least_expected_error() -> None:
    X, y = drawn(300, (1, 2, 4, 5))
    model = OrdinalClassifier().fit(X, y)
    expected = np.abs(model.classes_[:, None] - model.classes_[None, :]) @ model.predict_proba(X).T
    assert (model.predict(X) == model.classes_[expected.argmin(axis=0)]).all()


def test_a_missing_level_is_never_predicted() -> None:
    X, y = drawn(300)
    model = OrdinalClassifier().fit(X[y != 3], y[y != 3])
    assert list(model.classes_) == [1, 2, 4, 5]
    assert 3 not in model.predict(X)


def test_a_level_with_one_example_can_be_fitted() -> None:
    X, y = drawn(200, (2, 3))
    model = OrdinalClassifier().fit(np.vstack([X, [[9, 0]]]), np.append(y, 5))
    assert np.isfinite(model.predict_proba(X)).all()
    assert model.predict([[30, 0]]) == [5]


def test_one_far_row_does_not_spoil_the_others() -> None:
    X, y = drawn(400)
    X[0] *= 1e4
    found = OrdinalClassifier().fit(X, y).predict_proba(X)
    assert np.isfinite(found).all()
    assert np.allclose(found.sum(axis=1), 1)


def test_one_level_alone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"needs at least two classes, got one class: .*3\.0"):
        OrdinalClassifier().fit(np.zeros((4, 2)), [3.0] * 4)
