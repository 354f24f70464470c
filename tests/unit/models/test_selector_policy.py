"""Only what is established takes the place of what stands; exploring keeps its floor."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import FloorTooHigh
from workbench.models.outcome_model import OutcomeModel
from workbench.models.selector_policy import best_fixed, best_probabilities, choose_safely, exploring


def chosen(mean: list[float], sd: float, start: int = 0, cost: list[float] | None = None, shared: float = 0.0) -> int:
    size = len(mean)
    covariance = np.full((1, size, size), shared) + sd**2 / 2 * np.eye(size)
    price = np.zeros(size) if cost is None else np.array(cost)
    return int(choose_safely(np.array([mean]), covariance, np.array([start]), price)[0])


def test_a_gain_has_to_be_established() -> None:
    assert chosen([0.5, 0.6, 0.55], sd=0.03) == 1
    assert chosen([0.5, 0.6, 0.55], sd=0.1) == 0
    assert chosen([0.5, 0.6, 0.55], sd=0.1, start=2) == 2


def test_what_all_arms_share_is_no_doubt_about_their_difference() -> None:
    assert chosen([0.5, 0.6, 0.55], sd=0.03, shared=4.0) == 1


def test_a_gain_has_to_pay_for_what_it_costs() -> None:
    assert chosen([0.5, 0.6, 0.55], sd=0.01, cost=[0.0, 0.2, 0.02]) == 2
    assert chosen([0.5, 0.6, 0.55], sd=0.01, cost=[0.0, 0.2, 0.2]) == 0
    assert chosen([0.5, 0.5, 0.5], sd=0.01, cost=[0.3, 0.0, 0.1]) == 1


def test_the_fixed_arm_is_the_cheapest_until_another_has_shown_its_worth() -> None:
    arms = ("cheap", "dear")
    cost = np.array([0.0, 0.01])

    def learnt(rows: int, gain: float) -> OutcomeModel:
        applied = [arms[n % 2] for n in range(rows)]
        reward = np.array([0.5 + gain * (arm == "dear") for arm in applied]) + np.resize([0.4, 0.4, -0.4, -0.4], rows)
        return OutcomeModel(arms).fit(pd.DataFrame(index=range(rows)), applied, reward)

    X = pd.DataFrame(index=range(50))
    assert best_fixed(learnt(800, 0.15), X, arms, cost) == 1
    assert best_fixed(learnt(12, 0.15), X, arms, cost) == 0
    assert best_fixed(learnt(800, 0.15), X, arms, np.array([0.0, 0.2])) == 0
    assert best_fixed(learnt(0, 0.0), X[:0], arms, np.array([0.3, 0.2])) == 1


def test_the_probability_of_being_best_is_that_of_the_posterior() -> None:
    found = best_probabilities(np.array([0.0, 0.0, -9.0]), np.diag([1.0, 1.0, 1e-12]), seed=0, draws=20_000)
    assert found == pytest.approx([0.5, 0.5, 0.0], abs=0.02)
    tied = best_probabilities(np.array([0.1, 0.0]), np.ones((2, 2)), seed=0)
    assert tied.tolist() == [1.0, 0.0]


@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=40),
    st.floats(0.01, 0.9),
    st.floats(0.001, 0.2),
    st.integers(0, 39),
)
def test_every_candidate_keeps_the_floor_and_the_share_is_spent(
    best: list[float], share: float, floor: float, chosen: int
) -> None:
    chosen %= len(best)
    if share < floor or 1 - share < floor:
        with pytest.raises(FloorTooHigh, match="leaves no room"):
            exploring(np.array(best), chosen, share, floor)
        return
    found = exploring(np.array(best), chosen, share, floor)
    assert found.sum() == pytest.approx(1)
    assert found[found > 0].min() >= floor - 1e-12
    assert found[chosen] == pytest.approx(1 - share)
    assert (found > 0).sum() == min(len(best), 1 + int(share / floor + 1e-9))


def test_what_is_likelier_to_be_best_is_tried_more_often() -> None:
    found = exploring(np.array([0.5, 0.3, 0.2, 0.0]), 0, share=0.1, floor=0.01)
    assert found[1] > found[2] > found[3]
    assert found[3] == pytest.approx(0.01)


def test_without_a_share_nothing_is_tried() -> None:
    assert exploring(np.array([0.2, 0.8]), 0, 0.0, 0.05).tolist() == [1.0, 0.0]
    assert exploring(np.array([1.0]), 0, 0.2, 0.05).tolist() == [1.0]
