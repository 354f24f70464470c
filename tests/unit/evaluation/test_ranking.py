"""Ranking scores against values worked out by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import label_ranking_average_precision_score, ndcg_score

from workbench.evaluation.ranking import chosen_sets, ranking_scores

ALL = list("abcdef")


def test_scores_of_one_ranking_agree_with_a_count_by_hand() -> None:
    found = ranking_scores([ALL], [["b", "d", "f"]])
    ideal = 1 + 1 / np.log2(3) + 1 / np.log2(4)
    assert found == pytest.approx(
        {
            "hit_at_1": 0,
            "recall_at_3": 1 / 3,
            "recall_at_5": 2 / 3,
            "ndcg_at_5": (1 / np.log2(3) + 1 / np.log2(5)) / ideal,
            "map": (1 / 2 + 2 / 4 + 3 / 6) / 3,
        }
    )


def test_a_perfect_ranking_scores_one() -> None:
    found = ranking_scores([ALL, ALL], [["a"], ["b", "a", "c"]])
    assert found == dict.fromkeys(found, 1.0)


def test_more_than_five_relevant_ones_can_still_be_ranked_perfectly() -> None:
    found = ranking_scores([ALL], [ALL])
    assert (found["ndcg_at_5"], found["map"]) == (pytest.approx(1), 1)
    assert found["recall_at_5"] == 5 / 6


def test_prompts_without_labels_are_left_out() -> None:
    assert ranking_scores([ALL, ALL], [["a"], []]) == ranking_scores([ALL], [["a"]])


def test_a_ranking_may_be_shorter_than_the_list_of_techniques() -> None:
    found = ranking_scores([["a", "x"]], [["a", "b"]])
    assert (found["recall_at_3"], found["map"]) == (1 / 2, 1 / 2)


@given(st.permutations(ALL), st.sets(st.sampled_from(ALL), min_size=1))
def test_ndcg_and_average_precision_agree_with_scikit_learn(ranked: list[str], relevant: set[str]) -> None:
    truth = [[code in relevant for code in ALL]]
    score = [[-ranked.index(code) for code in ALL]]
    found = ranking_scores([ranked], [sorted(relevant)])
    assert found["ndcg_at_5"] == pytest.approx(ndcg_score(truth, score, k=5))
    assert found["map"] == pytest.approx(label_ranking_average_precision_score(np.array(truth), score))


def test_as_many_are_chosen_as_the_labels_name() -> None:
    assert chosen_sets([ALL, ALL], [["f"], ["a", "c"]]) == [["a"], ["a", "b"]]
