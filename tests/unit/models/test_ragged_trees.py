"""On any ragged tree, with any head: one distribution, consistent along every path, no worse than without a tree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from ragged import LABELS, PATHS, SCORES, assert_consistent, children
from scipy.special import softmax

from workbench.models.conformal import within
from workbench.models.heads import HEADS, HeadName, make_head
from workbench.models.intent import HierarchicalIntentClassifier
from workbench.models.kernel import WHOLE
from workbench.models.taxonomy import Tree
from workbench.records import Vector

# scikit-learn takes many classes of few rows for numbers.
pytestmark = pytest.mark.filterwarnings("ignore:The number of unique classes")


def cloud(labels: list[str], counts: list[int], noise: float, seed: int) -> tuple[Vector, np.ndarray]:
    """Rows around a point of each label's own."""
    random = np.random.default_rng(seed)
    points = random.normal(size=(len(labels), 5))
    of_row = np.repeat(np.arange(len(labels)), counts)
    return points[of_row] + random.normal(0, noise, (len(of_row), 5)), np.array(labels, dtype=object)[of_row]


@st.composite
def fitted(draw: st.DrawFn) -> tuple[HierarchicalIntentClassifier, Vector]:
    """A model of any head, tree, sizes of classes and sureness, with rows it saw and rows far from all of them."""
    labels = draw(LABELS)
    counts = [draw(st.integers(1, 6)) for _ in labels]
    X, y = cloud(labels, counts, draw(st.sampled_from([0.01, 0.5, 5.0])), draw(st.integers(0, 99)))
    model = HierarchicalIntentClassifier(draw(st.sampled_from(HEADS))).fit(X, y)
    return model, np.vstack([X, 1e4 * X[:2], np.zeros((1, 5))])


@settings(max_examples=60)
@given(fitted())
def test_every_head_gives_one_distribution_over_any_tree(found: tuple[HierarchicalIntentClassifier, Vector]) -> None:
    model, X = found
    labels = [str(label) for label in model.classes_]
    assert_consistent(model.tree_, model.predict_node_proba(X), labels, model.predict_proba(X))


@settings(max_examples=60)
@given(fitted(), st.floats(0.05, 0.99))
def test_a_set_on_any_tree_holds_the_likeliest_label_or_nothing(
    found: tuple[HierarchicalIntentClassifier, Vector], coverage: float
) -> None:
    model, X = found
    if not len(model.subtree_):
        with pytest.raises(ValueError, match="held out"):
            model.predict_set(X, coverage)
        return
    for label, nodes in zip(model.predict(X), model.predict_set(X, coverage), strict=True):
        assert all(within(str(label), node) for node in nodes)


@given(LABELS, st.data())
def test_any_distribution_over_labels_adds_up_along_any_tree(labels: list[str], data: st.DataObject) -> None:
    own = softmax(data.draw(arrays(float, (3, len(labels)), elements=SCORES)), axis=1)
    tree = Tree.over(labels)
    assert_consistent(tree, tree.accumulated(own, labels), labels, own)


@given(LABELS)
def test_the_trees_drawn_here_are_ragged(labels: list[str]) -> None:
    tree = Tree.over(labels)
    below = children(tree.nodes)
    assert {node for node in tree.nodes if not below[node]} <= set(labels)


@settings(max_examples=40)
@given(LABELS, st.sampled_from(HEADS), st.integers(0, 99))
def test_the_tree_costs_no_exact_answer_of_the_same_head_without_it(
    labels: list[str], head: HeadName, seed: int
) -> None:
    labels = labels if len(labels) > 1 else [*labels, "another"]
    X, y = cloud(labels, [5] * len(labels), 0.7, seed)
    fresh, _ = cloud(labels, [9] * len(labels), 0.7, seed + 1000)
    model = HierarchicalIntentClassifier(head, 0.5).fit(X, y)
    flat = make_head(head, 0.5, WHOLE, 0).fit(X, y)
    assert (model.predict(fresh) == flat.predict(fresh)).all()


@pytest.mark.parametrize("label", ["", ".", "a.", ".a", "a..b"])
def test_a_label_that_is_no_path_is_refused(label: str) -> None:
    X, y = cloud(["a.b", "c", label], [3, 3, 3], 0.1, 0)
    with pytest.raises(ValueError, match="is no path of an intent"):
        HierarchicalIntentClassifier().fit(X, y)


@given(PATHS)
def test_a_branch_of_only_children_is_as_likely_all_the_way_down(path: str) -> None:
    tree = Tree.over([path, "z"])
    nodes = tree.accumulated(np.array([[0.75, 0.25]]), [path, "z"])
    assert {float(chance) for node, chance in zip(tree.nodes, nodes[0], strict=True) if node != "z"} == {0.75}
