"""Scores of each class and branch, and what is taken for what."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.evaluation.classification import per_class
from workbench.evaluation.intervals import share
from workbench.evaluation.per_group import branch_table, class_table, confusion_by_branch

TRUTH = ["a", "a.x", "a.x", "a.y", "b.z", "b.z"]
PREDICTED = ["a.x", "a.x", "a.y", "b.z", "b.z", "c"]
PAIRS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=1, max_size=40)


@given(PAIRS)
def test_points_are_those_of_the_plain_table_and_lie_in_their_intervals(pairs: list[tuple[str, str]]) -> None:
    truth, predicted = (np.array(part, dtype=object) for part in zip(*pairs, strict=True))
    plain, found = per_class(truth, predicted), class_table(truth, predicted)
    for name in ("precision", "recall", "f1", "support"):
        assert found[name].to_numpy() == pytest.approx(plain[name].to_numpy())
    for name in ("precision", "recall", "f1"):
        assert (found[f"{name}_low"] <= found[name]).all()
        assert (found[name] <= found[f"{name}_high"]).all()


def test_recall_has_the_interval_of_a_share() -> None:
    row = class_table(np.array(TRUTH, dtype=object), np.array(PREDICTED, dtype=object)).set_index("label").loc["b.z"]
    assert (row["recall_low"], row["recall_high"]) == (share(1, 2).low, share(1, 2).high)
    assert row["f1_high"] == pytest.approx(2 * share(1, 3).high / (1 + share(1, 3).high))


@pytest.mark.parametrize(("rows", "recall", "false"), [(60, 0.9, 0.02), (150, 0.6, 0.1), (400, 0.97, 0.01)])
def test_f1_covers_the_truth_as_often_as_it_says(rows: int, recall: float, false: float) -> None:
    random = np.random.default_rng(2)
    held = []
    for _ in range(300):
        truth = np.where(random.uniform(size=rows) < 0.3, "it", "not")
        said = np.where(random.uniform(size=rows) < np.where(truth == "it", recall, false), "it", "not")
        row = class_table(truth, said).set_index("label").loc["it"]
        both, missed, wrong = 0.3 * recall, 0.3 * (1 - recall), 0.7 * false
        held.append(row["f1_low"] <= 2 * both / (2 * both + missed + wrong) <= row["f1_high"])
    assert np.mean(held) > 0.92


def test_a_branch_is_right_when_the_answer_stays_in_it() -> None:
    table = branch_table(TRUTH, PREDICTED).set_index("branch")
    assert table["support"].to_dict() == {"a": 4, "b": 2, "c": 0}
    assert table.loc["a", ["precision", "recall", "exact", "tree_distance"]].tolist() == [
        1,
        3 / 4,
        1 / 4,
        (1 + 0 + 2 + 4) / 4,
    ]
    assert (table.loc["a", "exact_low"], table.loc["b", "exact_high"]) == (share(1, 4).low, share(1, 2).high)
    assert np.isnan(table.loc["c", "tree_distance"])


def test_confusion_is_counted_between_branches_and_inside_each() -> None:
    table = confusion_by_branch(TRUTH, PREDICTED)
    keyed = table.set_index(["branch", "truth", "predicted"])
    assert keyed["rows"].to_dict() == {
        ("", "a", "a"): 3,
        ("", "a", "b"): 1,
        ("", "b", "b"): 1,
        ("", "b", "c"): 1,
        ("a", "a", "a.x"): 1,
        ("a", "a.x", "a.x"): 1,
        ("a", "a.x", "a.y"): 1,
        ("b", "b.z", "b.z"): 1,
    }
    assert keyed.loc[("", "a", "b"), "share"] == 1 / 4
    assert keyed.loc[("a", "a.x", "a.y"), "share"] == 1 / 2
    assert list(table["branch"])[:4] == [""] * 4
    assert (table["truth"] != table["predicted"]).tolist()[:2] == [True, True]
