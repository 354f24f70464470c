"""The technique selector: labels until outcomes have shown something better."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from chosen_data import CODES, TECHNIQUES, allowed, chosen, labels, logged, prompts, question, selector
from sklearn.base import clone
from skops import io

from workbench.models.selector import TechniqueSelector
from workbench.models.selector_choice import FAVOURITE, choose
from workbench.models.selector_evidence import evidence_of
from workbench.models.selector_reasons import ranked_techniques, why_chosen
from workbench.records import DIMENSIONS, DecisionLog

AGAINST_LABELS = {"plain": (0.0, 0.4), "steps": (0.0, 0.0)}


def test_without_outcomes_the_order_is_that_of_labels() -> None:
    model = selector()
    vectors, _ = prompts(60, 3)
    said = model.predict_proba(vectors.astype(np.float32))
    expected = model.order_scores(pd.DataFrame({"embedding": list(vectors)}), said)
    order, by_labels = np.argsort(-expected, kind="stable"), np.argsort(-said, kind="stable")
    assert np.array_equal(order, by_labels)


def test_without_outcomes_labels_choose_the_set() -> None:
    model = selector()
    talk, sums = chosen(model, 0), chosen(model, 1)
    assert (talk.chosen, sums.chosen) == ("plain", "show;steps")
    assert sums.order[0] == "steps"
    assert not sums.from_fixed
    why = why_chosen(model, sums, 0)
    assert why[0] == "Labels choose show + steps, and no outcome has shown anything to be better here."
    assert why[2] == "Learnt from 200 labelled prompts and 0 logged outcomes."


def test_outcomes_that_establish_a_gain_overrule_labels() -> None:
    model = selector(logged(2000, AGAINST_LABELS))
    sums = chosen(model, 1)
    assert "plain" in sums.chosen.split(";")
    assert sums.order[0] == "plain"
    gain, sd = sums.sets.gain("plain", "steps")
    assert abs(gain - 0.4) < 0.1
    assert gain > 2 * sd


def test_a_few_lucky_outcomes_do_not() -> None:
    model = selector(logged(24, AGAINST_LABELS, noise=0.4))
    assert chosen(model, 1).chosen == "show;steps"


def test_one_technique_for_all_prompts_stands_where_it_has_shown_to_be_better_on_average() -> None:
    model = selector(logged(3000, {"show": (0.3, 0.3)}))
    talk = chosen(model, 0)
    assert talk.from_fixed
    assert talk.reference == "show"
    assert "show" in talk.chosen.split(";")
    assert "has shown to be better on average" in why_chosen(model, talk, 0)[0]


def test_a_cost_that_a_label_does_not_pay_for_leaves_the_cheaper_technique() -> None:
    model = selector()
    assert chosen(model, 1, cost_weight=0.0).chosen == "show;steps"
    assert chosen(model, 1, cost_weight=0.25).chosen == "steps"
    assert chosen(model, 1, cost_weight=5.0).chosen == "plain"


def test_a_cost_that_an_outcome_does_not_pay_for_leaves_it_too() -> None:
    model = selector(logged(3000, {"steps": (0.3, 0.3), "plain": (0.2, 0.2)}))
    assert "steps" in chosen(model, 1).chosen
    assert chosen(model, 1, cost_weight=2.0).chosen == "plain"


def test_tokens_are_learnt_from_the_log() -> None:
    log = logged(400, {})
    model = selector(log.assign(cost_tokens=log["cost_tokens"] * 2))
    assert model.tokens_[1] == pytest.approx(2 * 200, rel=0.25)
    assert selector().tokens_.tolist() == [0, 200, 300, 400]


def test_a_technique_that_no_label_names_stands_where_its_description_puts_it() -> None:
    """Too few techniques to learn from: the mean share; the description counts for what outcomes say, too."""
    model = selector(logged(3000, {"steps": (0.3, 0.3)}).query("arm != 'twice'"))
    said = model.predict_proba(prompts(5, 3)[0].astype(np.float32))
    assert (said[:, 3] < 0.2).all()
    X = pd.DataFrame({"embedding": list(prompts(5, 3)[0])})
    gain, sd = model.outcomes_.contrast(X, CODES, "plain")
    assert (gain[:, 3] > 0).all()
    assert (sd[:, 3] > 1.5 * sd[:, 1]).all()
    assert model.logged_[3] == 0


def test_a_prerequisite_comes_along_and_a_set_never_exceeds_its_size() -> None:
    model = selector(logged(3000, {"twice": (0.5, 0.5)}))
    found = choose(model, model.outcomes_, allowed(), question(model, 1))
    assert "twice" in found.chosen
    assert "steps" in found.chosen
    assert len(found.chosen.split(";")) <= 3


def test_a_favourite_decides_between_near_equals_only() -> None:
    model = selector()
    asked = question(model, 1)
    wishes = [replace(asked, favourites=frozenset({code})) for code in ("show", "plain")]
    liked = [choose(model, model.outcomes_, allowed(), wish).order[0] for wish in wishes]
    gap = asked.labels["steps"] - asked.labels["show"]
    assert liked == ["show" if gap * model.label_slope < FAVOURITE else "steps", "steps"]


def test_every_technique_is_ranked_with_its_reasons() -> None:
    model = selector(logged(300, {"steps": (0.1, 0.1)}))
    asked, rules = question(model, 1, cost_weight=0.1), allowed()
    choice = choose(model, model.outcomes_, rules, asked)
    rows = ranked_techniques(model, choice, rules, asked, TECHNIQUES, seed=0)
    assert sorted(row.code for row in rows) == sorted(CODES)
    assert sum(row.best for row in rows) == pytest.approx(1)
    for row in rows:
        assert 0 <= row.low <= row.high <= 1
        assert row.gain_low <= row.gain <= row.gain_high
        assert any("logged outcomes" in reason for reason in row.reasons)
        assert any("tokens cost" in reason for reason in row.reasons)
    (twice,) = [row for row in rows if row.code == "twice"]
    assert twice.goes_with == ("steps",)
    assert "brings steps along" in twice.reasons
    assert any("no label names it" in reason for reason in twice.reasons)


@pytest.mark.parametrize("with_log", [True, False])
def test_a_saved_selector_chooses_the_same_to_the_last_bit(with_log: bool) -> None:
    from workbench.tracking.models import TRUSTED_TYPES  # takes seconds

    model = selector(logged(300, AGAINST_LABELS) if with_log else None)
    loaded = io.loads(io.dumps(model), trusted=TRUSTED_TYPES)
    before, after = chosen(model, 1), chosen(loaded, 1)
    assert (before.chosen, before.order) == (after.chosen, after.order)
    assert np.array_equal(before.single.mean, after.single.mean)
    assert np.array_equal(before.sets.covariance, after.sets.covariance)


def test_synthetic_outcomes_count_only_where_they_are_asked_for_and_are_marked() -> None:
    frame = logged(20, {}).assign(is_synthetic=np.arange(20) % 2 == 0)
    log = DecisionLog(frame, np.full((20, DIMENSIONS), np.nan, np.float32), CODES, np.full((20, 4), np.nan))
    real, both = (evidence_of(log, np.zeros((4, DIMENSIONS)), np.zeros(4), synthetic) for synthetic in (False, True))
    assert (len(real.log), real.is_synthetic) == (10, False)
    assert (len(both.log), both.is_synthetic) == (20, True)
    assert real.log["embedding"].isna().all()
    model = selector(logged(20, {}), synthetic=True)
    assert "synthetic ones among them" in why_chosen(model, chosen(model, 1), 0)[2]


def test_a_language_model_is_judged_by_its_own_log() -> None:
    strong, weak = (logged(1500, {"show": (gain, gain)}, seed) for seed, gain in ((1, 0.3), (2, -0.3)))
    model = selector(pd.concat([strong, weak.assign(language_model="w")], ignore_index=True))
    assert model.language_models_ == ["", "m", "w"]
    assert chosen(model, 0).from_fixed
    assert "show" not in chosen(model, 0, language_model="w").chosen


def test_a_clone_is_unfitted_and_has_the_same_parameters() -> None:
    model = selector()
    copy = clone(model)
    assert isinstance(copy, TechniqueSelector)
    assert copy.get_params() == model.get_params()
    assert not hasattr(copy, "outcomes_")
    assert labels(np.array([0, 1])).shape == (2, 4)


def test_labels_put_only_techniques_together_that_they_have_named_together() -> None:
    model, asked = selector(), question(selector(), 1)
    torn = replace(asked, labels={"plain": 0.6, "steps": 0.7, "show": 0.65, "twice": 0.0})
    assert choose(model, model.outcomes_, allowed(), torn).start == "show;steps"
