"""CSV after RFC 4180: a header, commas (or semicolons or tabs when the header has no comma), quotes doubled."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from workbench.errors import FileEmpty, FileUnreadable
from workbench.jobs.reading import LINE_LIMIT, Line, RawRow, Source

RECORD_LIMIT = 1024 * 1024


class _RecordTooLongError(Exception):
    pass


class _Records:
    """Feeds ``csv.reader`` and remembers the lines of the record at work, so that a broken record costs one line."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._waiting: deque[Line] = deque()
        self._record: list[Line] = []

    def __iter__(self) -> _Records:
        return self

    def __next__(self) -> str:
        if sum(len(line.text) for line in self._record) > RECORD_LIMIT:
            raise _RecordTooLongError
        line = self._waiting.popleft() if self._waiting else next(self._lines)
        self._record.append(line)
        if line.cut:
            raise _RecordTooLongError
        return line.text

    def begin(self) -> None:
        self._record = []

    def peek(self) -> str:
        """The first line that is not blank, left where it is."""
        for line in self._lines:
            if line.text.strip():
                self._waiting.append(line)
                return line.text
        return ""

    def first(self) -> Line:
        return self._record[0]

    def give_back_all_but_first(self) -> None:
        self._waiting.extendleft(reversed(self._record[1:]))


def csv_source(path: Path, lines: Iterator[Line], total: int) -> Source:
    """
    Raises:
        FileEmpty: there is no header, or nothing below it.
        FileUnreadable: the header cannot be understood.
    """
    csv.field_size_limit(2 * LINE_LIMIT)
    records = _Records(lines)
    head = records.peek()
    delimiter = "," if "," in head else max(";\t", key=head.count)
    reader = csv.reader(records, delimiter=delimiter if delimiter in head else ",", strict=True)
    records.begin()
    try:
        header = [name.strip() for name in next(reader)]
    except StopIteration as exc:
        raise FileEmpty(path=path) from exc
    except (csv.Error, _RecordTooLongError) as exc:
        raise FileUnreadable(path=path, reason="a quote in its header is never closed.") from exc
    twice = sorted({name for name in header if header.count(name) > 1 and name})
    if twice:
        raise FileUnreadable(path=path, reason=f"its header names the column {twice[0]!r} twice.")
    return Source(tuple(header), lambda _: _rows(path, reader, records, header), total)


def _rows(path: Path, reader: Iterator[list[str]], records: _Records, header: list[str]) -> Iterator[RawRow]:
    empty = True
    while True:
        records.begin()
        try:
            values = next(reader)
        except StopIteration:
            break
        except (csv.Error, _RecordTooLongError):
            line = records.first()
            records.give_back_all_but_first()
            empty = False
            yield RawRow(
                line.number, reason="text too long" if line.cut else "unbalanced quote", raw=line.text.rstrip("\r\n")
            )
            continue
        if not values:
            continue
        empty = False
        number = records.first().number
        if len(values) == len(header):
            yield RawRow(number, dict(zip(header, values, strict=True)))
        else:
            yield RawRow(number, reason="wrong number of columns", raw=",".join(values))
    if empty:
        raise FileEmpty(path=path)
