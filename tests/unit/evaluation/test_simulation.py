"""The made-up world: reproducible, with a policy that is known exactly and a truth that the draws follow."""

from __future__ import annotations

import numpy as np
import pytest
from made_up import BASE, TECHNIQUES, prompts, truth
from scipy.special import expit

from workbench.evaluation.simulated_rows import draw, tokens
from workbench.evaluation.simulation import World, expected_reward, true_means


def test_the_same_seed_gives_the_same_truth_and_the_same_draw() -> None:
    first, second = truth(), truth()
    assert np.array_equal(first.logits, second.logits)
    assert np.array_equal(draw(first, 500, 3).rating, draw(second, 500, 3).rating)


def test_another_seed_gives_another_truth() -> None:
    assert not np.allclose(truth(1).logits, truth(2).logits)


def test_every_technique_has_a_known_positive_probability() -> None:
    made = truth()
    assert np.allclose(made.policy.sum(axis=1), 1)
    assert made.policy.min() >= made.world.floor / len(TECHNIQUES)


def test_techniques_are_chosen_as_often_as_the_policy_says() -> None:
    made = truth()
    drawn = draw(made, 60_000, 1)
    seen = np.bincount(drawn.technique, minlength=len(TECHNIQUES)) / 60_000
    assert np.allclose(seen, made.policy.mean(axis=0), atol=0.01)


def test_the_recorded_propensity_is_that_of_the_chosen_technique() -> None:
    made = truth()
    drawn = draw(made, 60_000, 1)
    for prompt in range(3):
        mine = drawn.prompt == prompt
        share = np.bincount(drawn.technique[mine], minlength=len(TECHNIQUES)) / mine.sum()
        assert np.allclose(share, made.policy[prompt], atol=0.12)
        assert np.array_equal(drawn.propensity[mine], made.policy[prompt][drawn.technique[mine]])


def test_success_comes_as_often_as_the_truth_says() -> None:
    made = truth()
    drawn = draw(made, 60_000, 1)
    said = expit(made.logits)[drawn.prompt, drawn.technique]
    assert drawn.success.mean() == pytest.approx(said.mean(), abs=0.01)


def test_rewards_are_on_average_what_the_truth_expects() -> None:
    made = truth()
    drawn = draw(made, 60_000, 1)
    is_rated = drawn.rating > 0
    said = expected_reward(made)[drawn.prompt, drawn.technique][is_rated]
    assert ((drawn.rating[is_rated] - 1) / 4).mean() == pytest.approx(said.mean(), abs=0.01)


def test_an_answer_costs_by_its_prompt_and_its_technique() -> None:
    made = truth(world=World(cost_sd=0.0))
    drawn = draw(made, 1000, 1)
    length, level = np.arange(300.0) * 4, np.arange(10.0)
    assert tokens(drawn, made, length, level).tolist() == (drawn.prompt + 120 * drawn.technique).tolist()
    assert np.log(draw(truth(), 60_000, 1).thrift).std() == pytest.approx(0.3, abs=0.01)


def test_about_forty_per_cent_of_ratings_are_missing_and_some_users_rate_more() -> None:
    made = truth()
    drawn = draw(made, 60_000, 1)
    rated = np.bincount(drawn.user, drawn.rating > 0) / np.bincount(drawn.user)
    assert 0.3 < (drawn.rating == 0).mean() < 0.5
    assert np.corrcoef(rated, made.users.rating_rate)[0, 1] > 0.9


def test_whether_a_rating_is_missing_does_not_depend_on_the_success() -> None:
    drawn = draw(truth(), 60_000, 1)
    missing = drawn.rating == 0
    assert missing[drawn.success].mean() == pytest.approx(missing[~drawn.success].mean(), abs=0.015)


def test_a_labelled_technique_succeeds_more_often_than_one_that_is_not() -> None:
    made = truth()
    fits = np.array([[code in labelled for code in made.techniques] for labelled in prompts()["techniques"]])
    success = expit(made.logits)
    assert success[fits].mean() > success[~fits].mean() + 0.1


def test_without_effects_and_bonus_a_technique_succeeds_as_its_base_says() -> None:
    plain = World(branch_sd=0, intent_sd=0, fit_bonus=0, complexity_match=0)
    means = true_means(truth(world=plain)).groupby("technique")["success"].mean()
    assert means.to_dict() == pytest.approx(BASE)


def test_the_truth_of_an_inner_intent_is_the_mean_over_all_prompts_below() -> None:
    made = truth()
    means = true_means(made).set_index(["intent", "technique"])["success"]
    below = np.array([intent == "a" or intent.startswith("a.") for intent in made.intents])
    assert means["a", "t00"] == pytest.approx(expit(made.logits)[below, 0].mean())


def test_feedback_comes_from_about_half_of_those_who_rated_and_from_nobody_else() -> None:
    drawn = draw(truth(), 20_000, 1)
    assert not drawn.has_feedback[drawn.rating == 0].any()
    assert drawn.has_feedback[drawn.rating > 0].mean() == pytest.approx(0.5, abs=0.02)


def test_the_policy_prefers_what_fits() -> None:
    made = truth()
    fits = np.array([[code in labelled for code in made.techniques] for labelled in prompts()["techniques"]])
    assert made.policy[fits].mean() > 1.3 * made.policy[~fits].mean()
