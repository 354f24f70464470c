"""Rows of a CSV, JSON Lines or Parquet file, one at a time, each with the line on which it starts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple, TextIO

from workbench.errors import FileEmpty, FileFormatUnknown, FileUnreadable

LINE_LIMIT = 8 * 1024 * 1024
JSON_ROWS_TO_NAME_COLUMNS = 1000
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


@dataclass(frozen=True)
class RawRow:
    """``cells`` by column name. With a ``reason`` the row is unusable and ``raw`` is what stands in the file."""

    line: int
    cells: Mapping[str, object] = field(default_factory=dict)
    reason: str | None = None
    raw: str = ""


@dataclass(frozen=True)
class Source:
    """``rows`` takes the columns that are wanted; ``total`` is the number of lines, in Parquet of rows."""

    columns: tuple[str, ...]
    rows: Callable[[Collection[str]], Iterator[RawRow]]
    total: int


class Line(NamedTuple):
    """``cut`` is set where the line is longer than LINE_LIMIT characters; its rest is skipped."""

    number: int
    text: str
    cut: bool


@dataclass(frozen=True)
class Fingerprint:
    sha256: str
    lines: int
    head: bytes


def fingerprint(path: Path) -> Fingerprint:
    """Digest, number of line ends and first bytes of a file.

    Raises:
        FileUnreadable: it does not exist, is no regular file, or may not be read.
    """
    if path.exists() and not path.is_file():
        raise FileUnreadable(path=path, reason="it is not a regular file.")
    digest, lines, head = hashlib.sha256(), 0, b""
    try:
        with path.open("rb") as handle:
            while block := handle.read(1 << 20):
                head = head or block[:4096]
                digest.update(block)
                lines += block.count(b"\n")
    except OSError as exc:
        raise FileUnreadable(path=path, reason=f"{exc.strerror}.") from exc
    return Fingerprint(digest.hexdigest(), lines, head)


@contextmanager
def open_source(path: Path, found: Fingerprint) -> Iterator[Source]:
    """Open a file for reading row by row.

    Raises:
        FileFormatUnknown, FileUnreadable, FileEmpty
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".jsonl", ".ndjson", ".parquet"):
        raise FileFormatUnknown(path=path, suffix=path.suffix)
    if not found.head:
        raise FileEmpty(path=path)
    if suffix == ".parquet":
        from workbench.jobs.reading_parquet import parquet_source

        with parquet_source(path) as source:
            yield source
        return
    if found.head.startswith(_WIDE_MARKS) or b"\0" in found.head[:2]:
        raise FileUnreadable(path=path, reason="it is UTF-16 or UTF-32; save it as UTF-8.")
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as handle:
        if suffix == ".csv":
            from workbench.jobs.reading_csv import csv_source

            yield csv_source(path, numbered(handle), found.lines)
        else:
            yield _json_source(path, numbered(handle), found.lines)


def numbered(handle: TextIO) -> Iterator[Line]:
    """Physical lines; no line of a hostile file is ever held whole."""
    number = 0
    while text := handle.readline(LINE_LIMIT):
        number += 1
        piece, cut = text, False
        while len(piece) == LINE_LIMIT and not piece.endswith(("\n", "\r")):
            piece, cut = handle.readline(LINE_LIMIT), True
        yield Line(number, text, cut)


def _json_source(path: Path, lines: Iterator[Line], total: int) -> Source:
    rows = (_json_row(line) for line in lines if line.text.strip())
    first = list(islice(rows, JSON_ROWS_TO_NAME_COLUMNS))
    if not first:
        raise FileEmpty(path=path)
    columns = tuple(dict.fromkeys(name for row in first for name in row.cells))
    return Source(columns, lambda _: chain(first, rows), total)


def _json_row(line: Line) -> RawRow:
    if line.cut:
        return RawRow(line.number, reason="text too long", raw=line.text)
    try:
        value = json.loads(line.text, strict=False)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return RawRow(line.number, value)
    broken = any("\udc80" <= character <= "\udcff" for character in line.text)
    return RawRow(line.number, reason="wrong encoding" if broken else "not a JSON object", raw=line.text.strip())
