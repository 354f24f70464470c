"""Kernel ridge on one-hot labels: the closed forms say what refitting would."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, hstack

from workbench.models.kernel import KernelRidgeClassifier, View, kernel
from workbench.records import Vector

VIEWS = (View(0, 3, "rbf", 1.0, 0.5), View(3, None, "linear", 0.3))


def clouds(rows: int, classes: int = 3, noise: float = 0.5, seed: int = 0) -> tuple[Vector, np.ndarray]:
    random = np.random.default_rng(seed)
    y = np.arange(rows) % classes
    return np.eye(classes, 6)[y] + random.normal(0, noise, (rows, 6)), y


@pytest.mark.parametrize("row", [0, 7, 29])
def test_the_unseen_score_of_a_row_is_that_of_a_fit_without_it(row: int) -> None:
    X, y = clouds(30)
    model = KernelRidgeClassifier(VIEWS).fit(X, y)
    rest = np.delete(np.arange(30), row)
    # The share of each class is the only thing that the closed form keeps from the row itself.
    without = KernelRidgeClassifier(VIEWS).fit(X[rest], y[rest])
    assert np.allclose(model.unseen_scores_[row], without.scores(X[row : row + 1])[0], atol=0.02)


def test_as_many_landmarks_as_rows_are_the_exact_solution() -> None:
    X, y = clouds(60)
    exact = KernelRidgeClassifier(VIEWS).fit(X, y)
    spanned = KernelRidgeClassifier(VIEWS, most_exact=10, landmarks=60).fit(X, y)
    fresh = clouds(40, seed=1)[0]
    assert np.allclose(exact.scores(fresh), spanned.scores(fresh), atol=0.05)
    assert np.allclose(exact.unseen_scores_, spanned.unseen_scores_, atol=0.05)


def test_a_tenth_of_the_rows_spans_almost_as_good_a_solution() -> None:
    X, y = clouds(600)
    fresh, truth = clouds(600, seed=1)
    exact = np.mean(KernelRidgeClassifier(VIEWS).fit(X, y).predict(fresh) == truth)
    spanned = KernelRidgeClassifier(VIEWS, most_exact=10, landmarks=60).fit(X, y)
    assert np.mean(spanned.predict(fresh) == truth) > exact - 0.03


def test_far_from_all_data_the_score_is_the_share_of_the_class() -> None:
    X, y = clouds(30)
    model = KernelRidgeClassifier().fit(X, y)
    assert np.allclose(model.scores(np.full((1, 6), 100.0)), 1 / 3, atol=1e-6)


def test_a_sum_of_kernels_is_a_sum_of_the_kernels() -> None:
    X, _ = clouds(5)
    distances = np.square(X[:, None, :3] - X[None, :, :3]).sum(axis=2)
    assert np.allclose(kernel(X, X, VIEWS), np.exp(-0.5 * distances) + 0.3 * X[:, 3:] @ X[:, 3:].T)


def test_an_embedding_inside_a_sparse_matrix_is_compared_as_one() -> None:
    X, _ = clouds(8)
    joined = hstack([csr_array(X[:, :3]), csr_array(np.where(X[:, 3:] > 0.5, X[:, 3:], 0))]).tocsr()
    assert np.allclose(kernel(joined, joined, VIEWS), kernel(joined.toarray(), joined.toarray(), VIEWS))


def test_rows_without_an_embedding_are_compared_with_rows_that_have_one() -> None:
    X, y = clouds(30)
    model = KernelRidgeClassifier(VIEWS).fit(csr_array(X), y)
    blank = np.zeros((2, 6))
    assert np.allclose(model.scores(csr_array(blank)), model.scores(blank))


def test_a_kernel_that_cannot_be_solved_says_what_to_change() -> None:
    X, y = clouds(20)
    with pytest.raises(np.linalg.LinAlgError, match="raise alpha"):
        KernelRidgeClassifier((View(0, None, "linear", 1.0),), alpha=-1.0).fit(X, y)


def test_scores_as_if_unseen_are_worked_out_for_as_many_rows_as_asked() -> None:
    X, y = clouds(80)
    every, some = (KernelRidgeClassifier(VIEWS, 0.1, 10, 30, most_unseen=n).fit(X, y) for n in (80, 25))
    known = np.isfinite(some.unseen_scores_).all(axis=1)
    assert known.sum() == 25
    assert np.isnan(some.unseen_scores_[~known]).all()
    assert np.allclose(some.unseen_scores_[known], every.unseen_scores_[known])


@pytest.mark.parametrize("most_exact", [1000, 10])
def test_pieces_of_the_kernel_give_the_same_as_the_whole(monkeypatch: pytest.MonkeyPatch, most_exact: int) -> None:
    X, y = clouds(300)
    whole = KernelRidgeClassifier(VIEWS, most_exact=most_exact, landmarks=100).fit(X, y)
    monkeypatch.setattr("workbench.models.kernel.ENTRIES_AT_ONCE", 7_000)
    pieces = KernelRidgeClassifier(VIEWS, most_exact=most_exact, landmarks=100).fit(X, y)
    assert np.allclose(pieces.scores(X), whole.scores(X), atol=1e-9)
    assert np.allclose(pieces.unseen_scores_, whole.unseen_scores_, atol=1e-9)


def test_many_rows_at_once_get_the_scores_that_each_would_get_alone() -> None:
    X, y = clouds(60)
    views = (*VIEWS, View(1, 5, "linear", 0.7))
    for rows in (X, csr_array(X)):
        model = KernelRidgeClassifier(views).fit(rows, y)
        many = model.scores(np.tile(X, (20, 1)) if rows is X else csr_array(np.tile(X, (20, 1))))
        assert np.allclose(many, np.tile(model.scores(rows), (20, 1)), rtol=0, atol=1e-12)
