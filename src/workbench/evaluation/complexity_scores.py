"""What a complexity model is judged by besides: the order of the levels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from workbench.evaluation import baselines as usual
from workbench.evaluation.ordinal import (
    cumulative_calibration,
    cumulative_reliability,
    ordinal_intervals,
    ordinal_scores,
    ranked_probability_score,
)
from workbench.evaluation.scores import Judged, Scores, bounds
from workbench.records import Split


def order_scores(judged: Judged, seed: int) -> Scores:
    """Kappa and absolute error with intervals, the ranked probability score, calibration of "more complex than k"."""
    stated = judged.probabilities, judged.classes, judged.truth
    metrics = ordinal_scores(judged.truth, judged.predicted)
    for name, found in ordinal_intervals(judged.truth, judged.predicted, seed).items():
        metrics |= bounds(name, found)
    cumulative = cumulative_calibration(*stated)
    metrics["ranked_probability_score"] = ranked_probability_score(*stated)
    metrics |= {f"ece_above_{k}": float(e) for k, e in zip(cumulative["above"], cumulative["ece"], strict=True)}
    tables = {"cumulative_calibration": cumulative, "cumulative_reliability": cumulative_reliability(*stated)}
    return Scores(metrics, tables)


def length_alone(split: Split) -> Mapping[str, NDArray[Any]]:
    texts = [list(part.X["prompt_text"]) for part in (split.train, split.test)]
    return {"prompt length": usual.prompt_length(texts[0], split.train.y, texts[1])}


def alternatives(estimator: Any, split: Split) -> Mapping[str, NDArray[Any]]:
    """Answers of models that do without the order, on the matrix that a pipeline hands to its last step; none without
    a pipeline."""
    if not isinstance(estimator, Pipeline):
        return {}
    train, test = (estimator[:-1].transform(part.X) for part in (split.train, split.test))
    return {
        "rounded ridge regression": usual.rounded_regression(train, split.train.y, test),
        "multinomial logistic regression": usual.plain_classification(train, split.train.y, test),
    }
