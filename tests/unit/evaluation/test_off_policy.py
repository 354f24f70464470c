"""Estimates of another policy's value, against what is known by other means."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logged import ARMS, a_log

from workbench.evaluation.off_policy import (
    ESTIMATORS,
    Logged,
    difference,
    direct_method,
    doubly_robust,
    estimate_by,
    ips,
    logged_of,
    on_policy,
    resampled,
    snips,
    switch_dr,
)
from workbench.evaluation.propensity import estimate_propensities, known_propensities


def by_hand(reward: list[float], taken: list[int], matrix: list[list[float]]) -> Logged:
    found = known_propensities(np.array(matrix), np.array(taken), np.arange(len(taken)))
    return Logged(np.array(reward), found)


THREE = by_hand([1.0, 0.0, 1.0], [0, 1, 0], [[0.5, 0.5], [0.8, 0.2], [0.25, 0.75]])
FIRST = np.array([[1.0, 0.0]] * 3)
HALF = np.full((3, 2), 0.5)


def made(rows: int = 800, recorded: float = 1.0, prompts: int | None = None) -> tuple[Logged, np.ndarray]:
    log, truth = a_log(rows=rows, recorded=recorded, prompts=prompts)
    found = estimate_propensities(log, ARMS, seed=1)
    return logged_of(log.frame["reward"].to_numpy(float), found), truth


def test_three_rows_by_hand() -> None:
    # Weights of always taking the first arm: 2, 0 and 4.
    assert ips(FIRST, THREE).point == pytest.approx((2 + 4) / 3)
    assert snips(FIRST, THREE).point == pytest.approx(1.0)
    assert direct_method(FIRST, THREE, HALF).point == pytest.approx(0.5)
    assert doubly_robust(FIRST, THREE, HALF).point == pytest.approx(0.5 + (2 * 0.5 + 4 * 0.5) / 3)
    assert switch_dr(FIRST, THREE, HALF, threshold=3.0).point == pytest.approx(0.5 + 2 * 0.5 / 3)
    assert ips(FIRST, THREE).effective_n == pytest.approx(36 / 20)


def test_switching_everywhere_is_the_model_and_nowhere_is_doubly_robust() -> None:
    logged, _ = made()
    random = np.random.default_rng(0)
    rewards, policy = random.random((800, 3)), np.full((800, 3), 1 / 3)
    everywhere, nowhere = (switch_dr(policy, logged, rewards, threshold=tau) for tau in (0.0, np.inf))
    assert everywhere.point == pytest.approx(direct_method(policy, logged, rewards).point)
    assert (everywhere.switched, np.isnan(everywhere.low)) == (1.0, True)
    exact = doubly_robust(policy, logged, rewards)
    assert (nowhere.point, nowhere.low) == pytest.approx((exact.point, exact.low))


def test_switch_dr_leaves_the_heaviest_weights_to_the_model() -> None:
    rare = np.tile([0.004, 0.498, 0.498], (3000, 1))
    log, _ = a_log(rows=3000, policy=rare)
    logged = logged_of(log.frame["reward"].to_numpy(float), estimate_propensities(log, ARMS, seed=1))
    mostly_second = np.tile([0.01, 0.99, 0.0], (3000, 1))
    found = switch_dr(mostly_second, logged, np.full((3000, 3), 0.5))
    assert found.switched in (0.0, 0.01)
    assert found.standard_error <= doubly_robust(mostly_second, logged, np.full((3000, 3), 0.5)).standard_error


def test_the_logging_policy_is_worth_its_mean_by_every_estimator_that_weighs() -> None:
    logged, truth = made()
    own = on_policy(logged).point
    assert ips(truth, logged).point == pytest.approx(own)
    assert snips(truth, logged).point == pytest.approx(own)
    assert on_policy(logged).standard_error == pytest.approx(np.std(logged.reward, ddof=1) / np.sqrt(800))


def test_a_perfect_model_leaves_nothing_to_correct() -> None:
    logged, _ = made()
    rewards = np.tile(logged.reward[:, None], 3)
    policy = np.full((800, 3), 1 / 3)
    assert doubly_robust(policy, logged, rewards).point == pytest.approx(logged.reward.mean())


@given(shift=st.floats(-1, 1), scale=st.floats(0.1, 2))
def test_self_normalised_and_doubly_robust_estimates_move_with_the_rewards(shift: float, scale: float) -> None:
    logged, _ = made(rows=200)
    policy, rewards = np.tile([0.7, 0.2, 0.1], (200, 1)), np.full((200, 3), 0.4)
    moved = replace(logged, reward=shift + scale * logged.reward)
    assert snips(policy, moved).point == pytest.approx(shift + scale * snips(policy, logged).point)
    before, after = doubly_robust(policy, logged, rewards), doubly_robust(policy, moved, shift + scale * rewards)
    assert after.point == pytest.approx(shift + scale * before.point)
    assert after.standard_error == pytest.approx(scale * before.standard_error)


def test_rows_of_one_prompt_tell_no_more_than_one() -> None:
    logged, _ = made(rows=200)
    policy, rewards = np.tile([0.7, 0.2, 0.1], (200, 1)), np.full((200, 3), 0.4)
    twice = np.repeat(np.arange(200), 2)
    found = logged.found
    again = known_propensities(found.matrix[twice], found.taken[twice], found.prompts[twice])
    doubled = Logged(logged.reward[twice], again)
    for name in ESTIMATORS:
        once, both = (
            estimate_by(name, p, one, q)
            for p, one, q in ((policy, logged, rewards), (policy[twice], doubled, rewards[twice]))
        )
        assert (both.point, both.standard_error) == pytest.approx((once.point, once.standard_error))


def test_the_difference_of_two_policies_is_paired() -> None:
    logged, _ = made()
    rewards = np.full((800, 3), 0.4)
    one, other = np.tile([0.7, 0.2, 0.1], (800, 1)), np.tile([0.68, 0.22, 0.1], (800, 1))
    ours, theirs = doubly_robust(one, logged, rewards), doubly_robust(other, logged, rewards)
    gap = difference(ours, theirs)
    assert gap.point == pytest.approx(ours.point - theirs.point)
    assert gap.high - gap.low < 0.1 * (ours.high - ours.low)
    assert difference(ours, ours).low == difference(ours, ours).high == 0


def test_the_bootstrap_agrees_with_the_influence_function() -> None:
    logged, _ = made(prompts=300)
    policy = np.tile([0.7, 0.2, 0.1], (800, 1))
    for found in (snips(policy, logged), doubly_robust(policy, logged, np.full((800, 3), 0.4))):
        again = resampled(found, seed=3)
        assert again.point == pytest.approx(found.point)
        assert again.high - again.low == pytest.approx(found.high - found.low, rel=0.1)


def test_who_claims_an_interval() -> None:
    policy, rewards = np.tile([0.7, 0.2, 0.1], (800, 1)), np.full((800, 3), 0.4)
    claims = {}
    for recorded in (1.0, 0.0):
        logged, _ = made(recorded=recorded)
        claims[recorded] = {n for n in ESTIMATORS if np.isfinite(estimate_by(n, policy, logged, rewards).low)}
    assert claims == {1.0: {"dr", "ips", "snips", "switch_dr"}, 0.0: {"dr", "snips", "switch_dr"}}


def test_nobody_claims_an_interval_for_what_was_never_tried() -> None:
    log, _ = a_log(rows=800, policy=np.tile([0.5, 0.5, 0.0], (800, 1)))
    logged = logged_of(log.frame["reward"].to_numpy(float), estimate_propensities(log, ARMS, seed=1))
    never, rewards = np.tile([0.0, 0.0, 1.0], (800, 1)), np.full((800, 3), 0.4)
    found = {name: estimate_by(name, never, logged, rewards) for name in ESTIMATORS}
    assert all(np.isnan(one.low) for one in found.values())
    assert np.isnan(found["snips"].point)


def test_errors_with_estimated_propensities_are_smaller_than_taking_them_for_known() -> None:
    logged, _ = made(rows=3000, recorded=0.0)
    policy = np.tile([1.0, 0.0, 0.0], (3000, 1))
    assert ips(policy, logged).standard_error < 0.9 * ips(policy, replace(logged, scores=None)).standard_error
