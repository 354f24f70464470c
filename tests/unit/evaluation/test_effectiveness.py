"""Estimates of effectiveness: what they say of simple logs, what must hold for any, and a truth that is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import BASE, INTENTS, log_of, outcomes, truth

from workbench.evaluation.effectiveness import COLUMNS, Estimates, estimate_effectiveness
from workbench.evaluation.effectiveness_views import lifts
from workbench.evaluation.pooling import Effort
from workbench.evaluation.simulation import true_means
from workbench.records import DecisionLog

QUICK = Effort(chains=2, warmup=40, sweeps=80, seed=1)
# Draws need not settle for what holds of any number of them.
HASTY = Effort(chains=1, warmup=4, sweeps=8, seed=1)
PRIORS = BASE | {"a": 0.5, "b": 0.5}
use = st.fixed_dictionaries(
    {
        "intent": st.sampled_from([*INTENTS, None]),
        "technique": st.sampled_from(["t00", "t01", "t02", "t00;t02", ""]),
        "reward": st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
        "propensity": st.one_of(st.just(math.nan), st.floats(0.001, 1)),
        "complexity": st.sampled_from([math.nan, 1.0, 2.0, 3.0, 4.0, 5.0]),
    }
)
uses = st.lists(use, min_size=1, max_size=60).map(pd.DataFrame)


def frame(*rows: tuple[str | None, str, float], propensity: float = 0.5) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=["intent", "technique", "reward"])
    return made.assign(propensity=propensity, complexity=3.0)


def estimated(log: DecisionLog, effort: Effort = QUICK, **options: Any) -> pd.DataFrame:
    return estimate_effectiveness(log, PRIORS, effort=effort, **options).table


def cell(table: pd.DataFrame, intent: str, technique: str, language_model: str = "") -> pd.Series:
    named = table.set_index(["intent", "technique", "language_model"])
    return named.loc[(intent, technique, language_model)]


@given(uses)
@settings(max_examples=40)
def test_every_estimate_is_a_finite_share_inside_its_interval(made: pd.DataFrame) -> None:
    found = estimated(log_of(made), HASTY)
    numbers = found[["score", "standard_error", "low", "high", "confidence", "effective_n", "overlap"]].to_numpy(float)
    assert np.isfinite(numbers).all()
    assert ((found["low"] >= 0) & (found["low"] <= found["score"]) & (found["high"] <= 1)).all()
    assert (found["score"] <= found["high"]).all()
    assert (found["confidence"].between(0, 1) & found["overlap"].between(0, 1)).all()
    assert (found["effective_n"] <= found["sample_size"] + 1e-9).all()
    levels = [adjustment for adjustment in found["complexity_adjustment"] if adjustment]
    assert set().union(*levels) <= set("12345")


@given(made=uses, order=st.randoms())
@settings(max_examples=20)
def test_the_order_of_outcomes_does_not_matter(made: pd.DataFrame, order: Any) -> None:
    made = made.assign(propensity=0.5)
    log = log_of(made)
    by_chance = np.random.default_rng(order.getrandbits(32)).permutation(len(made))
    shuffled = log_of(made.iloc[by_chance], prompt=log.frame["prompt"].to_numpy()[by_chance])
    first, second = estimated(log, HASTY), estimated(shuffled, HASTY)
    assert first[["intent", "technique", "sample_size"]].equals(second[["intent", "technique", "sample_size"]])
    assert np.allclose(first["score"].astype(float), second["score"].astype(float), atol=1e-6)


def test_the_same_seed_gives_the_same_estimates_and_another_nearly_the_same() -> None:
    log = log_of(outcomes(truth(), 1500))
    effort = Effort(chains=4, warmup=100, sweeps=300)
    first, again = (estimate_effectiveness(log, BASE, effort=effort).table for _ in range(2))
    other = estimate_effectiveness(log, BASE, effort=Effort(4, 100, 300, 7)).table
    assert first.equals(again)
    assert np.abs(first["score"] - other["score"]).max() < 0.5 * first["standard_error"].median()


def test_an_intent_without_outcomes_takes_the_score_from_above_with_less_certainty() -> None:
    made = frame(*[("a.x", "t00", r) for r in (0.5, 0.75, 1.0, 0.75)])
    found = estimated(log_of(made), intents=["a", "a.x", "a.y"]).set_index("intent")
    assert found.loc["a.y", "score"] == pytest.approx(found.loc["a", "score"], abs=0.1)
    assert found.loc["a.y", "standard_error"] > found.loc["a.x", "standard_error"]
    assert found.loc["a.y", "confidence"] == 0
    assert found.loc["a.y", "real_world_performance"] is None
    assert found.loc["a.y", "refused"] == "no outcome of the technique"


def test_a_branch_without_any_outcome_of_a_technique_is_left_out() -> None:
    found = estimated(log_of(frame(("a.x", "t00", 1.0), ("b", "t01", 0.0))))
    pairs = set(zip(found["intent"], found["technique"], strict=True))
    assert pairs == {("", "t00"), ("", "t01"), ("a", "t00"), ("a.x", "t00"), ("b", "t01")}


def test_counts_are_of_the_whole_subtree() -> None:
    made = frame(("a", "t00", 1.0), ("a.y", "t00", 0.5), ("a.y.deep", "t00", 0.5), ("a.y", "t01", 0.5))
    found = estimated(log_of(made))
    of_first = found[found["technique"] == "t00"].set_index("intent")
    assert of_first["sample_size"].to_dict() == {"": 3, "a": 3, "a.y": 2, "a.y.deep": 1}
    assert of_first["decisions"].to_dict() == {"": 4, "a": 4, "a.y": 3, "a.y.deep": 1}


def test_an_outcome_without_an_intent_counts_for_the_root_alone() -> None:
    found = estimated(log_of(frame((None, "t00", 1.0), ("a", "t00", 0.0))))
    assert found.set_index("intent")["sample_size"].to_dict() == {"": 2, "a": 1}


def test_an_intent_that_the_taxonomy_lacks_counts_for_the_nearest_above() -> None:
    found = estimated(log_of(frame(("a.x.gone", "t00", 1.0), ("other", "t00", 0.0))), intents=["a", "a.x"])
    assert found.set_index("intent")["sample_size"].to_dict() == {"": 2, "a": 1, "a.x": 1}


def test_every_technique_of_a_set_gets_the_outcome_of_the_set() -> None:
    found = estimated(log_of(frame(("a", "t00;t02", 1.0), ("a", "t00", 0.0), ("a", "", 0.5))))
    plain = found[found["intent"] == "a"].set_index("technique")["real_world_performance"]
    assert plain.to_dict() == {"t00": 0.5, "t02": 1.0}
    assert cell(found, "a", "t00")["decisions"] == 3


def test_no_outcomes_give_no_estimates() -> None:
    found = estimated(log_of(frame()))
    assert found.empty
    assert list(found.columns) == list(COLUMNS)


def test_a_rarely_chosen_kind_of_prompt_weighs_more() -> None:
    often = frame(*[("a", "t00", 0.0)] * 900, propensity=0.9)
    seldom = frame(*[("a", "t00", 1.0)] * 100, propensity=0.1)
    found = cell(estimated(log_of(pd.concat([often, seldom]))), "a", "t00")
    assert found["real_world_performance"] == pytest.approx(0.1)
    assert found["score"] == pytest.approx(0.5, abs=0.1)


def test_a_very_small_propensity_counts_as_the_floor() -> None:
    made = frame(*[("a", "t00", 0.0)] * 99, ("a", "t00", 1.0), propensity=0.5)
    made.loc[99, "propensity"] = 1e-6
    found = cell(estimated(log_of(made)), "a", "t00")
    assert found["effective_n"] == pytest.approx((99 * 2 + 100) ** 2 / (99 * 4 + 100**2))


def alternating(rows: int, **columns: Any) -> pd.DataFrame:
    """Two techniques by turns: the first pays at complexity 1 and in law, the second at 5 and in medicine."""
    first = np.arange(rows) % 2 == 0
    hard = np.arange(rows) // 2 % 2 == 0
    pays = (first != hard).astype(float)
    made = pd.DataFrame({"intent": "a", "technique": np.where(first, "t00", "t01"), "reward": pays, "propensity": 0.5})
    return made.assign(complexity=np.where(hard, 5.0, 1.0), **columns)


def test_adjustments_say_at_which_complexity_and_in_which_domain_a_technique_pays() -> None:
    made = alternating(400)
    found = cell(estimated(log_of(made, domain=np.where(made["complexity"] > 3, "medicine", "law"))), "a", "t00")
    levels, domains = found["complexity_adjustment"], found["domain_adjustments"]
    assert set(levels) == {"1", "5"}
    assert set(domains) == {"law", "medicine"}
    assert levels["1"] > 0.3 > -0.3 > levels["5"]
    assert domains["law"] > 0.3 > -0.3 > domains["medicine"]
    assert levels["1"] + levels["5"] == pytest.approx(0, abs=1e-9)


def test_adjustments_of_what_no_outcome_says_are_not_given() -> None:
    found = cell(estimated(log_of(alternating(100).assign(complexity=np.nan))), "a", "t00")
    assert found["complexity_adjustment"] is None
    assert found["domain_adjustments"] is None


def test_the_better_technique_may_differ_by_language_model() -> None:
    made = alternating(400)
    table = estimated(log_of(made, language_model=np.where(made["complexity"] > 3, "large", "small")))
    assert cell(table, "a", "t00", "small")["low"] > cell(table, "a", "t01", "small")["high"]
    assert cell(table, "a", "t00", "large")["high"] < cell(table, "a", "t01", "large")["low"]
    assert cell(table, "a", "t00")["score"] == pytest.approx(cell(table, "a", "t01")["score"], abs=0.1)
    assert cell(table, "a", "t00", "small")["sample_size"] == 100


def test_a_prompt_answered_by_several_models_alike_counts_less_than_as_often() -> None:
    random = np.random.default_rng(0)
    prompts = np.tile(np.arange(100), 2)
    made = pd.DataFrame(
        {"intent": "a", "technique": "t00", "reward": random.integers(0, 2, 100)[prompts].astype(float)}
    )
    made = made.assign(propensity=0.5, complexity=3.0)
    models = np.repeat(["large", "small"], 100)
    table = estimated(log_of(made, language_model=models, prompt=prompts.astype(str)))
    assert cell(table, "a", "t00")["effective_n"] == pytest.approx(100, rel=0.1)
    assert cell(table, "a", "t00", "large")["effective_n"] == pytest.approx(100)


def test_a_single_language_model_has_no_rows_of_its_own() -> None:
    assert set(estimated(log_of(alternating(100), language_model="one"))["language_model"]) == {""}


@pytest.fixture(scope="module")
def of_a_known_truth() -> Estimates:
    return estimate_effectiveness(log_of(outcomes(truth(), 6_000)), BASE)


def test_a_known_truth_is_found_better_than_by_plain_means(of_a_known_truth: Estimates) -> None:
    found = of_a_known_truth.table.merge(true_means(truth()), on=["intent", "technique"])
    covered = ((found["low"] <= found["reward"]) & (found["reward"] <= found["high"])).mean()
    ours = math.sqrt(((found["score"] - found["reward"]) ** 2).mean())
    plain = math.sqrt(((found["real_world_performance"].astype(float) - found["reward"]) ** 2).mean())
    assert covered >= 0.9
    assert ours < 0.75 * plain


def test_the_draws_settle(of_a_known_truth: Estimates) -> None:
    assert 1 <= of_a_known_truth.r_hat < 1.02


def test_lifts_of_an_intent_are_over_its_mean_technique(of_a_known_truth: Estimates) -> None:
    table = lifts(of_a_known_truth.table, "a")
    assert table["lift"].sum() == pytest.approx(0, abs=1e-9)
    assert ((table["low"] < table["lift"]) & (table["lift"] < table["high"])).all()
    assert table["lift"].is_monotonic_decreasing


def test_lifts_of_an_intent_without_estimates_are_refused(of_a_known_truth: Estimates) -> None:
    with pytest.raises(ValueError, match="nowhere"):
        lifts(of_a_known_truth.table, "nowhere")
