"""Many repeats of a regime: how far estimates are off, and how often their intervals hold the truth."""

from __future__ import annotations

from typing import Any

import numpy as np

from off_policy_parts.world import Regime, draw, population, true_values
from workbench.evaluation.off_policy import ESTIMATORS, difference, estimate_by, resampled, snips
from workbench.evaluation.overlap import weights_of

GOOD = Regime("good reward model, noisy weights", strength=1.5)
BAD = Regime("bad reward model, right propensities", sees=False)
ESTIMATED = Regime("propensities estimated", known=False)
CORNER = Regime("a corner hardly ever tried", corner=True)
NEVER = Regime("two arms never tried in half of the prompts", never=True)
NEVER_ESTIMATED = Regime("the same, propensities estimated", never=True, known=False)
WITH_OVERLAP = (GOOD, BAD, ESTIMATED)
WITHOUT_OVERLAP = (CORNER, NEVER, NEVER_ESTIMATED)


def run(regime: Regime, repeats: int, prompts: int, resamples: int = 0) -> dict[str, dict[str, Any]]:
    """By estimator ``bias``, ``rmse``, ``error`` (mean standard error), ``claimed`` (share of repeats with an
    interval) and ``covered`` (share of these that hold the truth). Also of the difference to the uniform policy by DR,
    paired, and with ``resamples`` of the bootstrap for SNIPS."""
    z = population()
    truth, uniform = true_values(z)
    found: dict[str, list[tuple[float, float, float, float]]] = {}
    for seed in range(repeats):
        one = draw(z, regime, prompts, seed)
        for name in ESTIMATORS:
            mine = estimate_by(name, one.judged, one.logged, one.rewards)
            found.setdefault(name, []).append(
                (mine.point - truth, mine.standard_error, mine.low - truth, mine.high - truth)
            )
            if name == "dr":
                gap = difference(mine, estimate_by(name, one.uniform, one.logged, one.rewards))
                off = truth - uniform
                row = (gap.point - off, (gap.high - gap.low) / 3.92, gap.low - off, gap.high - off)
                found.setdefault("dr, difference", []).append(row)
        if resamples:
            again = resampled(snips(one.judged, one.logged), seed, resamples)
            row = (again.point - truth, (again.high - again.low) / 3.92, again.low - truth, again.high - truth)
            found.setdefault("snips, bootstrap", []).append(row)
    return {name: _summary(np.array(rows)) for name, rows in found.items()}


def detected(regime: Regime, repeats: int, prompts: int) -> float:
    """Share of the repeats in which the judged policy is said to have no overlap with the log."""
    z = population()
    draws = (draw(z, regime, prompts, seed) for seed in range(repeats))
    return float(np.mean([not weights_of(one.judged, one.logged.found).has_overlap for one in draws]))


def _summary(rows: Any) -> dict[str, Any]:
    off, error, low, high = rows.T
    claimed = np.isfinite(low)
    return {
        "bias": float(off.mean()),
        "rmse": float(np.sqrt(np.mean(off**2))),
        "error": float(error.mean()),
        "claimed": float(claimed.mean()),
        "covered": float(np.mean((low[claimed] <= 0) & (high[claimed] >= 0))) if claimed.any() else None,
    }


def promises(found: dict[str, Any]) -> dict[str, bool]:
    """Each promise as a sentence, and whether the figures of ``run`` and ``detected`` keep it."""
    good, bad = (found[regime.name]["estimators"] for regime in (GOOD, BAD))
    intervals = [row for regime in WITH_OVERLAP for row in found[regime.name]["estimators"].values() if row["claimed"]]
    without = [found[regime.name] for regime in WITHOUT_OVERLAP]
    return {
        "every interval that is claimed covers 93 to 97 %": all(0.93 <= row["covered"] <= 0.97 for row in intervals),
        "a good model and noisy weights: DR errs less than IPS": good["dr"]["rmse"] < good["ips"]["rmse"],
        "a bad model and right propensities: DR errs less than DM": bad["dr"]["rmse"] < bad["dm"]["rmse"],
        "a bad model and right propensities: DR errs less than IPS": bad["dr"]["rmse"] < bad["ips"]["rmse"],
        "no overlap is detected in every log": all(one["no_overlap_detected"] == 1.0 for one in without),
        "without overlap no interval is claimed": all(
            row["claimed"] == 0 for one in without for row in one["estimators"].values()
        ),
    }
