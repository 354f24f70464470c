"""What every model with stated probabilities is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluation.abstention import area_under_risk_of, coverage_risk, risk_at
from workbench.evaluation.calibration import (
    brier_parts,
    calibration_scores,
    classwise_calibration_error,
    debiased_calibration_error,
    expected_calibration_error,
    reliability,
)
from workbench.evaluation.intervals import Interval
from workbench.evaluation.per_group import class_table
from workbench.evaluation.resampling import intervals
from workbench.evaluation.weighted import macro_f1_of
from workbench.records import Vector

MOST_POINTS = 200
STATED_COVERAGE = 0.9


@dataclass(frozen=True)
class Scores:
    """Numbers and tables by name."""

    metrics: Mapping[str, float] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def __or__(self, other: Scores) -> Scores:
        return Scores({**self.metrics, **other.metrics}, {**self.tables, **other.tables})


@dataclass(frozen=True)
class Judged:
    """One model's answers on the test rows. ``confidence`` is the probability stated for ``predicted``."""

    truth: NDArray[Any]
    predicted: NDArray[Any]
    probabilities: Vector
    classes: NDArray[Any]
    confidence: Vector

    @property
    def correct(self) -> NDArray[np.bool_]:
        return np.asarray(self.truth == self.predicted, dtype=bool)


def bounds(name: str, interval: Interval) -> dict[str, float]:
    return {f"{name}_low": interval.low, f"{name}_high": interval.high}


def point_and_bounds(name: str, interval: Interval) -> dict[str, float]:
    return {name: interval.point, **bounds(name, interval)}


def shared_scores(judged: Judged, seed: int) -> Scores:
    """Macro F1's interval, calibration and the coverage-risk curve."""
    statistics = {
        "macro_f1": macro_f1_of(judged.truth, judged.predicted),
        "area_under_risk": area_under_risk_of(judged.confidence, judged.correct),
    }
    found = intervals(statistics, len(judged.truth), seed)
    metrics = bounds("macro_f1", found["macro_f1"]) | point_and_bounds("area_under_risk", found["area_under_risk"])
    curve = coverage_risk(judged.confidence, judged.correct, MOST_POINTS)
    stated = risk_at(judged.confidence, judged.correct)
    row = stated[stated["stated"] == STATED_COVERAGE].iloc[0]
    metrics |= point_and_bounds("risk_at_90", Interval(float(row["risk"]), float(row["low"]), float(row["high"])))
    tables = {
        "per_class": class_table(judged.truth, judged.predicted),
        "coverage_risk": curve,
        "risk_at_coverage": stated,
    }
    return Scores(metrics, tables) | _calibration(judged)


def _calibration(judged: Judged) -> Scores:
    top, correct = _likeliest(judged)
    debiased, parts = debiased_calibration_error(top, correct), brier_parts(top, correct)
    metrics = {
        **calibration_scores(judged.probabilities, judged.classes, judged.truth),
        "ece_debiased": debiased.point,
        **bounds("ece", debiased),
        "ece_equal_mass": expected_calibration_error(top, correct, equal_mass=True),
        "classwise_ece": classwise_calibration_error(judged.probabilities, judged.classes, judged.truth),
        "brier_reliability": parts.reliability,
        "brier_resolution": parts.resolution,
        "brier_uncertainty": parts.uncertainty,
    }
    binned = [reliability(top, correct).assign(bins="equal width")]
    binned.append(reliability(top, correct, equal_mass=True).assign(bins="equal mass"))
    return Scores(metrics, {"reliability": pd.concat(binned, ignore_index=True)})


def _likeliest(judged: Judged) -> tuple[Vector, NDArray[np.bool_]]:
    best = judged.probabilities.argmax(axis=1)
    return judged.probabilities.max(axis=1), np.asarray(judged.classes[best] == judged.truth, dtype=bool)
