"""Conformal sets and decisions, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.evaluation.intervals import share
from workbench.evaluation.sets import conditional_coverage, covered, decision_row, set_row, sizes

LABELS = ["a", "a.x", "a.y", "b.z", "ab"]


def test_a_subtree_holds_its_node_and_all_below_it_and_nothing_else() -> None:
    sets = [("a",), ("a",), ("a.x",), ("",), (), ("a",)]
    assert covered(sets, ["a", "a.x", "a", "b.z", "a", "ab"], "subtree").tolist() == [1, 1, 0, 1, 0, 0]
    assert sizes(sets, LABELS, "subtree").tolist() == [3, 3, 1, 5, 0, 3]


def test_a_set_of_labels_holds_just_those() -> None:
    sets = [("a",), ("a.x", "b.z"), ()]
    assert covered(sets, ["a.x", "b.z", "a"], "labels").tolist() == [0, 1, 0]
    assert sizes(sets, LABELS, "labels").tolist() == [1, 2, 0]


def test_a_row_counts_empty_single_and_whole_sets() -> None:
    row = set_row([("a.x",), ("a",), ("",), ()], ["a.x", "b.z", "b.z", "a"], LABELS, "subtree", 0.9)
    assert (row["coverage"], row["low"], row["high"]) == (0.5, share(2, 4).low, share(2, 4).high)
    assert row["gap"] == pytest.approx(-0.4)
    assert (row["labels"], row["single"], row["empty"], row["everything"]) == ((1 + 3 + 5) / 4, 0.25, 0.25, 0.25)


def test_coverage_is_also_counted_in_each_branch_and_at_each_depth() -> None:
    truth = ["a"] * 60 + ["a.x"] * 40 + ["b.z"] * 100
    table = conditional_coverage([("a",)] * 200, truth, "subtree", 0.9).set_index(["by", "group"])
    assert table["rows"].to_dict() == {
        ("branch", "a"): 100,
        ("branch", "b"): 100,
        ("depth", "1"): 60,
        ("depth", "2"): 140,
    }
    assert table.loc[("depth", "2"), "coverage"] == 40 / 140
    assert table["clear"].to_dict() == dict.fromkeys(table.index, True)


def test_a_gap_within_the_interval_is_not_clear() -> None:
    table = conditional_coverage([("a",)] * 9 + [("b",)], ["a"] * 10, "subtree", 0.85)
    assert table["clear"].tolist() == [False, False]


def test_a_decision_is_right_as_far_as_it_goes() -> None:
    decided = ["a.x", "a", "a", "", "out of scope", "b.z"]
    truth = ["a.x", "a.y.deep", "b.z", "a", "a", "b.z.deeper"]
    likeliest = ["a.x", "a.y.deep", "a.x", "a", "a", "b.z"]
    row = decision_row(decided, truth, likeliest, "out of scope")
    assert (row["answered"], row["unanswered"], row["sent_out"]) == pytest.approx((4 / 6, 1 / 6, 1 / 6))
    assert (row["exact"], row["path"], row["path_low"]) == (1 / 4, 3 / 4, share(3, 4).low)
    assert (row["backed_off"], row["steps_up"]) == (2 / 4, (2 + 1) / 2)


def test_no_answer_at_all_leaves_everything_open() -> None:
    row = decision_row(["", ""], ["a", "b"], ["a", "a"], "out of scope")
    assert (row["answered"], row["path_low"], row["path_high"], row["steps_up"]) == (0, 0, 1, 0)


def test_coverage_covers_the_stated_one_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    found = []
    for _ in range(300):
        sets = [("a",) if hit else ("b",) for hit in random.uniform(size=120) < 0.9]
        row = set_row(sets, ["a"] * 120, ["a", "b"], "labels", 0.9)
        found.append(row["low"] <= 0.9 <= row["high"])
    assert np.mean(found) > 0.92
