"""Policies side by side."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from drawing import drawn

from workbench.evaluation.off_policy import Logged
from workbench.evaluation.policies import BEST_FIXED, BEST_PER_INTENT, LOGGED
from workbench.evaluation.policy_values import PolicyValue, judge_policies
from workbench.evaluation.propensity import known_propensities
from workbench.plots.policies import values_with_intervals
from workbench.plots.style import BLUE, GREY, ORANGE


@cache
def values() -> list[PolicyValue]:
    """Two arms are tried equally often, a third never."""
    random = np.random.default_rng(0)
    taken = random.integers(0, 2, 400)
    found = known_propensities(np.tile([0.5, 0.5, 0.0], (400, 1)), taken, np.arange(400))
    reward = (random.random(400) < np.where(taken == 1, 0.8, 0.2)).astype(float)
    policies = {
        name: np.eye(3)[np.full(400, place)]
        for name, place in ((BEST_FIXED, 1), (BEST_PER_INTENT, 1), ("always:poor", 0), ("always:never", 2))
    }
    return judge_policies(policies, Logged(reward, found), np.full((400, 3), 0.5), np.ones(3), 1.0, "dr")


def colours(value: str) -> dict[str, str]:
    figure = values_with_intervals(values())
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    place = names.index(value)
    return {
        panel: line.get_color()
        for panel, axes in zip(("value", "over"), figure.axes, strict=True)
        for line in axes.lines
        if line.get_marker() in "os" and line.get_ydata()[0] == place
    }


def test_what_was_logged_stands_out_and_the_best_fixed_is_no_better_than_itself() -> None:
    drawn(values_with_intervals(values()))
    assert colours(LOGGED)["value"] == ORANGE
    assert colours(BEST_FIXED) == {"value": BLUE, "over": GREY}


def test_what_is_surely_worse_is_orange() -> None:
    assert colours("always:poor") == {"value": BLUE, "over": ORANGE}


def test_what_was_never_tried_is_hollow_and_compared_with_nothing() -> None:
    assert colours("always:never") == {"value": GREY}


@pytest.mark.parametrize("synthetic", [False, True])
def test_a_synthetic_log_is_marked(synthetic: bool) -> None:
    title = values_with_intervals(values(), is_synthetic=synthetic).axes[0].get_title(loc="left")
    assert ("SYNTHETIC" in title) is synthetic
