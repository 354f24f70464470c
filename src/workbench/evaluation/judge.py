"""One look at the test split for each model type: predictions in, a Report out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluation import baselines as usual
from workbench.evaluation.calibration import calibration_scores
from workbench.evaluation.classification import headline, hierarchical, per_class
from workbench.evaluation.intervals import Interval, share
from workbench.evaluation.ordinal import ordinal_scores
from workbench.evaluation.ranking import chosen_sets, ranking_scores
from workbench.records import Fitted, Report, Split

Baselines = Mapping[str, Mapping[str, float]]


def judge_intent(fitted: Fitted, split: Split, neighbour: NDArray[Any], seed: int) -> Report:
    """``neighbour`` is the label of the closest training prompt for each test prompt."""
    probabilities = fitted.estimator.predict_proba(split.test.X)
    classes = np.asarray(fitted.labels)
    predicted = classes[probabilities.argmax(axis=1)]
    truth = split.test.y
    metrics = hierarchical(list(truth), list(predicted)) | calibration_scores(probabilities, classes, truth)
    found = _single_label_baselines(split, neighbour, seed)
    return _report("intent_classifier", split, predicted, probabilities.max(axis=1), metrics, found)


def judge_complexity(fitted: Fitted, split: Split, neighbour: NDArray[Any], seed: int) -> Report:
    """Like ``judge_intent``; labels are numbers 1 to 5 and the prediction is the median class."""
    probabilities = fitted.estimator.predict_proba(split.test.X)
    classes = np.asarray([float(label) for label in fitted.labels])
    predicted = fitted.estimator.predict(split.test.X)
    truth = split.test.y
    metrics = ordinal_scores(truth, predicted) | calibration_scores(probabilities, classes, truth)
    confidence = probabilities[np.arange(len(truth)), np.searchsorted(classes, predicted)]
    found = _single_label_baselines(split, neighbour, seed)
    return _report("complexity_model", split, predicted, confidence, metrics, found)


def judge_selector(
    fitted: Fitted, split: Split, neighbour: NDArray[Any], seeds_choice: Sequence[Sequence[str]], seed: int
) -> Report:
    """``neighbour`` are the label rows of the closest training prompts; ``seeds_choice`` the ranking that the seed's
    ``get_optimal_techniques`` gives when told the true intent and complexity, which favours it."""
    codes = np.asarray(fitted.labels, dtype=object)
    probabilities = fitted.estimator.predict_proba(split.test.X)
    relevant = [list(codes[row == 1]) for row in split.test.y]
    ranked = _ranked(probabilities, codes)
    texts = [list(part.X["prompt_text"]) for part in (split.train, split.test)]
    scores = {
        "most popular": usual.most_popular(split.train.y, len(relevant)),
        "nearest neighbour (pgvector)": neighbour + usual.most_popular(split.train.y, len(relevant)) / 2,
        "TF-IDF + logistic regression": usual.tfidf_logistic_ranking(texts[0], split.train.y, texts[1], seed),
    }
    found = {name: _ranking_headline(_ranked(score, codes), relevant) for name, score in scores.items()}
    found["get_optimal_techniques (told the truth)"] = _ranking_headline(seeds_choice, relevant)
    top = probabilities.max(axis=1)
    hits = np.array([r[0] in k for r, k in zip(ranked, relevant, strict=True)])
    predictions = pd.DataFrame(
        {
            "id": split.test.ids,
            "truth": ["; ".join(k) for k in relevant],
            "predicted": ["; ".join(r[:3]) for r in ranked],
            "confidence": top,
            "correct": hits,
        }
    )
    head = _ranking_headline(ranked, relevant)
    metrics = ranking_scores(ranked, relevant) | _interval("accuracy", share(int(hits.sum()), len(hits)))
    table = _per_technique(codes, ranked, relevant)
    return _assemble("technique_selector", split, head, metrics, found, table, predictions)


def _single_label_baselines(split: Split, neighbour: NDArray[Any], seed: int) -> dict[str, dict[str, float]]:
    texts = [list(part.X["prompt_text"]) for part in (split.train, split.test)]
    predictions = {
        "majority": usual.majority(split.train.y, len(split.test.y)),
        "nearest neighbour (pgvector)": neighbour,
        "TF-IDF + logistic regression": usual.tfidf_logistic(texts[0], split.train.y, texts[1], seed),
    }
    return {name: headline(split.test.y, found) for name, found in predictions.items()}


def _report(
    kind: Any,
    split: Split,
    predicted: NDArray[Any],
    confidence: NDArray[Any],
    metrics: dict[str, float],
    found: Baselines,
) -> Report:
    truth = split.test.y
    correct = predicted == truth
    metrics |= _interval("accuracy", share(int(correct.sum()), len(correct)))
    predictions = pd.DataFrame(
        {"id": split.test.ids, "truth": truth, "predicted": predicted, "confidence": confidence, "correct": correct}
    )
    head = headline(truth, predicted)
    return _assemble(kind, split, head, metrics, found, per_class(truth, predicted), predictions)


def _assemble(
    kind: Any,
    split: Split,
    head: Mapping[str, float],
    metrics: dict[str, float],
    found: Baselines,
    table: pd.DataFrame,
    predictions: pd.DataFrame,
) -> Report:
    sizes = {"n_train": len(split.train.ids), "n_test": len(split.test.ids)}
    return Report(kind, head["accuracy"], head["macro_f1"], metrics, found, table, predictions, **sizes)


def _interval(name: str, interval: Interval) -> dict[str, float]:
    return {f"{name}_low": interval.low, f"{name}_high": interval.high}


def _ranked(scores: NDArray[Any], codes: NDArray[Any]) -> list[list[str]]:
    order = np.argsort(-scores, axis=1, kind="stable")
    return [list(codes[row]) for row in order]


def _ranking_headline(ranked: Sequence[Sequence[str]], relevant: Sequence[Sequence[str]]) -> dict[str, float]:
    """Accuracy: the first technique is among the labelled ones. Macro F1: over techniques, the first n taken."""
    hits = [r[0] in k for r, k in zip(ranked, relevant, strict=True)]
    chosen = chosen_sets(ranked, relevant)
    codes = sorted({code for row in (*chosen, *relevant) for code in row})
    table = _per_technique(np.asarray(codes, dtype=object), ranked, relevant)
    return {"accuracy": float(np.mean(hits)), "macro_f1": float(table["f1"].mean())}


def _per_technique(codes: NDArray[Any], ranked: Any, relevant: Any) -> pd.DataFrame:
    chosen = chosen_sets(ranked, relevant)
    rows = []
    for code in codes:
        picked = np.array([code in row for row in chosen])
        wanted = np.array([code in row for row in relevant])
        both, named, given = int(np.sum(picked & wanted)), int(wanted.sum()), int(picked.sum())
        precision, recall = both / max(given, 1), both / max(named, 1)
        rows.append((code, precision, recall, 2 * both / max(given + named, 1), named))
    return pd.DataFrame(rows, columns=["label", "precision", "recall", "f1", "support"])
