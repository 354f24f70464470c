"""What it is worth not to answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from workbench.evaluation.abstention import (
    area_under_risk_of,
    auroc,
    coverage_risk,
    out_of_scope_row,
    out_of_scope_table,
    risk_at,
)
from workbench.evaluation.intervals import share

ROWS = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=40)


def test_the_risk_at_a_coverage_is_that_of_the_surest() -> None:
    curve = coverage_risk(np.array([0.9, 0.5, 0.7, 0.5]), np.array([1, 0, 0, 1]))
    assert curve["threshold"].tolist() == [0.9, 0.7, 0.5]
    assert curve["coverage"].tolist() == [0.25, 0.5, 1.0]
    assert curve["risk"].tolist() == [0, 1 / 2, 2 / 4]
    assert curve.loc[2, ["low", "high"]].tolist() == [share(2, 4).low, share(2, 4).high]


@given(ROWS)
def test_the_area_is_the_mean_risk_at_each_rows_own_confidence(rows: list[tuple[int, bool]]) -> None:
    confidence, correct = map(np.array, zip(*rows, strict=True))
    risks = [np.mean(~correct[confidence >= own]) for own in confidence]
    found = area_under_risk_of(confidence, correct)(np.ones((1, len(rows))))
    assert found == pytest.approx(np.mean(risks))


@given(ROWS, st.permutations(range(40)))
def test_the_order_of_the_rows_plays_no_part(rows: list[tuple[int, bool]], order: list[int]) -> None:
    shuffled = [rows[place] for place in order if place < len(rows)]
    one, other = (coverage_risk(*map(np.array, zip(*part, strict=True))) for part in (rows, shuffled))
    assert one.equals(other)


def test_a_stated_coverage_is_reached_and_not_by_more_than_it_takes() -> None:
    confidence = np.linspace(0, 1, 100)
    found = risk_at(confidence, confidence > 0.2, (1.0, 0.9, 0.555))
    assert found["rows"].tolist() == [100, 90, 56]
    assert found["stated"].tolist() == [1.0, 0.9, 0.555]


def test_a_thinned_curve_keeps_its_ends() -> None:
    whole = coverage_risk(np.linspace(0, 1, 500), np.arange(500) % 2)
    thin = coverage_risk(np.linspace(0, 1, 500), np.arange(500) % 2, most_rows=20)
    assert len(thin) == 20
    assert thin.iloc[[0, -1]].to_numpy().tolist() == whole.iloc[[0, -1]].to_numpy().tolist()


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.lists(st.integers(0, 5), min_size=1, max_size=20))
def test_auroc_is_scikit_learns_and_lies_in_its_interval(far: list[int], near: list[int]) -> None:
    outside = np.arange(len(far) + len(near)) < len(far)
    found = auroc(np.array([*far, *near], dtype=float), outside)
    assert found.point == pytest.approx(roc_auc_score(outside, [*far, *near]))
    assert 0 <= found.low <= found.point + 1e-12
    assert found.point - 1e-12 <= found.high <= 1


def test_a_perfect_auroc_of_few_rows_is_not_certain() -> None:
    found = auroc(np.array([2.0, 3.0, 0.0, 1.0]), np.array([True, True, False, False]))
    assert found.point == found.high == 1
    assert found.low < 0.7


def test_one_sided_rows_have_no_auroc() -> None:
    with pytest.raises(ValueError, match="3 outside and 0 in scope"):
        auroc(np.ones(3), np.ones(3, dtype=bool))


@pytest.mark.parametrize(
    ("far", "near", "shift", "spread"), [(30, 300, 2, 2.0), (200, 400, 1, 1.0), (40, 40, 2.5, 1.0)]
)
def test_auroc_covers_the_truth_as_often_as_it_says(far: int, near: int, shift: float, spread: float) -> None:
    random = np.random.default_rng(1)
    truth, outside = norm.cdf(shift / np.hypot(1, spread)), np.arange(far + near) < far
    drawn = (np.append(random.normal(shift, spread, far), random.normal(0, 1, near)) for _ in range(600))
    found = [auroc(score, outside) for score in drawn]
    assert np.mean([part.low <= truth <= part.high for part in found]) > 0.92


def test_recall_stands_beside_the_accuracy_that_it_leaves() -> None:
    sent = np.array([1, 0, 1, 0, 0, 0], dtype=bool)
    outside = np.array([1, 1, 0, 0, 0, 0], dtype=bool)
    row = out_of_scope_row(sent, outside, np.array([0, 0, 1, 1, 1, 0], dtype=bool))
    assert (row["recall"], row["in_scope_accuracy"], row["in_scope_kept"], row["precision"]) == (0.5, 0.5, 0.75, 0.5)
    assert (row["recall_low"], row["in_scope_accuracy_high"]) == (share(1, 2).low, share(2, 4).high)


def test_a_stated_share_in_scope_is_kept() -> None:
    score = np.concatenate([np.arange(200.0), [50.0, 250.0]])
    table = out_of_scope_table(score, np.arange(202) >= 200, np.ones(202, dtype=bool))
    assert table["in_scope_kept"].tolist() == [0.99, 0.97, 0.95]
    assert table["recall"].tolist() == [0.5, 0.5, 0.5]
    assert table["rule"][0] == "99 % of the rows in scope kept"
