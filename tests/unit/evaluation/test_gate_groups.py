"""What happens to one class or branch: what shows, what is chance, and how often chance is taken for a loss."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from workbench.evaluation.gate_checks import groups
from workbench.evaluation.gate_groups import comparisons, fallen, group_table, members
from workbench.evaluation.gate_rules import Groups, Rules
from workbench.evaluation.paired import chance_of_gain
from workbench.records import ModelType


def pair(truth: list[str], lost: int, gained: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The first ``lost`` rows are wrong now, the ``gained`` ones at the end are right now and were not."""
    ours, theirs = np.ones(len(truth), dtype=bool), np.ones(len(truth), dtype=bool)
    ours[:lost] = False
    theirs[len(truth) - gained :] = False
    ids = [str(n) for n in range(len(truth))]
    made = (pd.DataFrame({"id": ids, "truth": truth, "correct": right}) for right in (ours, theirs))
    return next(made), next(made)


def of(model_type: ModelType, truth: list[str]) -> dict[str, list[str]]:
    found = members(model_type, pd.Series(truth))
    return {kind: sorted(part["group"]) for kind, part in found.groupby("kind")}


def test_an_intent_counts_in_itself_and_in_its_branch() -> None:
    assert of("intent_classifier", ["code", "code.debug", "talk"]) == {
        "intent": ["code", "code.debug", "talk"],
        "branch": ["code", "code"],
    }


def test_a_prompt_counts_for_every_technique_that_its_labels_name() -> None:
    assert of("technique_selector", ["role; steps", "role", ""]) == {"technique": ["role", "role", "steps"]}


def test_levels_have_no_branches() -> None:
    assert of("complexity_model", ["1.0", "3.0"]) == {"level": ["1.0", "3.0"]}


def test_a_group_has_its_rows_shares_and_difference() -> None:
    table = group_table("intent_classifier", *pair(["a"] * 10 + ["b"] * 10, lost=4, gained=1)).set_index("group")
    assert table.loc["a", ["rows", "ours", "theirs", "gained", "lost"]].tolist() == [10, 0.6, 1.0, 0, 4]
    assert table.loc["b", ["rows", "ours", "theirs", "gained", "lost"]].tolist() == [10, 1.0, 0.9, 1, 0]
    assert table.loc["a", "p_worse"] == pytest.approx(0.5**4)
    assert table.loc["a", "low"] < table.loc["a", "difference"] == -0.4 < table.loc["a", "high"] < 0


def test_a_loss_in_one_class_refuses_whatever_the_rest_does() -> None:
    check = groups("intent_classifier", *pair(["a"] * 20 + ["b"] * 400, lost=9, gained=40), Rules())
    assert not check.passed
    assert check.values["fallen"] == ["a"]
    assert "a -0.450 (95 % interval " in check.sentence
    assert "20 prompts, p " in check.sentence


def test_a_loss_within_its_margin_does_not_show() -> None:
    frames = pair(["a"] * 400, lost=20)
    assert groups("intent_classifier", *frames, Rules()).passed
    strict = Rules(groups=Groups(margins={"a": 0.04}))
    assert not groups("intent_classifier", *frames, strict).passed


def test_a_loss_that_chance_explains_does_not_show() -> None:
    assert groups("intent_classifier", *pair(["a"] * 10 + ["b"] * 90, lost=3), Rules()).passed


def test_a_branch_falls_with_losses_spread_over_its_classes() -> None:
    truth = [f"code.{n % 10}" for n in range(100)] + ["talk"] * 300
    check = groups("intent_classifier", *pair(truth, lost=12), Rules())
    assert check.values["fallen"] == ["code"]


def test_groups_that_could_prove_nothing_do_not_count_among_the_comparisons() -> None:
    assert comparisons(np.array([0.5**7, *[0.5] * 65]), 0.05) == 1
    assert comparisons(np.array([0.5**7] * 3), 0.05) == 3
    assert comparisons(np.array([]), 0.05) == 1
    few, count = fallen(group_table("intent_classifier", *pair(["a"] * 8 + ["b"] * 80, lost=6)), Groups())
    assert (few["group"].tolist(), count) == (["a"], 1)


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_exact_test_is_the_tail_of_a_fair_coin(gained: int, lost: int) -> None:
    total = gained + lost
    tail = sum(binom.pmf(k, total, 0.5) for k in range(gained, total + 1))
    assert chance_of_gain(gained, lost) == pytest.approx(tail)


def test_two_equal_models_are_refused_for_a_group_at_most_one_time_in_twenty() -> None:
    """Losses of one prompt in a hundred refuse already, so that nothing but chance keeps the level."""
    random = np.random.default_rng(5)
    truth = [f"b{n % 10}.i{n % 50}" for n in range(1000)]
    rules = Rules(groups=Groups(class_margin=0.0, branch_margin=0.0))
    refused = 0
    for _ in range(200):
        ours, theirs = pair(truth, 0)
        flips = random.random(1000) < 0.15
        side = random.random(1000) < 0.5
        ours["correct"], theirs["correct"] = ~(flips & side), ~(flips & ~side)
        refused += not groups("intent_classifier", ours, theirs, rules).passed
    assert refused <= 10 + 2 * 3
