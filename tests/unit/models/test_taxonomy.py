"""Paths, distances and sums along a ragged tree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.models.taxonomy import Tree, ancestors, distance, levels, parent

PATHS = st.lists(st.sampled_from(["a", "b", "a_b"]), min_size=1, max_size=4).map(".".join)
LABELS = st.lists(PATHS, min_size=1, max_size=9, unique=True)


def test_ancestors_run_from_the_root_to_the_node_itself() -> None:
    assert ancestors("a.bb.c") == ("a", "a.bb", "a.bb.c")
    assert (parent("a.bb.c"), parent("a")) == ("a.bb", None)


@pytest.mark.parametrize(
    ("a", "b", "edges"),
    [
        ("a", "a", 0),
        ("a.b", "a", 1),
        ("a.b", "a.c", 2),
        ("a", "b", 2),
        ("a.b.c", "d", 4),
        ("a.b", "c.b", 4),
        ("a", "ab", 2),
    ],
)
def test_distance_counts_edges_by_way_of_the_virtual_root(a: str, b: str, edges: int) -> None:
    assert distance(a, b) == distance(b, a) == edges


@given(PATHS, PATHS, PATHS)
def test_distance_is_a_metric(a: str, b: str, c: str) -> None:
    assert (distance(a, b) == 0) == (a == b)
    assert distance(a, c) <= distance(a, b) + distance(b, c)


@given(LABELS)
def test_levels_are_equal_as_far_as_two_labels_share_their_path(labels: list[str]) -> None:
    numbers = levels(labels)
    for row, label in enumerate(labels):
        assert (numbers[row] >= 0).sum() == len(ancestors(label))
        for other, again in enumerate(labels):
            shared = sum((numbers[row] == numbers[other]) & (numbers[row] >= 0))
            assert shared == len(set(ancestors(label)) & set(ancestors(again)))


@given(LABELS)
def test_a_tree_holds_every_label_and_all_above_it_parents_first(labels: list[str]) -> None:
    nodes = Tree.over(labels).nodes
    assert set(labels) <= set(nodes)
    assert all(up is None or up in nodes[:place] for place, up in enumerate(map(parent, nodes)))


@given(LABELS)
def test_membership_marks_exactly_the_path_of_each_label(labels: list[str]) -> None:
    tree = Tree.over(labels)
    marked = [{tree.nodes[n] for n in np.flatnonzero(row)} for row in tree.membership(labels)]
    assert marked == [set(ancestors(label)) for label in labels]
