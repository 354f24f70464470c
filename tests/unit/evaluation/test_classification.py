"""Scores of a classifier against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.evaluation.classification import headline, hierarchical, per_class

TRUTH = np.array(["a", "a", "a", "b", "c"], dtype=object)
PREDICTED = np.array(["a", "a", "b", "b", "d"], dtype=object)


def test_macro_f1_is_the_mean_over_every_class_that_occurs() -> None:
    assert headline(TRUTH, PREDICTED) == pytest.approx({"accuracy": 3 / 5, "macro_f1": (4 / 5 + 2 / 3 + 0 + 0) / 4})


def test_per_class_scores_agree_with_a_count_by_hand() -> None:
    table = per_class(TRUTH, PREDICTED).set_index("label")
    assert table.loc["a"].tolist() == pytest.approx([1, 2 / 3, 4 / 5, 3])
    assert table.loc["b"].tolist() == pytest.approx([1 / 2, 1, 2 / 3, 1])
    assert table.loc["c"].tolist() == [0, 0, 0, 1]
    assert table.loc["d"].tolist() == [0, 0, 0, 0]


def test_numbers_become_labels_too() -> None:
    assert per_class(np.array([1.0, 2.0]), np.array([1.0, 1.0]))["label"].tolist() == ["1.0", "2.0"]


def test_a_near_miss_counts_by_the_ancestors_it_shares() -> None:
    found = hierarchical(["a.b.c", "a"], ["a.b", "d.e"])
    assert found["hierarchical_precision"] == 2 / 4
    assert found["hierarchical_recall"] == 2 / 4
    assert found["hierarchical_f1"] == 2 / 4
    assert found["level_1_accuracy"] == 1 / 2
    assert found["mean_tree_distance"] == (1 + 3) / 2


def test_precision_and_recall_tell_too_deep_from_too_shallow() -> None:
    deep, shallow = hierarchical(["a"], ["a.b.c"]), hierarchical(["a.b.c"], ["a"])
    assert (deep["hierarchical_precision"], deep["hierarchical_recall"]) == (1 / 3, 1)
    assert (shallow["hierarchical_precision"], shallow["hierarchical_recall"]) == (1, 1 / 3)


def test_nothing_in_common_scores_nothing() -> None:
    assert hierarchical(["a"], ["b"])["hierarchical_f1"] == 0
    assert hierarchical(["a.x"], ["ab.x"])["level_1_accuracy"] == 0
