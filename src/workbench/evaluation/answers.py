"""What a fitted model answers on labelled rows: the table of predictions that everything else is judged by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from workbench.evaluation.calibration import probability_of
from workbench.evaluation.scores import Judged
from workbench.records import Examples, Fitted, ModelType, Vector


def answers(model_type: ModelType, fitted: Fitted, test: Examples) -> pd.DataFrame:
    """As ``Report.predictions``."""
    if model_type == "technique_selector":
        return selector_table(test, *ranking_of(fitted.estimator, test.X), np.asarray(fitted.labels, dtype=object))
    judged = judged_intent(fitted, test) if model_type == "intent_classifier" else judged_complexity(fitted, test)
    return with_scores(test, judged, fitted.estimator)


def judged_intent(fitted: Fitted, test: Examples) -> Judged:
    probabilities = fitted.estimator.predict_proba(test.X)
    classes = np.asarray(fitted.labels)
    predicted = classes[probabilities.argmax(axis=1)]
    return Judged(test.y, predicted, probabilities, classes, probabilities.max(axis=1))


def judged_complexity(fitted: Fitted, test: Examples) -> Judged:
    """Labels are numbers 1 to 5 and the prediction is the median class."""
    probabilities = fitted.estimator.predict_proba(test.X)
    classes = np.asarray([float(label) for label in fitted.labels])
    predicted = fitted.estimator.predict(test.X)
    confidence = probabilities[np.arange(len(predicted)), np.searchsorted(classes, predicted)]
    return Judged(test.y, predicted, probabilities, classes, confidence)


def answers_table(test: Examples, predicted: NDArray[Any]) -> pd.DataFrame:
    return pd.DataFrame({"id": test.ids, "truth": test.y, "predicted": predicted, "correct": predicted == test.y})


def with_scores(test: Examples, judged: Judged, estimator: Any) -> pd.DataFrame:
    """The answers, how sure they are, what the truth got, and where the model can tell how far out of scope."""
    table = answers_table(test, judged.predicted).assign(
        confidence=judged.confidence,
        probability_of_truth=probability_of(judged.probabilities, judged.classes, judged.truth),
    )
    if (score := _out_of_scope(estimator, test)) is not None:
        table["out_of_scope_score"] = score
    return table


def ranking_of(estimator: Any, X: pd.DataFrame) -> tuple[Vector, Vector]:
    """Of a technique selector: scores by which techniques stand in order, and the probabilities that labels name them,
    both (rows, techniques). The scores are the latter, or, where it has learnt from outcomes, what it makes of
    prompts of which it knows the text alone."""
    probabilities, head = estimator.predict_proba(X), estimator[-1]
    learnt = hasattr(head, "order_scores") and head.rows_[0] > 0
    return (head.order_scores(X[["embedding"]], probabilities) if learnt else probabilities), probabilities


def selector_table(test: Examples, order: Vector, probabilities: Vector, codes: NDArray[Any]) -> pd.DataFrame:
    """The first technique decides: it is right where the labels name it. See ``ranking_of``."""
    places = np.argsort(-order, axis=1, kind="stable")
    ranked, relevant = [list(codes[row]) for row in places], [list(codes[row == 1]) for row in test.y]
    return pd.DataFrame(
        {
            "id": test.ids,
            "truth": ["; ".join(named) for named in relevant],
            "predicted": ["; ".join(first[:3]) for first in ranked],
            "confidence": probabilities[np.arange(len(places)), places[:, 0]],
            "correct": np.array([first[0] in named for first, named in zip(ranked, relevant, strict=True)]),
        }
    )


def _out_of_scope(estimator: Any, test: Examples) -> NDArray[Any] | None:
    """Of a pipeline whose last step has such a score, where some test rows are out of scope."""
    head, made = (estimator[-1], None) if isinstance(estimator, Pipeline) else (estimator, test.X)
    label = str(getattr(head, "out_of_scope", None) or "")
    if not hasattr(head, "out_of_scope_score") or not 0 < (test.y == label).sum() < len(test.y):
        return None
    score: NDArray[Any] = head.out_of_scope_score(estimator[:-1].transform(test.X) if made is None else made)
    return score
