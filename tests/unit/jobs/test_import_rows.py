"""One row at a time: what is set aside, and what a label becomes."""

from __future__ import annotations

import string
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ColumnMissing, FileEmpty, FileFormatUnknown, FileUnreadable, LabelsCollide
from workbench.jobs.import_labels import branch, resolve, slug
from workbench.jobs.import_rows import LONGEST_TEXT, REASONS, Columns, check_row, find_columns, is_test, shown
from workbench.jobs.reading import LINE_LIMIT, RawRow, fingerprint, open_source
from workbench.store.imports import StagedRow

FILE = Path("labels.csv")
COT = UUID(int=1)
ALL = Columns("text", "label", "parent", "complexity", "techniques", "secondary", "split")


def check(**cells: Any) -> StagedRow:
    return check_row(RawRow(7, {"text": "say hello", "label": "greeting", **cells}), ALL, {"cot": COT})


def read(path: Path) -> list[RawRow]:
    with open_source(path, fingerprint(path)) as source:
        return list(source.rows(source.columns))


def written(folder: Path, content: bytes, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


# rows


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


# columns


def test_text_and_label_fall_back_on_their_usual_names() -> None:
    assert find_columns(FILE, ("prompt", "intent", "x"), {}) == Columns("prompt", "intent")
    assert find_columns(FILE, ("prompt", "prompt_text", "primary"), {}) == Columns("prompt_text", "primary")


def test_a_named_column_has_no_fallback() -> None:
    with pytest.raises(ColumnMissing, match=r"no column 'body'.*It has: text, label.*--text-column"):
        find_columns(FILE, ("text", "label"), {"text": "body"})


def test_a_missing_optional_column_is_refused_by_its_option() -> None:
    with pytest.raises(ColumnMissing, match="--techniques-column"):
        find_columns(FILE, ("text", "label"), {"techniques": "t"})


# labels


def test_slugs_of_real_labels() -> None:
    assert slug("Refund_not_showing_up") == "refund_not_showing_up"
    assert slug("reverted_card_payment?") == "reverted_card_payment"
    assert slug(" C++ / Rust ") == "c_rust"


@given(st.text())
def test_a_slug_is_plain_and_its_own_slug(label: str) -> None:
    assert set(slug(label)) <= set(string.ascii_lowercase + string.digits + "_")
    assert slug(slug(label)) == slug(label) == slug(label).strip("_")


@given(st.text(min_size=1), st.text())
def test_a_branch_grows_by_one_segment_a_level(label: str, parent: str) -> None:
    assert all(longer.startswith(shorter + ".") for shorter, longer in pairwise(paths(label, parent)))


def paths(label: str, parent: str = "") -> list[str]:
    return [node.path for node in branch(label, parent)]


def test_dots_and_parents_make_levels() -> None:
    assert paths("a.b.c") == ["a", "a.b", "a.b.c"]
    assert paths("Book Flight", "Travel") == ["travel", "travel.book_flight"]
    assert paths("travel.book", "travel") == ["travel", "travel.book"]


def test_a_label_that_repeats_its_parent_is_that_node() -> None:
    assert paths("oos", "OOS") == ["oos"]


def test_dots_without_names_between_them_are_no_levels() -> None:
    assert paths("what ...") == ["what"]
    assert paths("e.g. tea") == ["e", "e.g", "e.g.tea"]


def test_an_existing_path_is_used_and_nothing_is_created() -> None:
    found = resolve([("creative.writing", ""), ("Writing", "creative")], KNOWN, True, FILE)
    assert [label.path for label in found.labels] == ["creative.writing"] * 2
    assert not found.new


KNOWN = {"creative": "Creative work", "creative.writing": "Creative writing", "c": "C"}


def test_the_name_of_an_intent_is_its_label_too() -> None:
    known = {"drinks": "Drinks", "drinks.green_tea": "Green tea!"}
    labels = [("green tea!", "drinks"), ("Green-Tea", "DRINKS"), ("drinks.green tea", "")]
    assert {label.path for label in resolve(labels, known, False, FILE).labels} == {"drinks.green_tea"}


def test_an_unknown_label_has_a_reason_or_becomes_an_intent() -> None:
    assert resolve([("tea", "")], KNOWN, False, FILE).labels[0].reason == "unknown label"
    created = resolve([("Green Tea", "creative")], KNOWN, True, FILE)
    assert list(created.new) == ["creative.green_tea"]
    assert created.new["creative.green_tea"].name == "Green Tea"


def test_a_parent_comes_before_an_intent_of_the_same_name_elsewhere() -> None:
    known = {"exchange_rate": "exchange_rate"}
    assert resolve([("exchange_rate", "travel")], known, True, FILE).labels[0].path == "travel.exchange_rate"


def test_a_label_of_which_nothing_is_left_is_unusable() -> None:
    assert resolve([("???", "")], {}, True, FILE).labels[0].reason == "unusable label"


def test_a_path_over_a_hundred_characters_is_too_long() -> None:
    found = resolve([("x" * 60, "y" * 40), ("x" * 59, "y" * 40)], {}, True, FILE)
    assert [label.reason for label in found.labels] == ["label too long", None]


def test_two_labels_that_would_become_one_intent_collide() -> None:
    with pytest.raises(LabelsCollide, match="'foo bar' and 'foo-bar'"):
        resolve([("foo bar", ""), ("foo-bar", "")], {}, True, FILE)
    with pytest.raises(LabelsCollide, match=r"'C' .* and 'C\+\+'"):
        resolve([("C++", "")], KNOWN, True, FILE)


def test_labels_that_differ_in_case_are_one_intent() -> None:
    found = resolve([("Foo Bar", ""), ("foo bar", "")], {}, True, FILE)
    assert {label.path for label in found.labels} == {"foo_bar"}
    assert found.new["foo_bar"].name == "Foo Bar"


# files


def test_a_row_is_known_by_the_line_on_which_it_starts(tmp_path: Path) -> None:
    rows = read(written(tmp_path, b'text,label\n\n"two\nlines",a\n\nlast,b'))
    assert [(row.line, row.cells["text"]) for row in rows] == [(3, "two\nlines"), (6, "last")]


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_the_text(tmp_path: Path) -> None:
    rows = read(written(tmp_path, b"\xef\xbb\xbftext,label\r\nhi,a\r\n"))
    assert rows == [RawRow(2, {"text": "hi", "label": "a"})]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_header_tells_the_separator(tmp_path: Path, separator: str) -> None:
    rows = read(written(tmp_path, f"text{separator}label\nhi{separator}a\n".encode()))
    assert rows[0].cells == {"text": "hi", "label": "a"}


def test_an_unbalanced_quote_costs_one_line(tmp_path: Path) -> None:
    rows = read(written(tmp_path, b'text,label\n"a "b" c",x\ngood,x\n"never closed,x\nalso good,x\n'))
    assert [(row.line, row.reason) for row in rows] == [
        (2, "unbalanced quote"),
        (3, None),
        (4, "unbalanced quote"),
        (5, None),
    ]
    assert rows[0].raw == '"a "b" c",x'


def test_a_ragged_row_is_kept_whole(tmp_path: Path) -> None:
    rows = read(written(tmp_path, b"text,label\nhi, there,a\nonly\n"))
    assert [(row.reason, row.raw) for row in rows] == [
        ("wrong number of columns", "hi, there,a"),
        ("wrong number of columns", "only"),
    ]


def test_an_endless_line_is_never_held_whole(tmp_path: Path) -> None:
    rows = read(written(tmp_path, b"text,label\n" + b"a" * (2 * LINE_LIMIT) + b",x\ngood,x\n"))
    assert [(row.line, row.reason, len(row.raw)) for row in rows] == [(2, "text too long", LINE_LIMIT), (3, None, 0)]


def test_json_lines_that_are_no_objects_are_set_aside(tmp_path: Path) -> None:
    content = b'{"text": 1}\n\n[1]\n{"text"\n\xff\n' + b"[" * 100_000 + b'\n{"text": "x\0y"}\n'
    rows = read(written(tmp_path, content, "rows.NDJSON"))
    none = "not a JSON object"
    assert [row.line for row in rows] == [1, 3, 4, 5, 6, 7]
    assert [row.reason for row in rows] == [None, none, none, "wrong encoding", none, None]


def test_parquet_cells_come_one_by_one(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    broken = pa.array([b"caf\xe9", None], pa.binary()).view(pa.string())
    labels = pa.array(["a", "a"]).dictionary_encode()
    parquet.write_table(pa.table({"text": broken, "label": labels, "other": [1, 2]}), tmp_path / "rows.parquet")
    rows = read(tmp_path / "rows.parquet")
    assert [row.line for row in rows] == [1, 2]
    assert [row.cells["text"] for row in rows] == [b"caf\xe9", None]
    assert [row.cells["label"] for row in rows] == [b"a", b"a"]


@pytest.mark.parametrize(
    ("name", "content", "error", "message"),
    [
        ("rows.csv", b"", FileEmpty, "holds no rows"),
        ("rows.csv", b"\n\n", FileEmpty, "holds no rows"),
        ("rows.csv", b"text,label\n", FileEmpty, "holds no rows"),
        ("rows.jsonl", b"\n", FileEmpty, "holds no rows"),
        ("rows.csv", b'"text,label\nhi,a\n', FileUnreadable, "quote in its header"),
        ("rows.csv", b"text,text\nhi,a\n", FileUnreadable, "'text' twice"),
        ("rows.csv", "text,label\nhi,a\n".encode("utf-16"), FileUnreadable, "save it as UTF-8"),
        ("rows.csv", "text,label\nhi,a\n".encode("utf-16-le"), FileUnreadable, "save it as UTF-8"),
        ("rows.jsonl", "{}".encode("utf-32"), FileUnreadable, "save it as UTF-8"),
        ("rows.parquet", b"PAR1 no more", FileUnreadable, "Cannot read"),
        ("rows.xlsx", b"x", FileFormatUnknown, r"'\.xlsx'\. Expected \.csv"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(
    tmp_path: Path, name: str, content: bytes, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        read(written(tmp_path, content, name))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="No such file"):
        fingerprint(tmp_path / "nowhere.csv")
    with pytest.raises(FileUnreadable, match="not a regular file"):
        fingerprint(tmp_path)


def test_a_file_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    path = written(tmp_path, b"text,label\n")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(FileUnreadable, match="Permission denied"):
        fingerprint(path)
