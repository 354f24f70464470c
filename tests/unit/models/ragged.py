"""Random ragged trees for property tests: labels at inner nodes, branches of any depth, only children."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from workbench.models.taxonomy import Tree, parent
from workbench.records import Vector

PATHS = st.lists(st.sampled_from(["a", "b", "b_2", "订单"]), min_size=1, max_size=6).map(".".join)
LABELS = st.lists(PATHS, min_size=1, max_size=30, unique=True).map(sorted)
# What softmax can give: sure and unsure rows, shares too small to be added to one, exact zeros.
SCORES = st.sampled_from([0.0, 1e-300, 1e-17, 1e-9, 0.1, 0.5, 1.0, 30.0, 700.0])


def children(nodes: tuple[str, ...]) -> dict[str, list[str]]:
    return {node: [child for child in nodes if parent(child) == node] for node in nodes}


def roots(nodes: tuple[str, ...]) -> list[int]:
    return [place for place, node in enumerate(nodes) if parent(node) is None]


def assert_consistent(tree: Tree, nodes: Vector, labels: list[str], own: Vector) -> None:
    """``nodes`` are the probabilities of subtrees, ``own`` those of the labels themselves, one row a prompt."""
    column = {node: nodes[:, place] for place, node in enumerate(tree.nodes)}
    of_label = dict(zip(labels, own.T, strict=True))
    assert np.abs(own.sum(axis=1) - 1).max() <= 1e-9
    assert np.abs(nodes[:, roots(tree.nodes)].sum(axis=1) - 1).max() <= 1e-9
    for node, below in children(tree.nodes).items():
        assert all((column[child] <= column[node]).all() for child in below)
        assert (column[node] >= of_label.get(node, 0.0)).all()
        expected = sum((column[child] for child in below), of_label.get(node, np.zeros(len(own))))
        assert np.abs(column[node] - expected).max() <= 1e-12
