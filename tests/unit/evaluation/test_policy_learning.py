"""What is best for all, for an intent, for a decision, and who may know it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from logged import ARMS, INTENTS, a_log

from workbench.evaluation.off_policy import logged_of
from workbench.evaluation.policies import (
    ALWAYS,
    BEST_FIXED,
    BEST_PER_INTENT,
    LOGGED,
    MEANINGS,
    by_name,
    first_supported,
    token_prices,
)
from workbench.evaluation.policy_learning import best_by_intent, best_of_all, doubly_robust_scores, established
from workbench.evaluation.policy_values import judge_policies
from workbench.evaluation.propensity import estimate_propensities
from workbench.evaluation.reward_model import Learnt, contexts_of, learn
from workbench.models.outcome_model import OutcomeModel

NO_PRICES = np.zeros(3)
NOBODY = np.full(3, np.nan)


def learnt_from(rows: int = 1500, seed: int = 0, prices: np.ndarray = NO_PRICES, prompts: int | None = None) -> Learnt:
    log, _ = a_log(rows=rows, seed=seed, prompts=prompts)
    return learn(log, ARMS, estimate_propensities(log, ARMS, seed=1), prices)


def test_the_mean_score_of_an_arm_is_what_always_taking_it_brings() -> None:
    log, truth = a_log(rows=20_000)
    taken = np.array([ARMS.index(arm) for arm in log.frame["arm"]])
    chosen = truth[np.arange(20_000), taken]
    scores = doubly_robust_scores(np.full((20_000, 3), 0.9), log.frame["reward"].to_numpy(), taken, chosen)
    # 0.3, 0.4 and 0.5 by themselves, and 0.2 more for one of the four intents.
    assert scores.mean(axis=0) == pytest.approx([0.35, 0.45, 0.55], abs=0.03)


def test_a_few_lucky_rows_do_not_make_an_arm_the_best() -> None:
    random = np.random.default_rng(0)
    steady = np.column_stack([random.normal(mean, 0.5, 2000) for mean in (0.5, 0.55)])
    lucky = np.where(np.arange(2000) < 3, 400.0, 0.0)
    assert lucky.mean() > steady.mean(axis=0).max()
    assert best_of_all(np.column_stack([steady, lucky])) == 1


def test_each_intent_gets_its_best_and_an_unknown_one_that_of_the_intent_above() -> None:
    intents = pd.Series(["code.debug", "code.write", "talk.small"] * 300)
    scores = np.random.default_rng(0).normal(0.5, 0.2, (900, 2))
    scores[:, 0] += np.where(intents == "talk.small", 0.5, 0.0)
    scores[:, 1] += np.where(intents == "talk.small", 0.0, 0.5)
    wanted = pd.Series(["code.debug", "code.write", "talk.small", "code.plan.again", "talk", "cook", None])
    assert best_by_intent(scores, intents, wanted).tolist() == [1, 1, 0, 1, 0, 1, 1]


def test_an_intent_of_few_rows_is_drawn_to_the_one_above() -> None:
    intents = pd.Series(["code.debug"] * 500 + ["code.write"] * 2)
    scores = np.random.default_rng(0).normal(0.5, 0.4, (502, 2))
    scores[:, 1] += 0.2
    scores[-2:] = [0.9, 0.8]
    assert best_by_intent(scores, intents, pd.Series(["code.write"])).tolist() == [1]


def test_the_best_arm_and_what_it_brings_are_found() -> None:
    log, _ = a_log(rows=4000)
    found = learn(log, ARMS, estimate_propensities(log, ARMS, seed=1), NO_PRICES)
    assert set(found.fixed) == {2}
    intents = np.array([INTENTS.index(intent) for intent in log.frame["intent"]])
    assert set(found.by_intent[intents == 2]) == {2}
    expected = np.array([0.3, 0.4, 0.5]) + 0.2 * np.eye(4, 3)[intents]
    assert np.abs(found.rewards - expected).mean() < 0.05


def test_where_arms_do_not_differ_by_prompt_the_selector_stays_with_the_best_fixed_one() -> None:
    random = np.random.default_rng(5)
    log, _ = a_log(rows=1500)
    level = log.frame["arm"].map({"few_shot": 0.3, "role": 0.4, "steps": 0.6}).to_numpy()
    flat = replace(log, frame=log.frame.assign(reward=(random.random(1500) < level).astype(float)))
    found = learn(flat, ARMS, estimate_propensities(flat, ARMS, seed=1), NO_PRICES)
    assert (found.selected == found.fixed).mean() > 0.99


def test_the_selector_leaves_it_where_a_gain_is_established() -> None:
    random = np.random.default_rng(5)
    log, _ = a_log(rows=3000)
    right = (log.frame["arm"] == "role") == (log.frame["intent"] == "code.debug")
    split = replace(log, frame=log.frame.assign(reward=(random.random(3000) < np.where(right, 0.8, 0.2)).astype(float)))
    found = learn(split, ARMS, estimate_propensities(split, ARMS, seed=1), NO_PRICES)
    debug = (log.frame["intent"] == "code.debug").to_numpy()
    assert set(found.selected[debug]) == {1}
    assert 1 not in set(found.selected[~debug])


def test_a_gain_counts_only_where_it_is_sure() -> None:
    random = np.random.default_rng(7)
    log, _ = a_log(rows=500)
    right = (log.frame["arm"] == "role") == (log.frame["intent"] == "code.debug")
    reward = (random.random(500) < np.where(right, 0.6, 0.45)).astype(float)
    X, arms = contexts_of(log), log.frame["arm"].tolist()
    model = OutcomeModel().fit(X, arms, reward)
    chosen = established(model, X, ARMS, model.predict_mean(X, ARMS), 2, NO_PRICES)
    gain, deviation = model.contrast(X, ARMS, ARMS[2])
    left = np.flatnonzero(chosen != 2)
    assert np.all(gain[left, chosen[left]] > 1.64 * deviation[left, chosen[left]])
    unsure = (gain > 0) & (gain <= 1.64 * deviation)
    assert unsure.any()
    assert not unsure[np.arange(500), chosen].any()


def test_a_price_that_the_gain_does_not_pay_for_makes_the_cheap_arm_the_best() -> None:
    assert set(learnt_from().fixed) == {2}
    assert set(learnt_from(prices=np.array([0.0, 0.3, 0.6])).fixed) == {0}


def test_no_row_decides_for_its_own_prompt() -> None:
    log, _ = a_log(rows=400, prompts=80)
    found = estimate_propensities(log, ARMS, seed=1)
    mine = found.folds == 0
    before = learn(log, ARMS, found, NO_PRICES)
    turned = log.frame.assign(reward=np.where(mine, 1 - log.frame["reward"], log.frame["reward"]))
    after = learn(replace(log, frame=turned), ARMS, found, NO_PRICES)
    for name in ("rewards", "fixed", "by_intent", "selected"):
        np.testing.assert_array_equal(getattr(before, name)[mine], getattr(after, name)[mine])
    assert np.any(before.rewards[~mine] != after.rewards[~mine])


def test_every_policy_is_a_distribution_on_every_row() -> None:
    policies = by_name(ARMS, learnt_from(rows=200), np.zeros(200, dtype=np.int64))
    assert {name.removeprefix(ALWAYS).split(":")[0] for name in policies} == {*MEANINGS, *ARMS} - {"always", LOGGED}
    assert all(np.allclose(policy.sum(axis=1), 1) and (policy >= 0).all() for policy in policies.values())


def test_the_rules_take_their_first_technique_that_was_ever_logged() -> None:
    rankings = {("code", 1): ["never", "steps", "role"], ("talk", 3): ["few_shot"], ("cook", 2): ["never"]}
    places, passed = first_supported(rankings, [("talk", 3), ("code", 1), ("cook", 2)], ARMS)
    assert places.tolist() == [0, 2, 0]
    assert passed.tolist() == [0, 1, 1]


def test_tokens_are_those_of_the_arm_and_unknown_where_nobody_logged_them() -> None:
    log, _ = a_log(rows=300)
    assert token_prices(log.frame, [*ARMS, "other"]).tolist()[:3] == [100.0, 200.0, 300.0]
    assert np.isnan(token_prices(log.frame.assign(cost_tokens=np.nan), ARMS)).all()
    assert np.isnan(token_prices(log.frame, ["other"])).all()


def test_policies_are_compared_on_the_same_rows() -> None:
    log, _ = a_log(rows=1500)
    found = estimate_propensities(log, ARMS, seed=1)
    learnt = learn(log, ARMS, found, NO_PRICES)
    policies = by_name(ARMS, learnt, np.zeros(1500, dtype=np.int64))
    logged = logged_of(log.frame["reward"].to_numpy(float), found)
    values = judge_policies(policies, logged, learnt.rewards, np.array([100.0, 200.0, 300.0]), 210.0, "dr")
    by = {value.name: value for value in values}
    assert by[BEST_FIXED].over_fixed.low == by[BEST_FIXED].over_fixed.high == 0
    assert by[BEST_PER_INTENT].over_fixed.point == pytest.approx(-by[BEST_FIXED].over_intent.point)
    assert by["always:few_shot"].over_fixed.high < 0
    assert (by["always:role"].tokens, by["uniform"].tokens, by[LOGGED].tokens) == pytest.approx((200, 200, 210))
    assert by[LOGGED].estimates["dr"].point == pytest.approx(log.frame["reward"].mean())
    assert by[LOGGED].weights is None
    unpriced = judge_policies(policies, logged, learnt.rewards, NOBODY, np.nan, "dr")
    assert all(np.isnan(value.tokens) for value in unpriced)
