"""A tree laid out in levels: where children stand, what adds up to what."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.evaluation.ladder import Ladder, depth_of
from workbench.models.taxonomy import ancestors, parent

names = st.text(alphabet="ab-_", min_size=1, max_size=2)
paths = st.lists(st.lists(names, min_size=1, max_size=4).map(".".join), max_size=12)


def test_nodes_stand_by_depth_with_everything_above_them() -> None:
    assert Ladder.over(["b.x.deep", "a"]).nodes == ("", "a", "b", "b.x", "b.x.deep")


def test_without_paths_there_is_only_the_root() -> None:
    ladder = Ladder.over([])
    assert ladder.nodes == ("",)
    assert ladder.add_up(np.ones((1, 1, 1))).tolist() == [[[1.0]]]


def test_what_is_no_path_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a\.\.b"):
        Ladder.over(["a..b"])


@given(paths)
def test_every_node_knows_its_parent(made: list[str]) -> None:
    ladder = Ladder.over(made)
    for level in ladder.levels:
        for row, up in zip(range(level.first, level.last), level.up, strict=True):
            assert ladder.nodes[up] == (parent(ladder.nodes[row]) or "")


@given(paths)
def test_sums_are_those_of_every_node_below(made: list[str]) -> None:
    ladder = Ladder.over(made)
    own = np.arange(1.0, len(ladder.nodes) + 1).reshape(1, -1, 1, 1)
    expected = [
        sum(
            value
            for value, below in zip(own.ravel(), ladder.nodes, strict=True)
            if not node or below == node or below.startswith(node + ".")
        )
        for node in ladder.nodes
    ]
    assert ladder.add_up(own).ravel().tolist() == expected


@given(paths, st.integers(0, 3))
def test_ancestors_of_a_depth_are_found_where_there_are_any(made: list[str], depth: int) -> None:
    ladder = Ladder.over(made)
    found, has = ladder.ancestor_at(depth)
    for node, row, known in zip(ladder.nodes, found, has, strict=True):
        assert known == (depth_of(node) >= depth)
        if known:
            assert ladder.nodes[row] == ("" if depth == 0 else ancestors(node)[depth - 1])
