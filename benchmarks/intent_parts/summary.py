"""What the measurements of one set say together: plain numbers, for the tables and for the JSON."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
import pandas as pd

from intent_parts.compare import REFERENCE, Splits, mean_over_splits, over_all_splits, share_over_splits
from workbench.evaluation.calibration import debiased_calibration_error, expected_calibration_error

SCORES = (
    *("accuracy", "in_scope_accuracy", "macro_f1", "hierarchical_f1", "tree_distance"),
    *("ece", "brier", "log_loss"),
)
COSTS = ("fit_seconds", "fit_cpu_seconds", "predict_seconds", "predict_cpu_seconds")
IN_SETS = ("coverage", "labels", "single", "empty")

Results = list[dict[str, Any]]


def contender_summary(results: Results, rows: pd.DataFrame) -> dict[str, Any]:
    """``results`` are those of one contender, one a seed; ``rows`` all its answers."""
    splits = splits_of(results)
    found: dict[str, Any] = {"splits": len(splits), "rows_tested": round(statistics.mean(_all(splits, "rows")))}
    found |= {"rows_trained_on": round(statistics.mean(_all(splits, "train_rows")))}
    found["unknown_labels"] = mean_over_splits(_all(splits, "unknown_labels"), splits)
    found["scores"] = {name: mean_over_splits(_all(splits, name), splits) for name in SCORES}
    found["costs"] = {name: _spread(_all(splits, name)) for name in COSTS}
    found["costs"]["memory_peak_mb"] = _spread([result["memory_peak_mb"] for result in results])
    found["costs"]["memory_before_mb"] = _spread([result["memory_before_mb"] for result in results])
    found |= {name: max(_known(splits, name), default=None) for name in ("sum_error", "child_over_parent")}
    found["chosen"] = [part["chosen"] for part in splits if part["chosen"]]
    if len(splits) > len(results) and "confidence" in rows:
        found["calibration_of_few_rows"] = _calibration_of_few(rows)
    return found | _sets(splits) | _decisions(splits) | _out_of_scope(splits)


def against_reference(ours: Results, theirs: Results, per_seed: dict[int, Any]) -> dict[str, Any]:
    return {"over_splits": over_all_splits(splits_of(ours), splits_of(theirs)), "per_seed": per_seed}


def ratios(ours: Results, theirs: Results) -> dict[str, float]:
    """Seconds over those of frozen + logistic regression, the sums over all splits."""
    pairs = {name: [sum(_all(splits_of(part), name)) for part in (ours, theirs)] for name in COSTS}
    return {f"{name} over {REFERENCE}": a / max(b, 1e-9) for name, (a, b) in pairs.items()}


def splits_of(results: Results) -> Splits:
    return [part for result in results for part in result["splits"]]


def _all(splits: Splits, name: str) -> list[Any]:
    return [part.get(name) for part in splits]


def _known(splits: Splits, name: str) -> list[Any]:
    return [value for value in _all(splits, name) if value is not None]


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def _calibration_of_few(rows: pd.DataFrame) -> dict[str, Any]:
    """Where so few rows are tested a split, its own calibration error is mostly chance: that of all answers pooled,
    and the debiased one, with its interval, of one answer a row of the file (the first time that it was tested)."""
    first = rows.drop_duplicates("id")
    debiased = debiased_calibration_error(first["confidence"].to_numpy(), first["correct"].to_numpy())
    pooled = expected_calibration_error(rows["confidence"].to_numpy(), rows["correct"].to_numpy())
    return {"ece_pooled": pooled, "rows": len(first), "ece_debiased": vars(debiased)}


def _sets(splits: Splits) -> dict[str, Any]:
    having = [part for part in splits if "sets" in part]
    if not having:
        return {}
    names = having[0]["sets"]
    found = {
        name: {score: mean_over_splits([part["sets"][name][score] for part in having], having) for score in IN_SETS}
        for name in names
    }
    return {"sets": found, "splits_with_sets": len(having)}


def _decisions(splits: Splits) -> dict[str, Any]:
    rows = [part["decisions"] for part in splits if "decisions" in part]
    if not rows:
        return {}
    having = [part for part in splits if "decisions" in part]
    answered = [row["answered"] * row["rows"] for row in rows]
    found = {
        name: share_over_splits([row[name] * n for row, n in zip(rows, answered, strict=True)], answered, having)
        for name in ("path", "exact", "backed_off")
    }
    found |= {name: mean_over_splits(_all(rows, name), having) for name in ("answered", "unanswered", "sent_out")}
    return {"decisions": found}


def _out_of_scope(splits: Splits) -> dict[str, Any]:
    having = [part for part in splits if "out_of_scope" in part]
    if not having:
        return {}
    found: dict[str, Any] = {}
    for kind in ("scores", "rules"):
        parts = [part["out_of_scope"][kind] for part in having]
        found[kind] = {
            name: {score: mean_over_splits([part[name][score] for part in parts], having) for score in parts[0][name]}
            for name in parts[0]
        }
    aurocs = {name: score["auroc"]["point"] for name, score in found["scores"].items()}
    # Of a contender's own score there is one; of others the better of the usual two, which favours them.
    own = [name for name in aurocs if name == "out_of_scope_score"]
    found["judged_by"] = (own or [max(aurocs, key=aurocs.__getitem__)])[0] if aurocs else None
    return {
        "out_of_scope": found,
        "rows_out_of_scope": float(np.mean([p["rows"] - p["rows_in_scope"] for p in having])),
    }
