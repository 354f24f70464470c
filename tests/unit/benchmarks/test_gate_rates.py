"""How often the gate lets through what is no better, and what is: a short version of benchmarks/gate.py."""

from __future__ import annotations

import numpy as np
import pytest
from gate_parts.cases import Truth, pair
from gate_parts.rates import OURS, promoted_by_mlflow, rates

TIMES = 80


@pytest.mark.parametrize("truth", [Truth(1000, 0.0, 0.05), Truth(1000, 0.02, 0.05), Truth(4000, 0.01, 0.1)])
def test_the_made_up_models_are_as_good_and_as_different_as_stated(truth: Truth) -> None:
    random = np.random.default_rng(1)
    gains, apart, stated = [], [], []
    for _ in range(40):
        ours, theirs = pair(truth, random)
        gains.append(ours["correct"].mean() - theirs["correct"].mean())
        apart.append((ours["correct"] != theirs["correct"]).mean())
        stated.append((ours["confidence"] - ours["correct"]).mean())
    assert np.mean(gains) == pytest.approx(truth.gain, abs=0.003)
    assert np.mean(apart) == pytest.approx(truth.disagree, rel=0.06)
    assert np.mean(stated) == pytest.approx(0, abs=0.005)


@pytest.mark.parametrize("disagree", [0.03, 0.08])
def test_of_equal_challengers_at_most_one_in_twenty_goes_live(disagree: float) -> None:
    assert rates(Truth(1000, 0.0, disagree), TIMES, 7, changes=())["promoted"][OURS]["point"] <= 0.05


def test_a_gain_of_two_points_on_a_thousand_prompts_goes_live_four_times_in_five() -> None:
    found = rates(Truth(1000, 0.02, 0.05), TIMES, 7, changes=())
    assert found["promoted"][OURS]["point"] >= 0.8


def test_thresholds_alone_do_not_know_chance() -> None:
    assert promoted_by_mlflow(0.811, 0.8, 0.01)
    assert not promoted_by_mlflow(0.808, 0.8, 0.01)
    found = rates(Truth(1000, 0.0, 0.08), 40, 7, changes=(0.001,))["promoted"]
    assert found["MLflow, change of 0.001 or more"]["point"] > 0.3
