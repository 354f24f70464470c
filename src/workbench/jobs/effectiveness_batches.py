"""Estimates on their way into ``intent_technique_effectiveness``: staged, looked at, applied, undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from workbench.db.connection import Connection, connect
from workbench.errors import (
    BatchUnknown,
    EffectivenessChangedSince,
    EffectivenessRefused,
    EffectivenessRefusedInPart,
    NotApplied,
)
from workbench.store import batches as store
from workbench.store.batches import Basis, Batch, Standing

if TYPE_CHECKING:
    from workbench.jobs.estimate_effectiveness import EffectivenessResult


@dataclass(frozen=True)
class Shown:
    """A batch and what applying it would do now, as ``store.batches.changes`` describes it."""

    batch: Batch
    changes: pd.DataFrame


@dataclass(frozen=True)
class Applied:
    """``written`` rows; ``unchanged`` ones stood there with the same values, ``refused`` ones keep what they had.
    ``already`` says since when and by whom where the batch had been applied before; nothing was done then."""

    batch: str
    written: int
    unchanged: int
    refused: int
    already: Standing | None = None


@dataclass(frozen=True)
class Undone:
    """``restored`` rows have their old values again, ``removed`` ones did not exist before. ``already`` as above."""

    batch: str
    restored: int
    removed: int
    already: Standing | None = None


def stage(url: str, result: EffectivenessResult, run_id: str | None = None) -> str:
    """Write the estimates into a batch of their own and return its id; ``run_id`` is the MLflow run that made them."""
    found = result.found
    settings = result.options.as_settings() | {"left_out": result.n_left_out}
    basis = Basis(
        result.n_outcomes, result.n_synthetic, found.source, found.r_hat, found.correlation, settings, result.digest
    )
    with connect(url) as connection:
        return store.stage(connection, basis, result.estimates, run_id)


def show(url: str, beginning: str = "") -> Shown:
    """The batch whose id begins so, the newest one of all where nothing is given.

    Raises:
        BatchUnknown: there is none, or several.
    """
    with connect(url) as connection:
        batch = _find(connection, beginning)
        return Shown(batch, store.changes(connection, batch.id))


def apply(url: str, beginning: str = "", allow_synthetic: bool = False, strict: bool = False) -> Applied:
    """Write what may be written, in one transaction; without a batch named, of the newest staged one.

    A second apply of the same batch, also one that waited for the first, changes nothing and says so.

    Raises:
        BatchUnknown: there is no such batch, or several.
        EffectivenessRefused: nothing may be written.
        EffectivenessRefusedInPart: ``strict``, and some cells may not be written.
    """
    with connect(url) as connection:
        batch = _find(connection, beginning, None if beginning else "staged")
        store.lock(connection)
        standing = store.standing(connection, batch.id)
        if standing.state == "applied":
            return Applied(batch.id, 0, 0, 0, standing)
        changes = store.changes(connection, batch.id)
        kind = changes["refusal"]
        refused = changes[kind.notna() & ~((kind == "synthetic") & allow_synthetic)]
        _check(batch.id, changes, refused, strict)
        written = store.apply(connection, batch.id, allow_synthetic)
        return Applied(batch.id, written, len(changes) - len(refused) - written, len(refused))


def undo(url: str, beginning: str) -> Undone:
    """Put back, in one transaction, what stood there before the batch was applied.

    Raises:
        BatchUnknown: there is no such batch, or several.
        NotApplied: the batch was never applied.
        EffectivenessChangedSince: another batch or another hand wrote some of its cells since.
    """
    with connect(url) as connection:
        batch = _find(connection, beginning)
        store.lock(connection)
        standing = store.standing(connection, batch.id)
        if standing.state == "staged":
            raise NotApplied(batch=batch.id)
        if standing.state == "undone":
            return Undone(batch.id, 0, 0, standing)
        touched = store.changed_since(connection, batch.id)
        if touched:
            raise _changed(batch.id, touched)
        return Undone(batch.id, *store.undo(connection, batch.id))


def apply_if_any(url: str, batch: str) -> Applied:
    """As ``apply``, but that nothing may be written is no error."""
    try:
        return apply(url, batch)
    except EffectivenessRefused as exc:
        return Applied(batch, 0, 0, exc.cells)


def _find(connection: Connection, beginning: str, state: store.State | None = None) -> Batch:
    found = store.find(connection, beginning, state)
    if len(found) == 1 or (found and not beginning):
        return found[0]
    newest = ", ".join(f"{batch.id} ({batch.state})" for batch in store.find(connection, most=5)) or "none"
    wanted = f"batch {beginning!r}" if beginning else "batch that waits to be applied" if state else "batch"
    problem = f"There are several batches {beginning!r}" if found else f"There is no {wanted}"
    raise BatchUnknown(problem=problem, newest=newest)


def _check(batch: str, changes: pd.DataFrame, refused: pd.DataFrame, strict: bool) -> None:
    reasons = counted(refused)
    if len(refused) == len(changes):
        raise EffectivenessRefused(batch=batch, cells=len(changes), reasons=reasons)
    if strict and len(refused):
        raise EffectivenessRefusedInPart(batch=batch, refused=len(refused), cells=len(changes), reasons=reasons)


def counted(refused: pd.DataFrame) -> str:
    """How many cells are refused for which reason, numbers left out; the most frequent first."""
    kinds = refused["reason"].str.replace(r" [\d.]+ (is below|is above) [\d.]+", r" \1 its threshold", regex=True)
    return "; ".join(f"{count} × {reason}" for reason, count in kinds.value_counts().items()) or "no cell at all"


def _changed(batch: str, touched: list[store.Touched]) -> EffectivenessChangedSince:
    later = next((cell.batch_id for cell in touched if cell.batch_id not in {None, batch}), None)
    by_hand = "Give them back what the batch wrote (effectiveness_estimates.written has it), then undo."
    advice = f"Undo that first: workbench effectiveness undo {later}" if later else by_hand
    who = f"the batch {later}" if later else "another hand"
    cell = f"{touched[0].technique} for {touched[0].intent}"
    return EffectivenessChangedSince(batch=batch, cells=len(touched), cell=cell, who=who, advice=advice)
