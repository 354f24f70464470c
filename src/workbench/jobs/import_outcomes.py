"""Bring an outcome log into the decision log, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.db.connection import Connection, connect
from workbench.db.migrations import check_migrated
from workbench.errors import NothingImported
from workbench.features.embedding import Encoder, embed
from workbench.jobs.import_file import TICK_ROWS
from workbench.jobs.import_labels import resolve
from workbench.jobs.outcome_columns import Columns, find_columns
from workbench.jobs.outcome_rows import check_outcome
from workbench.jobs.reading import Source, fingerprint, open_source
from workbench.store import imports, outcomes
from workbench.store.imports import NewIntent
from workbench.store.outcomes import OutcomeImport, StagedOutcome

Tick = Callable[[int, int, str], None]
ADVICE = "add --create-intents or --create-techniques if the labels or the techniques are new"


@dataclass(frozen=True)
class OutcomeOptions:
    """``columns`` is the name by role (see ``outcome_columns.ROLES``), ``constants`` what stands for a whole column."""

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    create_techniques: bool = False
    create_intents: bool = False
    is_synthetic: bool = False


@dataclass(frozen=True)
class OutcomeImportResult:
    """``read`` is ``written`` + ``quarantined`` + ``duplicates``; a duplicate stood in the log since an earlier import
    of the file. ``reasons`` counts the quarantined; ``arms`` (codes joined by ";", "" for none) and
    ``with_propensity`` the others. ``embedded`` distinct texts were encoded."""

    file: str
    dry_run: bool
    is_repeat: bool
    is_synthetic: bool
    read: int
    written: int
    quarantined: int
    duplicates: int
    reasons: dict[str, int]
    prompts: int
    arms: dict[str, int]
    with_propensity: int
    embedded: int
    techniques_created: list[str]
    intents_created: list[str]


def import_outcomes(
    url: str,
    path: Path,
    options: OutcomeOptions,
    find_encoder: Callable[[], Encoder],
    *,
    dry_run: bool = False,
    tick: Tick = lambda *_: None,
) -> OutcomeImportResult:
    """Import ``path``; with ``dry_run`` do everything but embedding and then take it back. Nothing is written if
    anything raises. The encoder is looked for when there is a text to embed.

    Raises:
        MisuseError, FileUnreadable, FileFormatUnknown, FileEmpty, ColumnMissing, LabelsCollide, NothingImported,
        EncoderUnavailable, EncoderTampered, SchemaNotMigrated, DatabaseUnreachable
    """
    found = fingerprint(path)
    with open_source(path, found) as source:
        columns = find_columns(path, source.columns, options.columns, options.constants)
        check_migrated(url)
        with connect(url) as connection:
            outcomes.stage(connection, _rows(source, columns, found.sha256, tick), found.sha256)
            _judge(connection, path, options)
            _refuse_nothing(connection, path)
            embeds = columns.has("prompt") and not dry_run
            space, embedded = _embed(connection, find_encoder, tick) if embeds else (None, 0)
            created = _create(connection, path, options)
            what = OutcomeImport(path.name, found.sha256, _kept(options))
            result = _result(connection, path, options, what, created, embedded, dry_run)
            outcomes.write(connection, what, space=space, is_synthetic=options.is_synthetic)
            if dry_run:
                connection.rollback()
    return result


def _rows(source: Source, columns: Columns, sha256: str, tick: Tick) -> Iterator[StagedOutcome]:
    wanted = list(columns.names.values())
    for count, raw in enumerate(source.rows(wanted)):
        if count % TICK_ROWS == 0:
            tick(min(raw.line, source.total), source.total, "rows")
        yield check_outcome(raw, columns, sha256)
    tick(source.total, source.total, "rows")


def _embed(connection: Connection, find_encoder: Callable[[], Encoder], tick: Tick) -> tuple[str, int]:
    """Each distinct text once; the space, and how many had to be encoded."""
    encoder = find_encoder()
    wanted = outcomes.texts_to_embed(connection, encoder.space)
    texts = [text for _, text in wanted]
    for chosen, vectors in embed(texts, encoder, lambda done, total: tick(done, total, "embeddings")):
        outcomes.stage_vectors(connection, [wanted[place][0] for place in chosen], vectors)
    return encoder.space, len(wanted)


def _judge(connection: Connection, path: Path, options: OutcomeOptions) -> dict[str, NewIntent]:
    """Set aside the rows whose intent or techniques there are not; the intents that would have to be made."""
    pairs = [(label, "") for label in outcomes.labels(connection)]
    resolution = resolve(pairs, imports.intent_names(connection), options.create_intents, path)
    outcomes.set_labels(connection, resolution.labels)
    if not options.create_techniques:
        outcomes.refuse_unknown_techniques(connection)
    return resolution.new


def _create(connection: Connection, path: Path, options: OutcomeOptions) -> tuple[list[str], list[str]]:
    """Make the techniques and intents that are missing; codes and paths of those made."""
    if not options.create_intents and not options.create_techniques:
        return [], []
    # Others may have made some while texts were embedded.
    imports.lock_taxonomy(connection)
    new = _judge(connection, path, options)
    described = f"Made by an import of outcomes from {path.name}; nobody has described it."
    techniques = outcomes.create_techniques(connection, described) if options.create_techniques else []
    intents = imports.create_intents(connection, new.values(), outcomes.used_paths(connection))
    return techniques, [intent.path for intent in intents]


def _refuse_nothing(connection: Connection, path: Path) -> None:
    """
    Raises:
        NothingImported: there is no row that could be taken.
    """
    counted = outcomes.counts(connection)
    if not counted.written and not counted.duplicates:
        told = "; ".join(
            f"{reason}: {number}, first on line {line}" for reason, number, line in outcomes.reasons(connection)
        )
        raise NothingImported(read=counted.read, path=path, reasons=told, advice=ADVICE)


def _kept(options: OutcomeOptions) -> dict[str, Any]:
    return {**vars(options), "columns": dict(options.columns), "constants": dict(options.constants)}


def _result(
    connection: Connection,
    path: Path,
    options: OutcomeOptions,
    what: OutcomeImport,
    created: tuple[list[str], list[str]],
    embedded: int,
    dry_run: bool,
) -> OutcomeImportResult:
    return OutcomeImportResult(
        file=str(path),
        dry_run=dry_run,
        is_repeat=outcomes.is_repeat(connection, what),
        is_synthetic=options.is_synthetic,
        **vars(outcomes.counts(connection)),
        reasons={reason: number for reason, number, _ in outcomes.reasons(connection)},
        arms=outcomes.arms(connection),
        embedded=embedded,
        techniques_created=created[0],
        intents_created=created[1],
    )
