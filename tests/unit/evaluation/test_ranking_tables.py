"""A ranking beside others on the same prompts."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.evaluation.ranking import ranking_scores
from workbench.evaluation.ranking_tables import compare_rankings

ALL = list("abcdef")


def rankings(prompts: int, right: float, seed: int) -> tuple[list[list[str]], list[list[str]]]:
    """Random orders of which a share has the named technique first."""
    random = np.random.default_rng(seed)
    named = [[str(code)] for code in random.choice(ALL, prompts)]
    orders = [list(map(str, random.permutation(ALL))) for _ in named]
    lucky = random.random(prompts) < right
    return [
        k + [c for c in r if c not in k] if hit else r for r, k, hit in zip(orders, named, lucky, strict=True)
    ], named


def test_each_score_has_its_interval_and_its_difference_to_each_other_ranking() -> None:
    ours, named = rankings(200, 0.8, 0)
    theirs = [row[::-1] for row in ours]
    found = compare_rankings(ours, named, {"backwards": theirs, "the same": ours}, seed=1)
    mine, other = ranking_scores(ours, named), ranking_scores(theirs, named)
    for row in found.tables["ranking"].itertuples():
        assert row.low < row.value < row.high
        assert row.value == pytest.approx(mine[row.metric])
        assert found.metrics[f"{row.metric}_low"] == row.low
    against = found.tables["ranking_against"].set_index(["other", "metric"])
    assert against.loc[("backwards", "map"), "difference"] == pytest.approx(mine["map"] - other["map"])
    assert (against.loc["backwards", "low"] > 0).all()
    assert (against.loc["the same", ["difference", "low", "high"]] == 0).all(axis=None)


def test_the_lead_is_the_one_over_the_closest() -> None:
    ours, named = rankings(200, 0.8, 0)
    worse, _ = rankings(200, 0.3, 0)
    found = compare_rankings(
        ours, named, {"worse": worse, "better": [k + r for r, k in zip(ours, named, strict=True)]}, 1
    )
    against = found.tables["ranking_against"].set_index(["other", "metric"])
    row = against.loc[("better", "ndcg_at_5")]
    assert found.metrics["ndcg_at_5_lead"] == row["difference"] < 0
    assert found.metrics["ndcg_at_5_lead_high"] == row["high"] < 0


def test_the_interval_of_a_difference_is_that_of_paired_prompts() -> None:
    """Two rankings that agree on nearly every prompt differ surely by little, however much prompts differ."""
    ours, named = rankings(400, 0.5, 0)
    theirs = [row if n % 20 else row[::-1] for n, row in enumerate(ours)]
    against = compare_rankings(ours, named, {"nearly": theirs}, 1).tables["ranking_against"].set_index("metric")
    width = against.loc["ndcg_at_5", "high"] - against.loc["ndcg_at_5", "low"]
    assert 0 < width < 0.05


def test_prompts_without_labels_are_left_out_and_without_others_there_is_no_lead() -> None:
    found = compare_rankings([ALL, ALL], [["a"], []], {}, 0)
    assert found.metrics["ndcg_at_5"] == 1
    assert "ndcg_at_5_lead" not in found.metrics
    assert found.tables["ranking_against"].empty
