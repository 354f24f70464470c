"""Estimate from the history how well each technique works for each intent, and write the estimates back."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pandas as pd

from workbench.db.connection import connect
from workbench.errors import HistoryMissing
from workbench.evaluation.effectiveness import estimate_effectiveness
from workbench.evaluation.outcomes import PropensitySource, fill_propensities
from workbench.store import effectiveness as store


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
