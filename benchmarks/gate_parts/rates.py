"""How often each way of deciding lets a challenger through."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from gate_parts.cases import Truth, pair
from workbench.evaluation.gate import Candidate, decide
from workbench.evaluation.intervals import share

OURS = "this gate"
# MLflow's own validation compares two numbers: the change of a metric has to be at least this large.
CHANGES = (0.001, 0.005, 0.01, 0.02)


def candidate(predictions: pd.DataFrame, name: str) -> Candidate:
    accuracy = float(predictions["correct"].mean())
    return Candidate(name, "intent_classifier", "made up", accuracy, {"majority": 0.1}, predictions)


def promoted_by_mlflow(ours: float, theirs: float, change: float) -> bool:
    """What ``mlflow.validate_evaluation_results`` says of two accuracies."""
    from mlflow.models import MetricThreshold
    from mlflow.models.evaluation import EvaluationResult
    from mlflow.models.evaluation.validation import ModelValidationFailedException, validate_evaluation_results

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    rules = {"accuracy": MetricThreshold(min_absolute_change=change, greater_is_better=True)}
    results = (EvaluationResult({"accuracy": value}, {}) for value in (ours, theirs))
    try:
        validate_evaluation_results(rules, *results)
    except ModelValidationFailedException:
        return False
    return True


def rates(
    truth: Truth, times: int, seed: int, changes: Sequence[float] = CHANGES, tick: Callable[[], Any] = lambda: None
) -> dict[str, Any]:
    """Of ``times`` challengers the number that each way promotes, and which of our checks refused how many."""
    random = np.random.default_rng(seed)
    promoted, refused = Counter[str](), Counter[str]()
    gains, disagreements = [], []
    for _ in range(times):
        ours, theirs = pair(truth, random)
        decision = decide(candidate(ours, "challenger"), candidate(theirs, "champion"))
        promoted[OURS] += decision.promote
        refused.update(check.name for check in decision.against)
        accuracies = float(ours["correct"].mean()), float(theirs["correct"].mean())
        promoted.update(_named(change) for change in changes if promoted_by_mlflow(*accuracies, change))
        gains.append(accuracies[0] - accuracies[1])
        disagreements.append(float((ours["correct"] != theirs["correct"]).mean()))
        tick()
    ways = [OURS, *map(_named, changes)]
    return {
        "rows": truth.rows,
        "times": times,
        "mean_gain": float(np.mean(gains)),
        "mean_disagreement": float(np.mean(disagreements)),
        "promoted": {way: {"count": promoted[way], **vars(share(promoted[way], times))} for way in ways},
        "refused_by": dict(refused.most_common()),
    }


def _named(change: float) -> str:
    return f"MLflow, change of {change:g} or more"
