"""Propensities: recorded ones win, missing ones come from other prompts, and where nothing was tried it shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from logged import ARMS, a_log

from workbench.evaluation.folds import grouped_folds
from workbench.evaluation.overlap import overlap_table, weights_of
from workbench.evaluation.propensity import Propensities, estimate_propensities, floor_of
from workbench.evaluation.propensity_models import LOGISTIC, NOTHING, SHARES
from workbench.records import DecisionLog


def without_marginals(log: DecisionLog) -> DecisionLog:
    return replace(log, recorded=np.full_like(log.recorded, np.nan))


def always(place: int, found: Propensities) -> np.ndarray:
    return np.eye(len(found.arms))[np.full(len(found.taken), place)]


def test_recorded_propensities_are_taken_as_they_are() -> None:
    log, truth = a_log()
    found = estimate_propensities(log, ARMS, seed=1)
    assert (found.source, found.model) == ("recorded", NOTHING)
    np.testing.assert_allclose(found.matrix, truth)
    np.testing.assert_allclose(found.chosen, log.frame["propensity"])


def test_an_arm_that_was_no_candidate_had_no_chance() -> None:
    log, _ = a_log()
    found = estimate_propensities(log, [*ARMS, "role;steps"], seed=1)
    assert not found.matrix[:, 3].any()
    assert weights_of(always(3, found), found).untried == 1.0


def test_probabilities_of_sets_are_not_those_of_their_techniques() -> None:
    log, _ = a_log(arms=("role", "steps", "role;steps"))
    found = estimate_propensities(log, ("role", "steps", "role;steps"), seed=1)
    assert found.source == "recorded"
    assert found.model != NOTHING
    np.testing.assert_allclose(found.chosen, log.frame["propensity"])
    np.testing.assert_allclose(found.matrix[np.arange(600), found.taken], log.frame["propensity"])


@pytest.mark.parametrize("arms", [("few_shot",), ("role", "steps")])
def test_rows_that_record_the_chosen_arm_alone_teach_as_all_others_do(arms: tuple[str, ...]) -> None:
    log, truth = a_log(rows=2000)
    found = estimate_propensities(without_marginals(log), arms, seed=1)
    assert np.abs(found.matrix - truth[:, [ARMS.index(arm) for arm in arms]]).mean() < 0.05


def test_what_the_chosen_arm_leaves_is_shared_by_the_others() -> None:
    log, truth = a_log(rows=2000)
    found = estimate_propensities(without_marginals(log), ARMS, seed=1)
    assert found.source == "recorded"
    assert np.all(found.matrix.sum(axis=1) <= 1 + 1e-9)
    assert np.abs(found.matrix - truth).mean() < 0.03


@pytest.mark.parametrize(("share", "source"), [(0.0, "estimated"), (0.5, "partly estimated")])
def test_missing_ones_are_estimated_and_it_is_said(share: float, source: str) -> None:
    log, truth = a_log(rows=3000, recorded=share)
    found = estimate_propensities(log, ARMS, seed=1)
    assert found.source == source
    assert np.abs(found.matrix - truth).mean() < 0.03
    assert found.was_recorded.mean() == pytest.approx(share, abs=0.05)


def test_few_rows_get_shares_and_many_a_regression() -> None:
    models = [estimate_propensities(a_log(rows=n, recorded=0)[0], ARMS, seed=1).model for n in (30, 3000)]
    assert models == [SHARES, LOGISTIC]


def test_no_row_is_guessed_from_its_own_prompt() -> None:
    log, _ = a_log(rows=300, recorded=0, prompts=60)
    before = estimate_propensities(log, ARMS, seed=1)
    mine = (log.frame["prompt"] == log.frame["prompt"].iloc[0]).to_numpy()
    other = log.frame.assign(arm=np.where(mine, "steps", log.frame["arm"]))
    after = estimate_propensities(replace(log, frame=other), ARMS, seed=1)
    np.testing.assert_array_equal(before.matrix[mine], after.matrix[mine])
    assert np.any(before.matrix[~mine] != after.matrix[~mine])


def test_estimates_are_raised_to_the_floor_and_recorded_ones_are_not() -> None:
    rare = np.tile([0.002, 0.499, 0.499], (4000, 1))
    for share, least in ((0.0, floor_of(3)), (1.0, 0.002)):
        log, _ = a_log(rows=4000, recorded=share, policy=rare)
        found = estimate_propensities(log, ARMS, seed=1)
        assert found.chosen[found.taken == 0].min() == pytest.approx(least)
        assert weights_of(always(0, found), found).raised == (1.0 if share == 0 else 0.0)


def test_an_arm_outside_the_list_takes_its_share_of_the_probability() -> None:
    log, truth = a_log(rows=3000, recorded=0)
    found = estimate_propensities(log, ARMS[:2], seed=1)
    assert np.abs((1 - found.matrix.sum(axis=1)) - truth[:, 2]).mean() < 0.03
    assert set(found.taken) == {-1, 0, 1}


def test_right_propensities_have_weights_with_mean_one() -> None:
    log, _ = a_log(rows=4000)
    table = overlap_table(estimate_propensities(log, ARMS, seed=1)).set_index("arm")
    assert ((table["mean_weight_low"] < 1) & (table["mean_weight_high"] > 1)).all()
    assert (table["inside"] == 1).all()
    assert (table["effective_n"] < table["rows"]).all()


def test_wrong_recorded_propensities_are_seen_in_the_mean_weight() -> None:
    log, _ = a_log(rows=2000)
    wrong = replace(log, frame=log.frame.assign(propensity=log.frame["propensity"] / 2))
    found = estimate_propensities(without_marginals(wrong), ARMS, seed=1)
    weights = weights_of(always(0, found), found)
    assert weights.mean.low > 1.25
    assert not weights.has_overlap


@pytest.mark.parametrize("recorded", [0.0, 1.0])
def test_a_policy_that_never_tries_an_arm_for_an_intent_has_no_overlap(recorded: float) -> None:
    log, _ = a_log(rows=1500, recorded=recorded)
    by_intent = np.eye(3)[np.minimum(np.unique(log.frame["intent"], return_inverse=True)[1], 2)]
    stubborn, _ = a_log(rows=1500, recorded=recorded, policy=by_intent)
    found = estimate_propensities(stubborn, ARMS, seed=1)
    assert not any(weights_of(always(place, found), found).has_overlap for place in range(3))


@settings(max_examples=40)
@given(rows=st.integers(2, 40), share=st.floats(0, 1), prompts=st.integers(2, 40), seed=st.integers(0, 99))
def test_every_row_is_a_part_of_a_distribution(rows: int, share: float, prompts: int, seed: int) -> None:
    log, _ = a_log(rows=rows, recorded=share, prompts=prompts, seed=seed)
    assume(log.frame["prompt"].nunique() > 1)
    found = estimate_propensities(log, ARMS, seed)
    assert np.all((found.matrix >= 0) & (found.matrix <= 1))
    assert np.all(found.matrix.sum(axis=1) <= 1 + 1e-9)
    assert np.all((found.chosen > 0) & (found.chosen <= 1))


def test_rows_of_a_single_prompt_cannot_be_cross_fitted() -> None:
    with pytest.raises(ValueError, match="at least two groups"):
        estimate_propensities(a_log(rows=5, prompts=1)[0], ARMS, seed=1)


def test_an_arm_is_named_once() -> None:
    with pytest.raises(ValueError, match="named twice"):
        estimate_propensities(a_log(rows=5)[0], ["role", "role"], seed=1)


@given(groups=st.lists(st.integers(0, 9), min_size=2, max_size=60).filter(lambda g: len(set(g)) > 1))
def test_a_group_lies_in_one_fold(groups: list[int]) -> None:
    codes = np.array(groups)
    folds = grouped_folds(codes, 5, seed=0)
    assert all(len(set(folds[codes == group])) == 1 for group in set(groups))
    assert len(set(folds)) == min(5, len(set(groups)))
