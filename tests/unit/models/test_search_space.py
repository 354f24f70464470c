"""Spaces that make sense, and what trials come to."""

from __future__ import annotations

import math
from typing import Any

import pytest

from workbench.models.intent_pipeline import intent_pipeline
from workbench.models.intent_space import intent_space
from workbench.models.search import (
    Choice,
    Found,
    Range,
    Score,
    Space,
    Trial,
    best_of,
    check_space,
    defaults,
    digest_of,
    table_of,
)
from workbench.records import BUDGETS, Budget

SPACE = (Range("alpha", 0.1, 10, 1.0, log=True), Range("degree", 1.0, 4.0, 2.0, whole=True), Choice("head", ("a", "b")))


def trial(number: int, loss: float | None, accuracy: float | None = None) -> Trial:
    score = None if loss is None else Score(loss, accuracy)
    return Trial(number, {"alpha": 1.0 + number, "degree": 2, "head": "a"}, score, 0.5, "" if score else "broke")


@pytest.mark.parametrize(
    "wrong",
    [
        {"low": 2, "high": 1, "default": 1},
        {"low": 1, "high": 1, "default": 1},
        {"low": 0, "high": 1, "default": 2},
        {"low": 0, "high": 1, "default": 0.5, "log": True},
        {"low": 0, "high": 2.5, "default": 1, "whole": True},
        {"low": 0, "high": math.nan, "default": 0},
    ],
)
def test_a_range_without_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="alpha"):
        Range("alpha", **wrong)


@pytest.mark.parametrize("options", [(), ("a",), ("a", "a"), ("a", "b", "a"), (1, True)])
def test_a_choice_needs_two_different_options(options: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match="head"):
        Choice("head", options)


@pytest.mark.parametrize("space", [(), SPACE[:1] * 2, (Range("loss", 0, 1, 0),), (Range("a b", 0, 1, 0),)])
def test_a_space_needs_names_of_its_own(space: Space) -> None:
    with pytest.raises(ValueError, match="identifier of its own"):
        check_space(space)


def test_defaults_are_the_middle_of_nothing_but_what_was_said() -> None:
    found = defaults(SPACE)
    assert found == {"alpha": 1.0, "degree": 2, "head": "a"}
    assert isinstance(found["degree"], int)


def test_the_digest_knows_space_order_and_seed() -> None:
    other = (*SPACE[:2], Choice("head", ("b", "a")))
    assert len({digest_of(SPACE, 1), digest_of(SPACE, 2), digest_of(other, 1), digest_of(SPACE[::-1], 1)}) == 4
    assert digest_of(SPACE, 1) == digest_of((*SPACE,), 1)


def test_the_lowest_loss_wins_and_of_equals_the_earliest() -> None:
    assert best_of([trial(0, 0.5), trial(1, 0.2), trial(2, 0.2)]) == trial(1, 0.2)
    assert best_of([trial(0, None), trial(1, 0.9)]) == trial(1, 0.9)
    assert best_of([trial(0, None)]) is None


def test_the_table_has_the_best_so_far_and_gaps_where_trials_failed() -> None:
    table = table_of(SPACE, [trial(0, None), trial(1, 0.5, 0.8), trial(2, None), trial(3, 0.7), trial(4, 0.1)])
    assert table["best_loss"].tolist()[1:] == [0.5, 0.5, 0.5, 0.1]
    assert math.isnan(table["best_loss"][0])
    assert table["loss"].isna().tolist() == [True, False, True, False, False]
    assert table["accuracy"].isna().tolist() == [True, False, True, True, True]
    assert table["error"].tolist() == ["broke", "", "broke", "", ""]
    assert table["alpha"].tolist() == [1, 2, 3, 4, 5]


def test_a_search_says_in_a_line_what_it_chose() -> None:
    table = table_of(SPACE, [trial(0, 0.5), trial(1, None), trial(2, 0.25)])
    found = Found({"alpha": 0.123456, "degree": 3, "head": "b"}, 0.25, 0.5, table, 0)
    assert found.in_a_line() == (
        "Chosen by 3 trials (1 failed): alpha 0.123, degree 3, head b; loss 0.25, 0.5 by the defaults."
    )


@pytest.mark.parametrize("budget", BUDGETS)
def test_the_intent_space_begins_with_the_defaults_of_the_pipeline(budget: Budget) -> None:
    space = intent_space(budget)
    check_space(space)
    spoken = intent_pipeline(budget, **defaults(space))
    assert repr(spoken) == repr(intent_pipeline(budget))
