"""`workbench effectiveness`: estimates staged, looked at, applied and undone."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import json_option, print_json, print_table, progress
from workbench.db.connection import database_url
from workbench.settings import read_settings

if TYPE_CHECKING:
    import pandas as pd

    from workbench.jobs.effectiveness_batches import Shown
    from workbench.store.batches import Batch, Standing

MOST_ROWS = 40


@click.group()
def effectiveness() -> None:
    """How well each technique works for each intent: estimate, look at what would change, apply it, undo it."""


@effectiveness.command("estimate")
@click.option(
    "--synthetic",
    type=click.Choice(["auto", "exclude", "include", "only"]),
    default="auto",
    show_default=True,
    help="Simulated outcomes: auto takes them only where there are no real ones.",
)
@click.option("--least-effective-n", type=click.FloatRange(0), default=10.0, show_default=True,
              help="Refuse a cell whose outcomes are worth fewer independent ones.")  # fmt: skip
@click.option("--least-overlap", type=click.FloatRange(0, 1), default=0.5, show_default=True,
              help="Refuse a cell where a smaller share of decisions could have gone either way.")  # fmt: skip
@click.option("--floor", type=click.FloatRange(0.0001, 0.2), default=0.01, show_default=True,
              help="Probability from which on a technique could have been chosen; also bounds weights.")  # fmt: skip
@click.option("--sweeps", type=click.IntRange(20), default=400, show_default=True, help="Draws of each of 8 chains.")
@click.option("--seed", type=click.IntRange(0, 2**62), default=20260101, show_default=True, help="Of everything drawn.")
@json_option
def estimate_command(
    synthetic: Any, least_effective_n: float, least_overlap: float, floor: float, sweeps: int, seed: int, as_json: bool
) -> None:
    """Estimate from every decision with an outcome, and stage the estimates as a batch. Nothing is changed yet."""
    from workbench.evaluation.pooling import Effort
    from workbench.evaluation.support import Thresholds
    from workbench.jobs.effectiveness_batches import stage
    from workbench.jobs.estimate_effectiveness import EstimateOptions, estimate, in_words

    least = Thresholds(least_effective_n, least_overlap, floor)
    effort = Effort(warmup=max(sweeps // 2, 10), sweeps=sweeps, seed=seed)
    url = database_url(read_settings())
    with progress("estimating") as tick:
        result = estimate(url, EstimateOptions(synthetic, least, effort), tick)
    batch = stage(url, result)
    cells = result.cells
    if as_json:
        basis = {name: getattr(result, f"n_{name}") for name in ("outcomes", "synthetic", "left_out")}
        refused = int(cells["refused"].notna().sum())
        counts = {"cells": len(cells), "refused": refused, "propensities": result.found.source}
        numbers = {"r_hat": result.found.r_hat, "log_sha256": result.digest, "seconds": result.seconds}
        print_json({"batch": batch, **basis, **counts, **numbers})
        return
    click.echo(in_words(result))
    click.echo(f"Batch {batch} is staged. Look: workbench effectiveness show {batch[:8]}")


@effectiveness.command("show")
@click.argument("batch", default="")
@click.option("--intent", help="This intent and everything below it.")
@click.option("--technique", help="This technique's code.")
@click.option("--refused", is_flag=True, help="Refused cells only, each with its reason.")
@click.option("--all", "everything", is_flag=True, help=f"Every cell, also unchanged ones and beyond {MOST_ROWS}.")
@json_option
def show_command(
    batch: str, intent: str | None, technique: str | None, refused: bool, everything: bool, as_json: bool
) -> None:
    """What applying BATCH (the newest, else the beginning of an id) would change now, and what is refused and why."""
    from workbench.jobs.effectiveness_batches import counted, show

    shown = show(database_url(read_settings()), batch)
    chosen = _chosen(shown.changes, intent, technique, refused)
    if as_json:
        print_json(_as_json(shown, chosen))
        return
    click.echo(_title(shown.batch))
    is_refused = shown.changes["refusal"].notna()
    changing = shown.changes["differs"] & ~is_refused
    click.echo(f"{len(shown.changes):,} cells: {changing.sum():,} change, {is_refused.sum():,} are refused.")
    if is_refused.any():
        click.echo(f"Refused: {counted(shown.changes[is_refused])}.")
    if not refused and not everything:
        chosen = chosen[chosen["refusal"].isna() & chosen["differs"]]
    rows = _largest_first(chosen) if everything else _largest_first(chosen).head(MOST_ROWS)
    if len(rows):
        _print_changes(rows)
    if len(rows) < len(chosen):
        click.echo(f"{len(chosen) - len(rows):,} more with --all.")


@effectiveness.command("apply")
@click.argument("batch", default="")
@click.option("--strict", is_flag=True, help="Write nothing if any cell is refused.")
@click.option("--allow-synthetic", is_flag=True, help="Also where the estimate that stands rests on real outcomes.")
@json_option
def apply_command(batch: str, strict: bool, allow_synthetic: bool, as_json: bool) -> None:
    """Write BATCH (the newest staged one, else the beginning of an id) into intent_technique_effectiveness.

    One transaction, kept in the audit log. Refused cells keep their old value; exit code 3 where all are refused, with
    --strict where any is. A batch applied twice changes nothing.
    """
    from workbench.jobs.effectiveness_batches import apply

    done = apply(database_url(read_settings()), batch, allow_synthetic, strict)
    if as_json:
        print_json(asdict(done))
    elif done.already:
        click.echo(f"Batch {done.batch} was applied before: {_since(done.already)}. Nothing was changed.")
    else:
        click.echo(
            f"Batch {done.batch} is applied: {done.written:,} rows written, {done.unchanged:,} as they were, "
            f"{done.refused:,} refused and left alone. Undo: workbench effectiveness undo {done.batch[:8]}"
        )


@effectiveness.command("undo")
@click.argument("batch")
@json_option
def undo_command(batch: str, as_json: bool) -> None:
    """Put back what stood there before BATCH (the beginning of an id) was applied, to the byte."""
    from workbench.jobs.effectiveness_batches import undo

    done = undo(database_url(read_settings()), batch)
    if as_json:
        print_json(asdict(done))
    elif done.already:
        click.echo(f"Batch {done.batch} was undone before: {_since(done.already)}. Nothing was changed.")
    else:
        click.echo(f"Batch {done.batch} is undone: {done.restored:,} rows restored, {done.removed:,} removed.")


def _since(standing: Standing) -> str:
    assert standing.since is not None
    return f"{standing.since:%Y-%m-%d %H:%M:%S %Z} by {standing.by}"


def _title(batch: Batch) -> str:
    basis = batch.basis
    kind = f", {basis.synthetic_outcomes:,} of them SYNTHETIC" if basis.synthetic_outcomes else ""
    return (
        f"Batch {batch.id}, {batch.state}, made {batch.created_at:%Y-%m-%d %H:%M:%S %Z} by {batch.created_by} from "
        f"{basis.outcomes:,} decisions with an outcome{kind}; propensities: {basis.propensity_source}."
    )


def _chosen(changes: pd.DataFrame, intent: str | None, technique: str | None, refused: bool) -> pd.DataFrame:
    if intent:
        path = changes["intent"]
        changes = changes[(path == intent) | path.str.startswith(f"{intent}.")]
    if technique:
        changes = changes[changes["technique"] == technique]
    return changes[changes["refusal"].notna()] if refused else changes


def _largest_first(changes: pd.DataFrame) -> pd.DataFrame:
    """By the size of the change; what is new comes behind, the most outcomes first."""
    size = (changes["new_score"] - changes["old_score"]).abs()
    ordered = changes.assign(size=size).sort_values(["stands", "size", "sample_size"], ascending=False, kind="stable")
    return ordered.drop(columns="size")


def _print_changes(changes: pd.DataFrame) -> None:
    rows = []
    for cell in changes.to_dict("records"):
        old = f"{cell['old_score']:.2f}" if cell["stands"] else "-"
        by = f"{cell['new_score'] - cell['old_score']:+.2f}" if cell["stands"] else "new"
        support = [f"{cell['sample_size']:,}", f"{cell['effective_n']:.1f}", f"{cell['overlap']:.2f}"]
        scores = [old, f"{cell['new_score']:.2f}", by, f"{cell['low']:.3f} to {cell['high']:.3f}"]
        rows.append([cell["intent"], cell["technique"], *scores, *support, cell["reason"] or ""])
    columns = ["intent", "technique", "old", "new", "by", "95 % interval", "outcomes", "worth", "overlap", "refused"]
    print_table("What applying it would do", columns, rows)


def _as_json(shown: Shown, chosen: pd.DataFrame) -> dict[str, Any]:
    batch = asdict(shown.batch)
    basis = batch.pop("basis")
    cells = chosen.astype(object).where(chosen.notna(), None).to_dict("records")
    return {**batch, **basis, "changes": cells}
