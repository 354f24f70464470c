"""The hierarchical intent classifier: one calibrated distribution over a ragged tree, whatever the labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss

from workbench.models.heads import HEADS, HeadName
from workbench.models.intent import USUAL_LINK, HierarchicalIntentClassifier
from workbench.models.taxonomy import parent
from workbench.records import Vector

PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(".".join)
LABELS = st.lists(PATHS, min_size=1, max_size=8, unique=True)


def rows_of(labels: Sequence[str], counts: Sequence[int], noise: float, seed: int = 0) -> tuple[Vector, np.ndarray]:
    """Each label's own axis plus noise."""
    random = np.random.default_rng(seed)
    y = np.repeat(np.array(labels, dtype=object), counts)
    hot = (y[:, None] == np.array(labels, dtype=object)[None, :]).astype(float)
    return np.column_stack([hot, np.ones(len(y))]) + random.normal(0, noise, (len(y), len(labels) + 1)), y


@settings(max_examples=40)
@given(LABELS, st.integers(0, 99))
def test_node_probabilities_add_up_along_every_path(labels: list[str], seed: int) -> None:
    X, y = rows_of(labels, [3] * len(labels), 0.5, seed)
    model = HierarchicalIntentClassifier().fit(X, y)
    nodes, own = model.predict_node_proba(X), dict(zip(model.classes_, model.predict_proba(X).T, strict=True))
    column = dict(zip(model.tree_.nodes, nodes.T, strict=True))
    assert np.allclose(sum(column[node] for node in column if parent(node) is None), 1, rtol=0, atol=1e-9)
    for node in column:
        below = sum((column[child] for child in column if parent(child) == node), own.get(node, 0.0))
        assert np.allclose(column[node], below, rtol=0, atol=1e-9)


@settings(max_examples=40)
@given(LABELS, st.integers(0, 99))
def test_no_child_outweighs_its_parent(labels: list[str], seed: int) -> None:
    X, y = rows_of(labels, [3] * len(labels), 2.0, seed)
    model = HierarchicalIntentClassifier().fit(X, y)
    column = dict(zip(model.tree_.nodes, model.predict_node_proba(X).T, strict=True))
    assert all((column[node] <= column[up]).all() for node in column if (up := parent(node)) is not None)


@settings(max_examples=40)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=7), st.sampled_from(HEADS))
def test_any_mixture_of_rare_and_common_labels_can_be_fitted(counts: list[int], head: HeadName) -> None:
    X, y = rows_of([f"a.{n}" for n in range(len(counts))], counts, 0.3)
    model = HierarchicalIntentClassifier(head).fit(X, y)
    assert 0 < model.sharpness_ < np.inf
    assert 0 < model.bend_ < np.inf
    assert np.allclose(model.predict_proba(X).sum(axis=1), 1, rtol=0, atol=1e-9)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("number", ["sharpness_", "bend_"])
def test_the_link_lowers_the_log_loss_on_rows_that_were_never_seen(head: HeadName, number: str) -> None:
    labels = ["a", "a.x", "b", "b.y"]
    model = HierarchicalIntentClassifier(head).fit(*rows_of(labels, [60] * 4, 0.4, 1))
    X, y = rows_of(labels, [200] * 4, 0.4, 2)
    calibrated = log_loss(y, model.predict_proba(X), labels=model.classes_)
    fitted = getattr(model, number)
    for wrong in (0.3, 3.0):
        setattr(model, number, fitted * wrong)
        assert calibrated < log_loss(y, model.predict_proba(X), labels=model.classes_)


def test_the_link_is_not_fitted_on_too_few_rows() -> None:
    usual = USUAL_LINK["kernel"].bend
    assert HierarchicalIntentClassifier().fit(*rows_of(["a", "b"], [24, 25], 0.3)).bend_ == usual
    assert HierarchicalIntentClassifier().fit(*rows_of(["a", "b"], [25, 25], 0.3)).bend_ != usual


def test_the_predicted_label_is_the_most_probable_one() -> None:
    X, y = rows_of(["a", "a.x", "b"], [30, 30, 3], 0.6)
    model = HierarchicalIntentClassifier().fit(X, y)
    assert (model.predict(X) == model.classes_[model.predict_proba(X).argmax(axis=1)]).all()
    assert np.mean(model.predict(X) == y) > 0.8


def test_a_single_label_is_certain() -> None:
    X, y = rows_of(["a.only"], [60], 0.3)
    model = HierarchicalIntentClassifier().fit(X, y)
    assert (model.predict_proba(X) == 1).all()
    assert set(model.predict(X)) == {"a.only"}
    assert model.tree_.nodes == ("a", "a.only")


def test_two_labels_keep_their_columns_in_order() -> None:
    X, y = rows_of(["b", "a"], [40, 40], 0.1)
    model = HierarchicalIntentClassifier().fit(X, y)
    assert (model.predict_proba(X).argmax(axis=1) == (y == "b")).all()
    assert (model.predict(X) == y).all()


def test_a_label_with_one_example_can_be_predicted() -> None:
    X, y = rows_of(["a", "b", "c.rare"], [40, 40, 1], 0.05)
    model = HierarchicalIntentClassifier().fit(X, y)
    assert model.predict(X[-1:]) == ["c.rare"]


@pytest.mark.parametrize("head", HEADS)
def test_sparse_and_dense_rows_give_the_same_probabilities(head: HeadName) -> None:
    X, y = rows_of(["a", "a.x", "b"], [30] * 3, 0.5)
    dense, sparse = (HierarchicalIntentClassifier(head).fit(rows, y) for rows in (X, csr_array(X)))
    assert np.allclose(dense.predict_proba(X), sparse.predict_proba(csr_array(X)), atol=1e-6)


def test_a_model_that_was_not_fitted_says_so() -> None:
    with pytest.raises(NotFittedError):
        HierarchicalIntentClassifier().predict_proba(np.zeros((1, 2)))


def with_words(count: int = 2) -> tuple[Vector, np.ndarray, np.ndarray]:
    """Many prompts of three labels, and after them words that lie far from all prompts."""
    X, y = rows_of(["a", "b", "c.d"], [20] * 3, 0.6)
    words = np.tile([[0.0, 0.0, 3.0, 5.0]], (count, 1))
    return np.vstack([X, words]), np.append(y, ["c.d"] * count), np.arange(60 + count) < 60


@pytest.mark.parametrize("head", HEADS)
def test_rows_that_are_no_prompts_are_learnt_from_but_nothing_is_calibrated_on_them(head: HeadName) -> None:
    X, y, prompts = with_words()
    model = HierarchicalIntentClassifier(head).fit(X, y, prompts=prompts)
    assert len(model.subtree_) == len(model.novelty_scores_) == 60
    assert len(HierarchicalIntentClassifier(head).fit(X, y).subtree_) == 62
    assert model.predict(X[-1:]) == ["c.d"]


def test_a_row_that_is_no_prompt_changes_what_is_predicted() -> None:
    """One prompt of each label, and the name of one of them, which another prompt of it is like."""
    X = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    y, asked = np.array(["a", "b", "a"], dtype=object), np.array([[0.0, 0.3, 0.9]])
    assert HierarchicalIntentClassifier().fit(X[:2], y[:2]).predict(asked) == ["b"]
    assert HierarchicalIntentClassifier().fit(X, y, prompts=[True, True, False]).predict(asked) == ["a"]


def test_a_wrong_number_of_answers_to_what_is_a_prompt_is_refused() -> None:
    X, y, _ = with_words()
    with pytest.raises(ValueError, match=r"each of the 62 rows"):
        HierarchicalIntentClassifier().fit(X, y, prompts=[True, False])
