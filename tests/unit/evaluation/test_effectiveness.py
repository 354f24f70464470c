"""Effectiveness estimates: the formulas, what must hold for any data, and whether they find a truth that is known."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import BASE, INTENTS, outcomes, truth

from workbench.evaluation.effectiveness import COLUMNS, estimate_effectiveness
from workbench.evaluation.lift import lift
from workbench.evaluation.outcomes import fill_propensities, importance_weights, within_variance
from workbench.evaluation.shrinkage import Posterior, between_variance, effective_size, shrink, variance_around
from workbench.evaluation.simulation import true_means
from workbench.models.taxonomy import parent

unit = st.floats(0, 1)
positive = st.floats(1e-6, 10)
use = st.fixed_dictionaries(
    {
        "intent": st.sampled_from(INTENTS),
        "technique": st.sampled_from(["t00", "t01", "t02"]),
        "reward": st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
        "propensity": st.floats(0.001, 1),
        "complexity": st.sampled_from([math.nan, 1.0, 2.0, 3.0, 4.0, 5.0]),
    }
)
uses = st.lists(use, min_size=1, max_size=60).map(pd.DataFrame)


def frame(*rows: tuple[str, str, float]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=["intent", "technique", "reward"])
    return made.assign(propensity=0.5, complexity=3.0)


def one(mean: float, variance: float) -> Posterior:
    return Posterior(np.array([mean]), np.array([variance]))


def shrunk(mean: float, variance: float, prior: Posterior, between: float) -> tuple[float, float]:
    found = shrink(np.array([mean]), np.array([variance]), prior, between)
    return float(found.mean[0]), float(found.variance[0])


def test_equal_weights_count_every_row_and_one_heavy_row_counts_alone() -> None:
    assert effective_size(np.array([4.0, 100.3]), np.array([4.0, 10000.03])) == pytest.approx([4, 1.006], abs=1e-3)


def test_the_variance_between_studies_is_that_of_der_simonian_and_laird() -> None:
    y, v = np.array([0.1, 0.5, 0.9]), np.array([0.01, 0.02, 0.04])
    w = 1 / v
    q = np.sum(w * (y - np.sum(w * y) / w.sum()) ** 2)
    expected = (q - 2) / (w.sum() - np.sum(w**2) / w.sum())
    assert between_variance(y, v, np.zeros(3, dtype=np.int64)) == pytest.approx(expected)


def test_means_that_agree_leave_no_variance_between_them() -> None:
    same = np.full(5, 0.4)
    assert between_variance(same, same, np.zeros(5, dtype=np.int64)) == 0
    assert variance_around(same, same, same) == 0


def test_families_of_one_say_nothing_about_spread() -> None:
    assert between_variance(np.array([0.1, 0.9]), np.array([1e-4, 1e-4]), np.array([0, 7])) == 0


def test_spread_between_families_is_not_spread_within_them() -> None:
    y, groups = np.array([0.1, 0.1, 0.9, 0.9]), np.array([0, 0, 1, 1])
    assert between_variance(y, np.full(4, 1e-4), groups) == 0


@given(mean=unit, prior=unit, variance=positive, spread=positive, between=positive)
def test_a_shrunk_mean_lies_between_the_data_and_the_prior(
    mean: float, prior: float, variance: float, spread: float, between: float
) -> None:
    found, _ = shrunk(mean, variance, one(prior, spread), between)
    assert min(mean, prior) - 1e-9 <= found <= max(mean, prior) + 1e-9


@given(mean=unit, prior=unit, variance=positive, spread=positive, between=positive, more=st.floats(1.1, 100))
def test_more_data_make_the_posterior_narrower(
    mean: float, prior: float, variance: float, spread: float, between: float, more: float
) -> None:
    _, few = shrunk(mean, variance, one(prior, spread), between)
    _, many = shrunk(mean, variance / more, one(prior, spread), between)
    assert many <= few


@given(uses)
@settings(max_examples=60, deadline=None)
def test_every_estimate_is_a_finite_share_inside_its_interval(made: pd.DataFrame) -> None:
    found = estimate_effectiveness(made, BASE)
    numbers = found[["score", "standard_error", "low", "high", "confidence", "effective_n"]].to_numpy(float)
    assert np.isfinite(numbers).all()
    assert ((found["low"] >= 0) & (found["low"] <= found["score"]) & (found["high"] <= 1)).all()
    assert ((found["score"] <= found["high"]) & found["confidence"].between(0, 1)).all()
    assert all(np.isfinite(list(a.values())).all() for a in found["complexity_adjustment"])
    assert set().union(*found["complexity_adjustment"]) <= set("12345")


@given(made=uses, order=st.randoms())
@settings(max_examples=40, deadline=None)
def test_the_order_of_outcomes_does_not_matter(made: pd.DataFrame, order: object) -> None:
    shuffled = made.sample(frac=1, random_state=np.random.default_rng(order.getrandbits(32)))  # type: ignore[attr-defined]
    first, second = estimate_effectiveness(made, BASE), estimate_effectiveness(shuffled, BASE)
    assert first[["intent", "technique", "sample_size"]].equals(second[["intent", "technique", "sample_size"]])
    assert np.allclose(first["score"], second["score"], atol=1e-9)


@given(uses)
@settings(max_examples=40, deadline=None)
def test_a_score_lies_between_its_data_and_its_parents_score(made: pd.DataFrame) -> None:
    made = made.assign(propensity=0.5)
    found = estimate_effectiveness(made, BASE).set_index(["intent", "technique"])
    for (intent, technique), row in found.iterrows():
        above = parent(str(intent))
        if above is not None:
            own = row["real_world_performance"]
            ends = [
                found.loc[(above, technique), "score"],
                found.loc[(above, technique), "score"] if own is None else own,
            ]
            assert min(ends) - 1e-9 <= row["score"] <= max(ends) + 1e-9


def test_an_intent_without_data_takes_its_parents_score_with_less_certainty() -> None:
    made = frame(*[("a.x", "t00", r) for r in (0.5, 0.75, 1.0, 0.75)])
    found = estimate_effectiveness(made, BASE, ["a.y"]).set_index("intent")
    assert found.loc["a.y", "score"] == pytest.approx(found.loc["a", "score"])
    assert found.loc["a.y", "standard_error"] > found.loc["a", "standard_error"]
    assert found.loc["a.y", "confidence"] == 0
    assert found.loc["a.y", "real_world_performance"] is None


def test_a_branch_without_any_data_of_a_technique_is_left_out() -> None:
    found = estimate_effectiveness(frame(("a.x", "t00", 1.0), ("b", "t01", 0.0)), BASE)
    pairs = set(zip(found["intent"], found["technique"], strict=True))
    assert pairs == {("a", "t00"), ("a.x", "t00"), ("b", "t01")}


def test_a_sample_size_counts_the_whole_subtree() -> None:
    made = frame(("a", "t00", 1.0), ("a.y", "t00", 0.5), ("a.y.deep", "t00", 0.5))
    sizes = estimate_effectiveness(made, BASE).set_index("intent")["sample_size"]
    assert sizes.to_dict() == {"a": 3, "a.y": 2, "a.y.deep": 1}


def test_no_outcomes_give_no_estimates() -> None:
    found = estimate_effectiveness(frame(), BASE)
    assert found.empty
    assert list(found.columns) == list(COLUMNS)


def test_a_rarely_chosen_kind_of_prompt_weighs_more() -> None:
    often = frame(*[("a", "t00", 0.0)] * 90).assign(propensity=0.9)
    seldom = frame(*[("a", "t00", 1.0)] * 10).assign(propensity=0.1)
    found = estimate_effectiveness(pd.concat([often, seldom]), {"t00": 0.5})
    assert found["real_world_performance"][0] == pytest.approx(0.1)
    assert found["score"][0] == pytest.approx(0.5, abs=0.05)


def test_weights_are_cut_off_at_the_ninety_ninth_hundredth() -> None:
    made = frame(*[("a", "t00", 0.0)] * 200)
    made.loc[0, "propensity"] = 0.0001
    assert importance_weights(made).max() == pytest.approx(2)


def test_unknown_propensities_become_shares_of_the_branch_and_it_is_said() -> None:
    made = frame(("a.x", "t00", 1.0), ("a", "t01", 0.0), ("a.y", "t00", 1.0), ("b", "t01", 1.0)).assign(
        propensity=np.nan
    )
    filled, source = fill_propensities(made)
    assert source == "estimated"
    assert filled["propensity"].tolist() == pytest.approx([2 / 3, 1 / 3, 2 / 3, 1])
    made.loc[0, "propensity"] = 0.2
    assert fill_propensities(made)[1] == "partly estimated"
    assert fill_propensities(filled)[1] == "recorded"


def test_ratings_that_all_agree_still_have_a_variance() -> None:
    assert within_variance(frame(*[("a", "t00", 1.0)] * 50)) == pytest.approx(0.25**2 / 12)


def test_complexities_that_differ_are_told_apart_and_absent_ones_left_out() -> None:
    easy = frame(*[("a", "t00", 1.0), ("a", "t00", 0.75)] * 100).assign(complexity=1.0)
    hard = frame(*[("a", "t00", 0.0), ("a", "t00", 0.25)] * 100).assign(complexity=5.0)
    adjustment = estimate_effectiveness(pd.concat([easy, hard]), BASE)["complexity_adjustment"][0]
    assert set(adjustment) == {"1", "5"}
    assert adjustment["1"] == pytest.approx(0.375, abs=0.02)
    assert adjustment["5"] == pytest.approx(-0.375, abs=0.02)


@pytest.fixture(scope="module")
def against_truth() -> pd.DataFrame:
    parts = []
    for seed in range(6):
        made = truth(seed)
        found = estimate_effectiveness(outcomes(made, 4_000, seed), BASE)
        parts.append(found.merge(true_means(made), on=["intent", "technique"], validate="one_to_one"))
    return pd.concat(parts)


def test_the_intervals_cover_the_truth_at_least_85_times_in_100(against_truth: pd.DataFrame) -> None:
    covered = (against_truth["low"] <= against_truth["reward"]) & (against_truth["reward"] <= against_truth["high"])
    assert 0.85 <= covered.mean() <= 0.99


def test_shrinkage_is_nearer_to_the_truth_than_plain_means(against_truth: pd.DataFrame) -> None:
    measured = against_truth[against_truth["sample_size"] > 0]
    plain = pd.to_numeric(measured["real_world_performance"])
    assert ((measured["score"] - measured["reward"]) ** 2).mean() < 0.5 * ((plain - measured["reward"]) ** 2).mean()


def test_lift_is_a_branchs_score_over_the_techniques_average() -> None:
    made = frame(*[("a", "t00", r) for r in (0.5, 1.0)] * 50, *[("b", "t00", r) for r in (0.0, 0.5)] * 50)
    estimates = estimate_effectiveness(made, BASE)
    row = lift(estimates, "a").iloc[0]
    assert row["lift"] == pytest.approx(0.25, abs=0.01)
    assert row["low"] > 0
    assert row["sample_size"] == 100


def test_lift_over_all_intents_is_over_the_mean_technique() -> None:
    made = frame(*[("a", "t00", r) for r in (0.5, 1.0)] * 50, *[("a", "t01", r) for r in (0.0, 0.5)] * 50)
    table = lift(estimate_effectiveness(made, BASE))
    assert table["technique"].tolist() == ["t00", "t01"]
    assert table["lift"].sum() == pytest.approx(0)


def test_lift_of_an_intent_without_estimates_is_refused() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        lift(estimate_effectiveness(frame(("a", "t00", 1.0)), BASE), "nowhere")
