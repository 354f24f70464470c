"""The probability that a technique is among those applied: recorded, taken apart from sets, or estimated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up import log_of

from workbench.evaluation.inclusion import MOST_ARMS, inclusion
from workbench.records import DecisionLog


def log(arms: list[str], propensity: Any = np.nan, recorded: Any = None, **columns: Any) -> DecisionLog:
    made = pd.DataFrame({"technique": arms, "intent": "a", "reward": 0.5, "complexity": 3.0, "propensity": propensity})
    found = log_of(made, **columns)
    return found if recorded is None else replace(found, recorded=np.asarray(recorded, dtype=float))


def test_a_single_technique_has_the_probability_of_the_choice() -> None:
    found = inclusion(log(["x", "y"], [0.3, 0.6]), 1)
    assert found.source == "recorded"
    assert found.probability[found.applied].tolist() == [0.3, 0.6]
    assert np.isnan(found.probability[~found.applied]).all()


def test_probabilities_recorded_of_every_technique_are_taken_as_they_are() -> None:
    found = inclusion(log(["x;y", "y"], [0.1, 0.2], recorded=[[0.5, 0.7], [0.4, 0.9]]), 1)
    assert found.probability.tolist() == [[0.5, 0.7], [0.4, 0.9]]
    assert found.recorded.all()


def test_the_probability_of_a_set_is_not_that_of_its_techniques() -> None:
    arms = ["x;y", "x", "y", ""] * 50
    found = inclusion(log(arms, 0.25), 1)
    assert found.source == "partly estimated"
    of_sets = found.probability[::4]
    assert of_sets == pytest.approx(np.full((50, 2), 0.5), abs=0.1)


def test_nothing_chosen_has_nothing_applied() -> None:
    found = inclusion(log(["x", "", "x"], 0.5), 1)
    assert found.applied[:, 0].tolist() == [True, False, True]


def test_a_probability_of_nought_of_something_done_is_estimated_instead() -> None:
    found = inclusion(log(["x", "y"] * 20, recorded=[[0.0, 1.0]] + [[0.5, 0.5]] * 39), 1)
    assert found.source == "partly estimated"
    assert 0.1 < found.probability[0, 0] < 0.9


def test_missing_probabilities_are_the_shares_that_the_log_shows() -> None:
    arms = ["x"] * 160 + ["y"] * 40
    order = np.random.default_rng(0).permutation(200)
    found = inclusion(log([arms[at] for at in order]), 1)
    assert found.source == "estimated"
    assert found.probability.mean(axis=0) == pytest.approx([0.8, 0.2], abs=0.03)


def test_of_a_single_prompt_the_plain_shares_are_taken() -> None:
    found = inclusion(log(["x", "x", "x", "y"], prompt="the same"), 1)
    assert found.probability.tolist() == [[0.75, 0.25]] * 4


def test_with_very_many_sets_each_technique_is_looked_at_alone() -> None:
    names = [f"t{at:02d}" for at in range(12)]
    random = np.random.default_rng(0)
    arms = [";".join(np.array(names)[random.random(12) < 0.5]) for _ in range(300)]
    assert len(set(arms)) > MOST_ARMS
    assert inclusion(log(arms), 1).probability == pytest.approx(np.full((300, 12), 0.5), abs=0.3)
