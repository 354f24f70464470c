"""CSV, JSON Lines and Parquet, and the files that are none of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workbench.errors import FileEmpty, FileFormatUnknown, FileUnreadable
from workbench.jobs.reading import LINE_LIMIT, RawRow, fingerprint, open_source


def read(path: Path) -> list[RawRow]:
    with open_source(path, fingerprint(path)) as source:
        return list(source.rows(source.columns))


def written(folder: Path, content: bytes, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


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
