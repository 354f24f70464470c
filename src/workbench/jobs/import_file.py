"""Bring a file of labelled prompts into a dataset version, in one transaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Literal
from uuid import UUID

from workbench.db.connection import Connection, connect
from workbench.db.migrations import check_migrated
from workbench.errors import MisuseError, NothingImported
from workbench.jobs.cells import shown
from workbench.jobs.import_labels import resolve
from workbench.jobs.import_rows import Columns, check_row, find_columns
from workbench.jobs.reading import Source, fingerprint, open_source
from workbench.store import imports
from workbench.store.imports import Batch, Counts, StagedRow

Tick = Callable[[int, int], None]
SourceType = Literal["production", "synthetic", "manual"]
TICK_ROWS = 500


@dataclass(frozen=True)
class ImportOptions:
    """``None`` for a column means that there is none; text and label then fall back on their usual names."""

    text_column: str | None = None
    label_column: str | None = None
    parent_column: str | None = None
    complexity_column: str | None = None
    techniques_column: str | None = None
    secondary_column: str | None = None
    split_column: str | None = None
    test_fraction: float | None = None
    create_intents: bool = False
    source_type: SourceType = "manual"

    def columns(self) -> dict[str, str | None]:
        """Column by role."""
        return {name.removesuffix("_column"): value for name, value in asdict(self).items() if name.endswith("_column")}


@dataclass(frozen=True)
class ImportResult:
    """``read`` is ``written`` + ``quarantined`` + ``duplicates``; a row that moved its text to the test split is one of
    the duplicates. ``reasons`` counts the quarantined. ``test_rows`` and ``train_rows`` are those of the whole dataset
    version after the import. ``columns_left`` are those of the file that nobody asked for."""

    file: str
    dataset_version: str
    dry_run: bool
    read: int
    written: int
    quarantined: int
    duplicates: int
    reasons: dict[str, int]
    test_rows: int
    train_rows: int
    intents_created: int
    moved_to_test: int
    columns_left: tuple[str, ...] = ()


def check_version(version: str) -> None:
    """
    Raises:
        MisuseError: ``version`` cannot be the name of a dataset version.
    """
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,20}", version):
        raise MisuseError(
            detail=f"The dataset version {version!r} is wrong. Expected 1 to 20 of the characters A-Z a-z 0-9 . _ -"
        )


def import_file(
    url: str, path: Path, version: str, options: ImportOptions, *, dry_run: bool = False, tick: Tick = lambda *_: None
) -> ImportResult:
    """Import ``path``; with ``dry_run`` do everything and then take it back. Nothing is written if anything raises.

    Raises:
        MisuseError, FileUnreadable, FileFormatUnknown, FileEmpty, ColumnMissing, LabelsCollide, NothingImported,
        SchemaNotMigrated, DatabaseUnreachable
    """
    check_version(version)
    _check_options(options)
    found = fingerprint(path)
    with open_source(path, found) as source:
        columns = find_columns(path, source.columns, options.columns())
        check_migrated(url)
        with connect(url) as connection:
            # Before the COPY: while it runs, the connection takes no other command.
            techniques = imports.technique_ids(connection) if columns.techniques else {}
            imports.stage(connection, _rows(source, columns, techniques, tick))
            counts, created = merge(connection, path, version, options, is_validated=False)
            result = result_of(connection, path, version, counts, created, dry_run)
            left = tuple(shown(name) for name in source.columns if name not in columns.names())
            refuse_nothing(connection, path, counts)
            imports.record(connection, Batch(version, path.name, found.sha256, asdict(options)), counts)
            if dry_run:
                connection.rollback()
    return replace(result, columns_left=left)


def merge(
    connection: Connection, path: Path, version: str, options: ImportOptions, *, is_validated: bool
) -> tuple[Counts, int]:
    """Turn the staged rows into rows of the dataset version: what became of them, and how many intents are new."""
    imports.lock_version(connection, version)
    if options.create_intents:
        imports.lock_taxonomy(connection)
    names = imports.intent_names(connection)
    resolution = resolve(imports.labels(connection), names, options.create_intents, path)
    imports.set_labels(connection, resolution.labels)
    if options.test_fraction is not None:
        imports.split_by_text(connection, version, Decimal(str(options.test_fraction)))
    counts = imports.judge(connection, version)
    created = imports.create_intents(connection, resolution.new.values(), imports.used_paths(connection))
    imports.write(connection, version, source_type=options.source_type, is_validated=is_validated)
    return counts, len(created)


def _check_options(options: ImportOptions) -> None:
    fraction = options.test_fraction
    if fraction is not None and not 0 <= fraction < 1:
        raise MisuseError(detail=f"--test-fraction is {fraction}. Expected a share from 0 to below 1, such as 0.2.")
    if fraction is not None and options.split_column is not None:
        raise MisuseError(detail="--split-column and --test-fraction both decide the split. Give one of them.")


def _rows(source: Source, columns: Columns, techniques: Mapping[str, UUID], tick: Tick) -> Iterator[StagedRow]:
    for count, raw in enumerate(source.rows(columns.names())):
        if count % TICK_ROWS == 0:
            tick(min(raw.line, source.total), source.total)
        yield check_row(raw, columns, techniques)
    tick(source.total, source.total)


def refuse_nothing(connection: Connection, path: Path, counts: Counts) -> None:
    if counts.written or counts.duplicates:
        return
    told = "; ".join(f"{reason}: {n}, first on line {line}" for reason, n, line in imports.reasons(connection))
    advice = "add --create-intents if the labels are new"
    raise NothingImported(read=counts.read, path=path, reasons=told, advice=advice)


def result_of(
    connection: Connection, path: Path, version: str, counts: Counts, created: int, dry_run: bool
) -> ImportResult:
    test, train = imports.split_sizes(connection, version)
    reasons = {reason: number for reason, number, _ in imports.reasons(connection)}
    return ImportResult(
        file=str(path),
        dataset_version=version,
        dry_run=dry_run,
        read=counts.read,
        written=counts.written,
        quarantined=counts.quarantined,
        duplicates=counts.duplicates,
        reasons=reasons,
        test_rows=test,
        train_rows=train,
        intents_created=created,
        moved_to_test=counts.moved,
    )
