"""The benchmark of off-policy estimates, in short: intervals, errors and overlap in worlds whose truth is known."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from off_policy_parts import open_bandit
from off_policy_parts.coverage import BAD, GOOD, WITH_OVERLAP, WITHOUT_OVERLAP, detected, promises, run
from off_policy_parts.world import Regime, draw, population, true_values

from workbench.evaluation.off_policy import ips

REPEATS = 120
PROMPTS = 250
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


@cache
def repeated(regime: Regime) -> dict[str, dict[str, Any]]:
    return run(regime, REPEATS, PROMPTS)


@pytest.mark.parametrize("regime", [GOOD, BAD], ids=["good model", "bad model"])
def test_intervals_hold_the_truth_as_often_as_they_say(regime: Regime) -> None:
    found = repeated(regime)
    claimed = {name: row["covered"] for name, row in found.items() if row["claimed"] == 1}
    assert set(claimed) == {"dr", "dr, difference", "snips", "ips", "switch_dr"}
    # Four standard errors of a share of 120 to either side of 0.95, and what cannot be more than all.
    assert all(0.87 <= share <= 1 for share in claimed.values()), claimed
    assert all(row["error"] == pytest.approx(row["rmse"], rel=0.25) for name, row in found.items() if name in claimed)


def test_the_doubly_robust_estimate_errs_less_where_theory_says_so() -> None:
    good, bad = repeated(GOOD), repeated(BAD)
    assert good["dr"]["rmse"] < good["ips"]["rmse"]
    assert bad["dr"]["rmse"] < min(bad["ips"]["rmse"], bad["dm"]["rmse"])
    assert abs(bad["dr"]["bias"]) < 0.01 < abs(bad["dm"]["bias"])


@pytest.mark.parametrize("regime", WITHOUT_OVERLAP, ids=lambda regime: regime.name)
def test_no_overlap_is_detected_every_time(regime: Regime) -> None:
    assert detected(regime, 25, PROMPTS) == 1.0
    assert all(row["claimed"] == 0 for row in run(regime, 5, PROMPTS).values())


@pytest.mark.parametrize("regime", WITH_OVERLAP, ids=lambda regime: regime.name)
def test_overlap_is_not_denied_where_it_is(regime: Regime) -> None:
    assert detected(regime, 25, PROMPTS) == 0.0


def test_the_true_value_is_that_of_a_long_run() -> None:
    z = population()
    one = draw(z, GOOD, 20_000, 1)
    judged, uniform = (ips(policy, one.logged).point for policy in (one.judged, one.uniform))
    assert (judged, uniform) == pytest.approx(true_values(z), abs=0.02)


def test_a_promise_is_broken_by_one_figure() -> None:
    row = {"rmse": 0.1, "claimed": 1.0, "covered": 0.95}
    names = ("dr", "ips", "dm", "snips")
    rows = {name: row | {"rmse": 0.05 if name == "dr" else 0.1} for name in names}
    found = {regime.name: {"estimators": rows, "no_overlap_detected": 0.0} for regime in WITH_OVERLAP}
    nothing = {name: row | {"claimed": 0.0, "covered": None} for name in names}
    found |= {regime.name: {"estimators": nothing, "no_overlap_detected": 1.0} for regime in WITHOUT_OVERLAP}
    assert all(promises(found).values())
    rows["snips"] = row | {"covered": 0.92}
    assert [sentence for sentence, kept in promises(found).items() if not kept] == [
        "every interval that is claimed covers 93 to 97 %"
    ]


@pytest.mark.skipif(not open_bandit.available(SHARED), reason="the Open Bandit sample is not at hand")
def test_two_real_policies_agree_with_what_each_says_of_the_other() -> None:
    for found in open_bandit.both_ways(SHARED).values():
        assert found["estimates"]["dr"]["own_inside"]
        assert all(e["difference_low"] <= 0 <= e["difference_high"] for e in found["estimates"].values())
