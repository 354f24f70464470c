"""One row at a time: what is good, what is set aside, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ColumnMissing
from workbench.jobs.cells import LONGEST_TEXT, shown
from workbench.jobs.import_rows import REASONS, Columns, check_row, find_columns, is_test
from workbench.jobs.reading import RawRow
from workbench.store.imports import StagedRow

FILE = Path("labels.csv")
COT = UUID(int=1)
ALL = Columns("text", "label", "parent", "complexity", "techniques", "secondary", "split")


def check(**cells: Any) -> StagedRow:
    return check_row(RawRow(7, {"text": "say hello", "label": "greeting", **cells}), ALL, {"cot": COT})


def test_a_good_row_keeps_its_text_as_it_stands() -> None:
    row = check(text="  say\nhello ", label=" greeting ", complexity="3", techniques="cot; cot", split="oos_TEST")
    assert (row.line, row.reason, row.text, row.label) == (7, None, "  say\nhello ", "greeting")
    assert (row.complexity, row.techniques, row.is_test) == (3, (COT,), True)
    assert row.features is not None
    assert row.features["words"] == 2


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"text": ""}, "empty text"),
        ({"text": None}, "empty text"),
        ({"text": float("nan")}, "empty text"),
        ({"text": " \u00a0\u200b\n"}, "empty text"),
        ({"text": "a" * (LONGEST_TEXT + 1)}, "text too long"),
        ({"text": ["a"]}, "text is not a string"),
        ({"text": "a\0b"}, "NUL byte"),
        ({"label": "a\0b"}, "NUL byte"),
        ({"split": "te\0st"}, "NUL byte"),
        ({"text": b"caf\xe9"}, "wrong encoding"),
        ({"text": "half an emoji \ud83d"}, "wrong encoding"),
        ({"label": b"caf\xe9"}, "wrong encoding"),
        ({"label": "  "}, "empty label"),
        ({"label": {"a": 1}}, "label is not a string"),
        ({"label": "x" * 1001}, "label too long"),
        ({"secondary": "x" * 1001}, "label too long"),
        ({"complexity": "6"}, "invalid complexity"),
        ({"complexity": "12"}, "invalid complexity"),
        ({"complexity": 2.5}, "invalid complexity"),
        ({"complexity": "two"}, "invalid complexity"),
        ({"complexity": [1]}, "invalid complexity"),
        ({"techniques": "cot;nope"}, "unknown technique"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(cells: dict[str, Any], reason: str) -> None:
    assert check(**cells).reason == reason
    assert reason in REASONS


@pytest.mark.parametrize("value", ["", " ", None, float("nan")])
def test_no_complexity_is_none(value: Any) -> None:
    assert (check(complexity=value).reason, check(complexity=value).complexity) == (None, None)


@pytest.mark.parametrize("value", [4, 4.0, "4", " 4.0 ", b"4"])
def test_complexity_may_come_as_a_number_or_as_text(value: Any) -> None:
    assert check(complexity=value).complexity == 4


def test_a_text_of_exactly_the_limit_is_good() -> None:
    assert check(text="a" * LONGEST_TEXT).reason is None


def test_numbers_are_texts_too() -> None:
    row = check(text=42, label=3.0)
    assert (row.text, row.label) == ("42", "3")


def test_lists_come_as_lists_or_separated_by_semicolons() -> None:
    assert check(secondary=["a", " b ", "", "a"]).secondary == check(secondary="a; b;;a").secondary == ("a", "b")


def test_a_bad_text_is_kept_as_postgresql_can_keep_it() -> None:
    assert check(text="a\0b").text == "a␀b"
    assert check(text=b"caf\xe9").text == "caf\\xe9"
    assert check(text="\ud83d!").text == "\\ud83d!"
    assert len(check(text="a" * 60_000).text) == LONGEST_TEXT


@pytest.mark.parametrize(("split", "test"), [("test", True), ("Oos_Test", True), ("train", False), ("", False)])
def test_a_split_that_ends_in_test_is_the_test_split(split: str, test: bool) -> None:
    assert is_test(split) is test


@given(st.text())
def test_whatever_is_shown_can_be_stored(text: str) -> None:
    assert "\0" not in shown(text).encode("utf-8").decode("utf-8")


@given(st.text() | st.binary() | st.none() | st.floats() | st.lists(st.text()), st.text() | st.integers(), st.text())
def test_every_row_is_good_or_has_a_known_reason(text: Any, label: Any, split: str) -> None:
    row = check(text=text, label=label, split=split)
    assert row.reason is None or row.reason in REASONS
    (row.text + row.label).encode("utf-8")


def test_text_and_label_fall_back_on_their_usual_names() -> None:
    assert find_columns(FILE, ("prompt", "intent", "x"), {}) == Columns("prompt", "intent")
    assert find_columns(FILE, ("prompt", "prompt_text", "primary"), {}) == Columns("prompt_text", "primary")


def test_a_named_column_has_no_fallback() -> None:
    with pytest.raises(ColumnMissing, match=r"no column 'body'.*It has: text, label.*--text-column"):
        find_columns(FILE, ("text", "label"), {"text": "body"})


def test_a_missing_optional_column_is_refused_by_its_option() -> None:
    with pytest.raises(ColumnMissing, match="--techniques-column"):
        find_columns(FILE, ("text", "label"), {"techniques": "t"})
