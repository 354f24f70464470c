"""Estimate from logged outcomes how well each technique works for each intent."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from workbench.db.connection import connect
from workbench.errors import HistoryMissing
from workbench.evaluation.effectiveness import Estimates, estimate_effectiveness
from workbench.evaluation.pooling import Effort
from workbench.evaluation.support import Thresholds
from workbench.records import DecisionLog
from workbench.store import effectiveness as store
from workbench.store.decisions import read_log
from workbench.tracking.items import Item, Metrics, Note, Params, Picture, TableItem, Tags

if TYPE_CHECKING:
    from workbench.tracking.runs import Tracker

Synthetic = Literal["auto", "exclude", "include", "only"]
SYNTHETIC: tuple[Synthetic, ...] = ("auto", "exclude", "include", "only")
DIGESTED = ["id", "intent", "complexity", "domain", "language_model", "arm", "reward", "propensity"]


@dataclass(frozen=True)
class EstimateOptions:
    """``synthetic`` outcomes: ``auto`` takes them only where there are no real ones, ``exclude`` never, ``include``
    besides real ones, ``only`` without them."""

    synthetic: Synthetic = "auto"
    least: Thresholds = field(default_factory=Thresholds)
    effort: Effort = field(default_factory=Effort)

    def as_settings(self) -> dict[str, Any]:
        return {"synthetic": self.synthetic, **asdict(self.least), **asdict(self.effort)}


@dataclass(frozen=True)
class EffectivenessResult:
    """Made of ``n_outcomes`` decisions, ``n_synthetic`` of them simulated; ``n_left_out`` more were not wanted.
    ``digest`` is that of ``digest_of``."""

    found: Estimates
    options: EstimateOptions
    n_outcomes: int
    n_synthetic: int
    n_left_out: int
    digest: str
    seconds: float

    @property
    def estimates(self) -> pd.DataFrame:
        return self.found.table

    @property
    def is_synthetic(self) -> bool:
        """True when any outcome was simulated."""
        return self.n_synthetic > 0

    @property
    def cells(self) -> pd.DataFrame:
        """The estimates that have a place in ``intent_technique_effectiveness``: an intent, all language models."""
        table = self.estimates
        return table[(table["intent"] != "") & (table["language_model"] == "")]


def estimate(
    url: str, options: EstimateOptions | None = None, tick: Callable[[int, int, str], None] = lambda *_: None
) -> EffectivenessResult:
    """Read every decision with an outcome and estimate. Nothing is written.

    Raises:
        HistoryMissing: there is no outcome, or none of the wanted kind.
    """
    options = options or EstimateOptions()
    started = time.perf_counter()
    with connect(url) as connection:
        everything = read_log(connection)
        base = store.base_effectiveness(connection)
        intents = store.intent_paths(connection)
    log = _wanted(everything, options.synthetic)
    if log.frame.empty:
        raise HistoryMissing(kind=_missing(options.synthetic))
    found = estimate_effectiveness(log, base, intents, options.least, options.effort, tick)
    synthetic, left = int(log.frame["is_synthetic"].sum()), len(everything.frame) - len(log.frame)
    seconds = time.perf_counter() - started
    return EffectivenessResult(found, options, len(log.frame), synthetic, left, digest_of(log), seconds)


def digest_of(log: DecisionLog) -> str:
    """The sha256 of what estimates are made of."""
    text = log.frame[DIGESTED].to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(text.encode() + np.ascontiguousarray(log.recorded).tobytes()).hexdigest()


def _wanted(log: DecisionLog, synthetic: Synthetic) -> DecisionLog:
    simulated = log.frame["is_synthetic"].to_numpy(bool)
    if synthetic == "include":
        return log
    if synthetic == "auto":
        synthetic = "only" if simulated.all() else "exclude"
    keep = simulated if synthetic == "only" else ~simulated
    frame = log.frame[keep].reset_index(drop=True)
    return replace(log, frame=frame, embeddings=log.embeddings[keep], recorded=log.recorded[keep])


def _missing(synthetic: Synthetic) -> str:
    return {"exclude": "real ", "only": "simulated "}.get(synthetic, "")


def in_words(result: EffectivenessResult) -> str:
    """What the estimates rest on, in a sentence or two."""
    kind = f", {result.n_synthetic:,} of them SYNTHETIC" if result.is_synthetic else ""
    left = f"; {result.n_left_out:,} simulated ones left out" if result.n_left_out else ""
    cells = result.cells
    refused = int(cells["refused"].notna().sum())
    return (
        f"{result.n_outcomes:,} decisions with an outcome{kind}{left}; propensities: {result.found.source}. "
        f"{len(cells):,} cells in {result.seconds:.1f} s, {len(cells) - refused:,} to be written, {refused:,} refused."
    )


def most_rated_branch(result: EffectivenessResult) -> str:
    """The top-level branch with the most outcomes."""
    roots = result.cells[~result.cells["intent"].str.contains(".", regex=False)]
    return str(roots.groupby("intent")["sample_size"].sum().idxmax())


def surest(result: EffectivenessResult, most: int) -> pd.DataFrame:
    """The estimates with the highest confidence, best score first among equals."""
    columns = ["intent", "technique", "score", "low", "high", "confidence", "sample_size", "effective_n", "overlap"]
    ordered = result.cells.sort_values(["confidence", "score"], ascending=False)
    return ordered[columns].head(most)


def record(tracker: Tracker, run_id: str, result: EffectivenessResult, figures: Mapping[str, Figure]) -> None:
    """The estimates, their figures and a description into the MLflow run."""
    tracker.log(run_id, _items(result, figures))


def _items(result: EffectivenessResult, figures: Mapping[str, Figure]) -> Iterator[Item]:
    table = result.cells
    refused = table["refused"].notna()
    yield Params({"propensity_source": result.found.source, "log_sha256": result.digest})
    yield Params({f"option_{name}": value for name, value in result.options.as_settings().items()})
    yield Tags({"synthetic": str(result.is_synthetic).lower()})
    yield Metrics({"outcomes": result.n_outcomes, "synthetic_outcomes": result.n_synthetic, "estimates": len(table)})
    yield Metrics({"refused_estimates": int(refused.sum()), "r_hat": result.found.r_hat})
    yield Metrics({"prompt_correlation": result.found.correlation})
    yield Metrics({"mean_confidence": float(table["confidence"].mean())})
    yield Metrics({"mean_interval_width": float((table["high"] - table["low"]).mean())})
    yield TableItem("estimates.json", result.estimates)
    for name, figure in figures.items():
        yield Picture(f"figures/{name}.png", figure)
    title = "## Technique effectiveness" + (" (SYNTHETIC history)" if result.is_synthetic else "")
    best = surest(result, 5)
    columns = (best[name].tolist() for name in ("intent", "technique", "score", "low", "high"))
    rows = [f"| {i} | {t} | {s:.2f} | {low:.2f} to {high:.2f} |" for i, t, s, low, high in zip(*columns, strict=True)]
    head = ["| intent | technique | score | 95 % interval |", "|---|---|---|---|"]
    yield Note("\n".join([title, "", in_words(result), "", "Surest estimates:", "", *head, *rows]))
