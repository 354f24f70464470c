"""Estimate from the history how well each technique works for each intent, and write the estimates back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure

from workbench.db.connection import connect
from workbench.errors import HistoryMissing
from workbench.evaluation.effectiveness import estimate_effectiveness
from workbench.evaluation.outcomes import PropensitySource, fill_propensities
from workbench.store import effectiveness as store
from workbench.tracking.items import Item, Metrics, Note, Params, Picture, TableItem, Tags

if TYPE_CHECKING:
    from workbench.tracking.runs import Tracker


@dataclass(frozen=True)
class EffectivenessResult:
    """``estimates`` as ``evaluation.effectiveness.estimate_effectiveness`` describes them, from ``n_outcomes`` rated
    uses, ``n_synthetic`` of them simulated."""

    estimates: pd.DataFrame
    n_outcomes: int
    n_synthetic: int
    propensity_source: PropensitySource
    seconds: float

    @property
    def is_synthetic(self) -> bool:
        """True when any outcome was simulated."""
        return self.n_synthetic > 0


def estimate(url: str) -> EffectivenessResult:
    """Read every rated use and estimate.

    Raises:
        HistoryMissing: nobody has rated anything.
    """
    started = time.perf_counter()
    with connect(url) as connection:
        read = store.read_outcomes(connection)
        base = store.base_effectiveness(connection)
        intents = store.intent_paths(connection)
    if read.empty:
        raise HistoryMissing
    outcomes, source = fill_propensities(read)
    estimates = estimate_effectiveness(outcomes, base, intents)
    seconds = time.perf_counter() - started
    return EffectivenessResult(estimates, len(outcomes), int(outcomes["is_synthetic"].sum()), source, seconds)


def write_effectiveness(url: str, result: EffectivenessResult, run_id: str) -> store.Written:
    """Write the estimates in one transaction; ``run_id`` is the MLflow run that made them."""
    with connect(url) as connection:
        return store.write(connection, result.estimates, run_id, result.is_synthetic)


def in_words(result: EffectivenessResult) -> str:
    """What the estimates rest on, in a sentence or two."""
    kind = f", {result.n_synthetic} of them SYNTHETIC" if result.is_synthetic else ""
    cells = len(result.estimates)
    return (
        f"{result.n_outcomes} rated uses{kind}; propensities: {result.propensity_source}. "
        f"{cells} estimates in {result.seconds:.1f} s."
    )


def most_rated_branch(result: EffectivenessResult) -> str:
    """The top-level branch with the most rated uses."""
    roots = result.estimates[~result.estimates["intent"].str.contains(".", regex=False)]
    return str(roots.groupby("intent")["sample_size"].sum().idxmax())


def surest(result: EffectivenessResult, most: int) -> pd.DataFrame:
    """The estimates with the highest confidence, best score first among equals."""
    columns = ["intent", "technique", "score", "low", "high", "confidence", "sample_size"]
    ordered = result.estimates.sort_values(["confidence", "score"], ascending=False)
    return ordered[columns].head(most)


def record(tracker: Tracker, run_id: str, result: EffectivenessResult, figures: Mapping[str, Figure]) -> None:
    """The estimates, their figures and a description into the MLflow run."""
    tracker.log(run_id, _items(result, figures))


def _items(result: EffectivenessResult, figures: Mapping[str, Figure]) -> Iterator[Item]:
    table = result.estimates
    yield Params({"propensity_source": result.propensity_source})
    yield Tags({"synthetic": str(result.is_synthetic).lower()})
    yield Metrics({"outcomes": result.n_outcomes, "synthetic_outcomes": result.n_synthetic, "estimates": len(table)})
    yield Metrics({"mean_confidence": float(table["confidence"].mean())})
    yield Metrics({"mean_interval_width": float((table["high"] - table["low"]).mean())})
    yield TableItem("estimates.json", table)
    for name, figure in figures.items():
        yield Picture(f"figures/{name}.png", figure)
    title = "## Technique effectiveness" + (" (SYNTHETIC history)" if result.is_synthetic else "")
    best = surest(result, 5)
    columns = (best[name].tolist() for name in ("intent", "technique", "score", "low", "high"))
    rows = [f"| {i} | {t} | {s:.2f} | {low:.2f} to {high:.2f} |" for i, t, s, low, high in zip(*columns, strict=True)]
    head = ["| intent | technique | score | 95 % interval |", "|---|---|---|---|"]
    yield Note("\n".join([title, "", in_words(result), "", "Surest estimates:", "", *head, *rows]))
