"""Parquet, a thousand rows at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.errors import FileEmpty, FileUnreadable
from workbench.jobs.reading import RawRow, Source

BATCH_ROWS = 1000


@contextmanager
def parquet_source(path: Path) -> Iterator[Source]:
    """
    Raises:
        FileUnreadable: it is no Parquet file or is damaged.
        FileEmpty: it has no rows.
    """
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(str(path)) as file:
            if file.metadata.num_rows == 0:
                raise FileEmpty(path=path)
            yield Source(tuple(file.schema_arrow.names), lambda wanted: _rows(file, wanted), file.metadata.num_rows)
    except (pa.ArrowException, OSError) as exc:
        raise FileUnreadable(path=path, reason=f"{str(exc).splitlines()[0].rstrip('.')}.") from exc


def _rows(file: Any, wanted: Collection[str]) -> Iterator[RawRow]:
    number = 0
    for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=sorted(wanted)):
        columns = {name: _values(batch.column(name)) for name in batch.schema.names}
        for index in range(batch.num_rows):
            number += 1
            yield RawRow(number, {name: values[index] for name, values in columns.items()})


def _values(column: Any) -> list[Any]:
    """Strings come as bytes, so that one wrongly encoded cell does not cost the whole batch."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type):
        column = column.cast(pa.binary())
    elif pa.types.is_large_string(column.type):
        column = column.cast(pa.large_binary())
    return list(column.to_pylist())
