"""Intervals against published values, and as often right as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from workbench.evaluation.intervals import Interval, compare_paired, paired_difference, share

TABLES = st.tuples(*[st.integers(0, 60)] * 3).filter(any)


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_share_has_the_interval_that_newcombe_published(successes: int, total: int, low: float, high: float) -> None:
    found = share(successes, total)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert found.point == successes / total


def test_a_share_of_nothing_may_be_anything() -> None:
    assert share(0, 0) == Interval(0.0, 0.0, 1.0)
    assert str(share(1, 2)) == "0.500 (0.095 to 0.905)"


def test_a_paired_difference_has_the_published_score_interval() -> None:
    # Airway hyper-responsiveness in 21 children before and after stem cell transplantation: Fagerland et al. (2014).
    found = paired_difference(1, 7, 21)
    assert (found.point, found.low, found.high) == pytest.approx((-0.286, -0.517, -0.026), abs=5e-4)


@given(TABLES)
def test_a_paired_interval_holds_its_point_and_turns_with_the_sides(table: tuple[int, int, int]) -> None:
    gained, lost, _ = table
    found, turned = paired_difference(gained, lost, sum(table)), paired_difference(lost, gained, sum(table))
    assert -1 <= found.low <= found.point <= found.high <= 1
    assert (found.low, found.high) == pytest.approx((-turned.high, -turned.low), abs=1e-9)


def test_models_that_never_disagree_differ_by_less_the_more_they_agree() -> None:
    z = 1.959964
    assert paired_difference(0, 0, 50).high == pytest.approx(z**2 / (50 + z**2), abs=1e-4)
    assert paired_difference(0, 0, 5_000).high < 0.001


@pytest.mark.parametrize(
    ("rows", "gain", "loss"), [(40, 0.1, 0.1), (40, 0.02, 0.1), (200, 0.03, 0.05), (500, 0.0, 0.02)]
)
def test_a_paired_interval_covers_the_truth_as_often_as_it_says(rows: int, gain: float, loss: float) -> None:
    drawn = np.random.default_rng(1).multinomial(rows, [gain, loss, 1 - gain - loss], 1_000)
    found = [paired_difference(int(gained), int(lost), rows) for gained, lost, _ in drawn]
    assert np.mean([interval.low <= gain - loss <= interval.high for interval in found]) > 0.935


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_the_p_value_is_the_exact_one_of_mcnemar(rows: list[tuple[bool, bool]]) -> None:
    ours, theirs = map(np.array, zip(*rows, strict=True))
    found = compare_paired(ours, theirs)
    gained, lost = rows.count((True, False)), rows.count((False, True))
    assert (found.only_challenger, found.only_champion, found.rows) == (gained, lost, len(rows))
    assert found.p_value == (pytest.approx(binomtest(gained, gained + lost, 0.5).pvalue) if gained + lost else 1)
    assert found.difference.point == pytest.approx(np.mean(ours) - np.mean(theirs))


def test_two_equal_models_are_called_different_in_at_most_one_of_twenty_comparisons() -> None:
    drawn = np.random.default_rng(2).multinomial(200, [0.08, 0.08, 0.84], 1_000)
    found = [compare_paired(*sides(gained, lost, 200)).p_value < 0.05 for gained, lost, _ in drawn]
    assert 0.01 < np.mean(found) <= 0.05


def sides(gained: int, lost: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    place = np.arange(rows)
    return place < gained, (place >= gained) & (place < gained + lost)
