"""Bring a corpus folder in: intents, techniques, patterns and labelled prompts, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from workbench.db.connection import connect
from workbench.db.migrations import check_migrated
from workbench.errors import CorpusInvalid, MisuseError
from workbench.jobs.corpus_files import Corpus, read_corpus
from workbench.jobs.import_file import (
    TICK_ROWS,
    ImportOptions,
    ImportResult,
    Tick,
    check_version,
    merge,
    refuse_nothing,
    result_of,
)
from workbench.jobs.import_rows import Columns, check_row
from workbench.jobs.reading import RawRow, fingerprint
from workbench.resources import shipped
from workbench.store import corpus as store
from workbench.store import imports
from workbench.store.imports import Batch, StagedRow

SHIPPED = "starter"
COLUMNS = Columns("text", "primary", None, "complexity", "techniques", "secondary", "split")


def is_corpus(file: str) -> bool:
    """Whether ``file`` is a folder, or the word for the corpus that comes with the workbench."""
    return file == SHIPPED or Path(file).is_dir()


def import_corpus(
    url: str,
    file: str,
    version: str,
    options: ImportOptions | None = None,
    *,
    dry_run: bool = False,
    tick: Tick = lambda *_: None,
) -> ImportResult:
    """Import the folder ``file`` (or ``starter``); what stands in the database already is not written again.

    Raises:
        MisuseError: an option was given that only a file can have.
        CorpusInvalid, FileUnreadable, SchemaNotMigrated, DatabaseUnreachable
    """
    check_version(version)
    if options not in (None, ImportOptions()):
        raise MisuseError(detail="A corpus folder says everything itself. Give it --dataset-version only.")
    folder = shipped("data", "starter") if file == SHIPPED else Path(file)
    corpus = read_corpus(folder)
    check_migrated(url)
    with connect(url) as connection:
        imports.lock_version(connection, version)
        imports.lock_taxonomy(connection)
        created = store.upsert_intents(connection, (entry.model_dump() for entry in corpus.intents))
        store.upsert_techniques(connection, (entry.model_dump() for entry in corpus.techniques))
        store.upsert_patterns(connection, (entry.model_dump() for entry in corpus.patterns))
        imports.stage(connection, _rows(corpus, imports.technique_ids(connection), tick))
        counts, _ = merge(connection, folder, version, ImportOptions(), is_validated=True)
        result = result_of(connection, folder, version, counts, created, dry_run)
        refuse_nothing(connection, folder, counts)
        imports.record(connection, Batch(version, folder.name, _digest(folder), {"corpus": True}), counts)
        if dry_run:
            connection.rollback()
    return result


def _rows(corpus: Corpus, techniques: dict[str, UUID], tick: Tick) -> Iterator[StagedRow]:
    total = len(corpus.prompts)
    for number, (path, line, prompt) in enumerate(corpus.prompts, start=1):
        row = check_row(RawRow(number, prompt.model_dump()), COLUMNS, techniques)
        if row.reason:
            raise CorpusInvalid(path=path, problem=f"line {line}: {row.reason}.")
        if number % TICK_ROWS == 0 or number == total:
            tick(number, total)
        yield row


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted((*folder.glob("*.yaml"), *folder.glob("prompts/*.jsonl"))):
        digest.update(f"{path.relative_to(folder)} {fingerprint(path).sha256}\n".encode())
    return digest.hexdigest()
