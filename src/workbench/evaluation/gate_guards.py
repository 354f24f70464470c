"""The checks of the gate beside accuracy: a harm refuses where it is larger than its margin and more than chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluation.calibration import BINS, SMALLEST, expected_calibration_error
from workbench.evaluation.gate_checks import figures, signed
from workbench.evaluation.gate_groups import members
from workbench.evaluation.gate_rules import Rules
from workbench.evaluation.intervals import Interval, paired_difference
from workbench.evaluation.paired import PROBABILITY
from workbench.evaluation.paired_auroc import auroc_difference
from workbench.evaluation.resampling import bootstrap, difference
from workbench.evaluation.verdict import Check
from workbench.evaluation.weighted import calibration_error_of, mean_of
from workbench.records import ModelType

SCORE = "out_of_scope_score"
SEED = 20260101


@dataclass(frozen=True)
class Cost:
    """``megabytes`` of the model file, ``milliseconds`` the least time that one prompt took, without embedding it."""

    megabytes: float
    milliseconds: float


def support(model_type: ModelType, predictions: pd.DataFrame, rules: Rules) -> list[Check]:
    """Whether there are prompts enough: in all, and of each group that matters."""
    rows, needed = len(predictions), rules.support.rows
    enough = rows >= needed
    said = f"{rows} test prompts, at least {needed} are needed{'' if enough else ': too few'}."
    found = [Check("support", enough, said, {"rows": rows, "needed": needed})]
    if not rules.groups.important:
        return found
    sizes = members(model_type, predictions["truth"])["group"].value_counts()
    counts = {name: int(sizes.get(name, 0)) for name in rules.groups.important}
    least = rules.support.important_rows
    few = {name: count for name, count in counts.items() if count < least}
    listed = ", ".join(f"{name} ({count})" for name, count in (few or counts).items())
    said = f"Test prompts of what matters: {listed}; {least} each are needed{': too few' if few else ''}."
    return [*found, Check("important", not few, said, {"needed": least, "rows": counts})]


def stated(predictions: pd.DataFrame, rules: Rules) -> list[Check]:
    """The calibration error by itself, of models that state a confidence."""
    if "confidence" not in predictions:
        return []
    confidence, correct = predictions["confidence"].to_numpy(float), predictions["correct"].to_numpy(dtype=bool)
    found, largest = expected_calibration_error(confidence, correct, BINS), rules.calibration.largest_ece
    said = f"Calibration error {found:.3f}, at most {largest:g} is allowed."
    return [Check("calibration", found <= largest, said, {"ece": found, "largest": largest})]


def calibration(ours: pd.DataFrame, theirs: pd.DataFrame, rules: Rules) -> list[Check]:
    """Growth of the calibration error (1.96 bootstrap standard errors to either side) and of the log loss
    (bias-corrected percentiles), as far as both models state probabilities."""
    statistics = {}
    if "confidence" in ours:
        errors = [
            calibration_error_of(f["confidence"].to_numpy(float), f["correct"].to_numpy(), BINS) for f in (ours, theirs)
        ]
        statistics["ece"] = difference(*errors)
    if PROBABILITY in ours:
        losses = [mean_of(-np.log(np.maximum(f[PROBABILITY].to_numpy(float), SMALLEST))) for f in (ours, theirs)]
        statistics["log_loss"] = difference(*losses)
    found = bootstrap(statistics, len(ours), SEED) if statistics else {}
    checks = []
    if "ece" in found:
        checks.append(_harm("ece", "Calibration error", found["ece"].normal_interval, rules.calibration.ece))
    if "log_loss" in found:
        checks.append(_harm("log_loss", "Log loss", found["log_loss"].interval, rules.calibration.log_loss))
    return checks


def out_of_scope(ours: pd.DataFrame, theirs: pd.DataFrame, rules: Rules) -> list[Check]:
    """What is out of scope: recognised as often, prompts in scope sent out no more often, told apart as well."""
    label = rules.out_of_scope.label
    outside = (ours["truth"].astype(str) == label).to_numpy()
    if not outside.any():
        return []
    sent, sent_before = ((frame["predicted"].astype(str) == label).to_numpy() for frame in (ours, theirs))
    missed = _growth(~sent[outside], ~sent_before[outside])
    checks = [_harm("out_of_scope", "Share of prompts out of scope that is missed", missed, rules.out_of_scope.recall)]
    if not outside.all():
        alarms = _growth(sent[~outside], sent_before[~outside])
        said = "Share of prompts in scope that is taken for out of scope"
        checks.append(_harm("false_alarms", said, alarms, rules.out_of_scope.false_alarms))
    if SCORE in ours and min(outside.sum(), (~outside).sum()) > 1:
        gap = auroc_difference(theirs[SCORE].to_numpy(float), ours[SCORE].to_numpy(float), outside)
        checks.append(_harm("out_of_scope_auroc", "Loss of the area under the curve", gap, rules.out_of_scope.auroc))
    return checks


def cost(found: Cost | None, rules: Rules) -> list[Check]:
    """Whether file and time stay within their budgets; nothing where nobody measured."""
    if found is None:
        return []
    budget = rules.cost
    checks: Mapping[str, tuple[float, float, str]] = {
        "size": (found.megabytes, budget.megabytes, "The model file has {:.1f} MB, {:g} are allowed."),
        "latency": (found.milliseconds, budget.milliseconds, "One prompt takes {:.1f} ms at best, {:g} are allowed."),
    }
    return [
        Check(name, value <= most, said.format(value, most), {"value": value, "largest": most})
        for name, (value, most, said) in checks.items()
    ]


def _growth(now: NDArray[np.bool_], before: NDArray[np.bool_]) -> Interval:
    """How much more often it happens, with Tango's interval."""
    return paired_difference(int(np.sum(now & ~before)), int(np.sum(~now & before)), len(now))


def _harm(name: str, what: str, growth: Interval, margin: float) -> Check:
    """``growth`` is how much worse the challenger is."""
    shown = growth.point > margin and growth.low > 0
    verdict = "more than that, and more than chance explains" if shown else "no harm shows"
    said = f"{what}: {signed(growth)} against the champion; up to +{margin:g} is allowed: {verdict}."
    return Check(name, not shown, said, figures(growth) | {"margin": margin})
