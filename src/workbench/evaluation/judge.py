"""One look at the test split for each model type: predictions in, a Report out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluation import baselines as usual
from workbench.evaluation.answers import (
    answers_table,
    judged_complexity,
    judged_intent,
    ranking_of,
    selector_table,
    with_scores,
)
from workbench.evaluation.classification import headline, per_class
from workbench.evaluation.complexity_scores import alternatives, length_alone, order_scores
from workbench.evaluation.intent_scores import abstention_scores, tree_scores
from workbench.evaluation.intervals import share
from workbench.evaluation.multilabel import further_scores
from workbench.evaluation.paired import compare, comparison_table
from workbench.evaluation.ranking import chosen_sets
from workbench.evaluation.ranking_tables import compare_rankings
from workbench.evaluation.scores import Judged, Scores, bounds, shared_scores
from workbench.records import Fitted, ModelType, Report, Split

Answers = Mapping[str, NDArray[Any]]
Baselines = Mapping[str, Mapping[str, float]]


def judge_intent(fitted: Fitted, split: Split, neighbour: NDArray[Any], seed: int) -> Report:
    """``neighbour`` is the label of the closest training prompt for each test prompt.

    Sets, decisions, the out-of-scope score and secondary intents are judged of estimators that have them.
    """
    judged = judged_intent(fitted, split.test)
    predicted = judged.predicted
    found = shared_scores(judged, seed) | tree_scores(judged, seed)
    found |= abstention_scores(fitted.estimator, split.test.X, judged)
    found |= further_scores(fitted.estimator, split, predicted, seed)
    answers = _usual_answers(split, neighbour, seed)
    return _report("intent_classifier", split, judged, fitted.estimator, found, answers, {}, seed)


def judge_complexity(fitted: Fitted, split: Split, neighbour: NDArray[Any], seed: int) -> Report:
    """Like ``judge_intent``; labels are numbers 1 to 5 and the prediction is the median class."""
    judged = judged_complexity(fitted, split.test)
    found = shared_scores(judged, seed) | order_scores(judged, seed)
    answers = {**_usual_answers(split, neighbour, seed), **length_alone(split)}
    others = alternatives(fitted.estimator, split)
    return _report("complexity_model", split, judged, fitted.estimator, found, answers, others, seed)


def judge_selector(
    fitted: Fitted, split: Split, neighbour: NDArray[Any], seeds_choice: Sequence[Sequence[str]], seed: int
) -> Report:
    """``neighbour`` are the label rows of the closest training prompts; ``seeds_choice`` the ranking that the seed's
    ``get_optimal_techniques`` gives when told the true intent and complexity, which favours it.

    Techniques stand in the order of their labels' probabilities, moved, where the model has learnt from outcomes too,
    by what these have established; of each prompt it knows the text alone.
    """
    codes = np.asarray(fitted.labels, dtype=object)
    order, probabilities = ranking_of(fitted.estimator, split.test.X)
    relevant = [list(codes[row == 1]) for row in split.test.y]
    ranked = _ranked(order, codes)
    texts = [list(part.X["prompt_text"]) for part in (split.train, split.test)]
    scores = {
        "most popular": usual.most_popular(split.train.y, len(relevant)),
        "nearest neighbour (pgvector)": neighbour + usual.most_popular(split.train.y, len(relevant)) / 2,
        "TF-IDF + logistic regression": usual.tfidf_logistic_ranking(texts[0], split.train.y, texts[1], seed),
    }
    others: dict[str, Sequence[Sequence[str]]] = {name: _ranked(score, codes) for name, score in scores.items()}
    others["get_optimal_techniques (told the truth)"] = seeds_choice
    found = {name: _ranking_headline(other, relevant) for name, other in others.items()}
    predictions = selector_table(split.test, order, probabilities, codes)
    hits = predictions["correct"].to_numpy(dtype=bool)
    compared = compare_rankings(ranked, relevant, others, seed)
    metrics = {**compared.metrics, **bounds("accuracy", share(int(hits.sum()), len(hits)))}
    head, table = _ranking_headline(ranked, relevant), _per_technique(codes, ranked, relevant)
    return _assemble("technique_selector", split, head, metrics, found, table, predictions, compared.tables)


def _usual_answers(split: Split, neighbour: NDArray[Any], seed: int) -> dict[str, NDArray[Any]]:
    texts = [list(part.X["prompt_text"]) for part in (split.train, split.test)]
    return {
        "majority": usual.majority(split.train.y, len(split.test.y)),
        "nearest neighbour (pgvector)": neighbour,
        "TF-IDF + logistic regression": usual.tfidf_logistic(texts[0], split.train.y, texts[1], seed),
    }


def _report(
    kind: ModelType,
    split: Split,
    judged: Judged,
    estimator: Any,
    found: Scores,
    answers: Answers,
    others: Answers,
    seed: int,
) -> Report:
    """``answers`` are the baselines' and count as such; ``others`` are only compared with."""
    interval = share(int(judged.correct.sum()), len(judged.correct))
    metrics = {**found.metrics, **bounds("accuracy", interval)}
    predictions = with_scores(split.test, judged, estimator)
    against = {name: answers_table(split.test, answer) for name, answer in {**answers, **others}.items()}
    tables = {**found.tables, "against_others": _against(predictions, against, seed)}
    heads = {name: headline(judged.truth, answer) for name, answer in answers.items()}
    head, table = headline(judged.truth, judged.predicted), per_class(judged.truth, judged.predicted)
    return _assemble(kind, split, head, metrics, heads, table, predictions, tables)


def _against(ours: pd.DataFrame, others: Mapping[str, pd.DataFrame], seed: int) -> pd.DataFrame:
    """One row another model and score: this model minus the other, on the same rows."""
    parts = [comparison_table(compare(ours, theirs, seed)).assign(other=name) for name, theirs in others.items()]
    table = pd.concat(parts, ignore_index=True)
    return table[["other", *(name for name in table.columns if name != "other")]]


def _assemble(
    kind: ModelType,
    split: Split,
    head: Mapping[str, float],
    metrics: dict[str, float],
    found: Baselines,
    table: pd.DataFrame,
    predictions: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
) -> Report:
    sizes = len(split.train.ids), len(split.test.ids)
    return Report(kind, head["accuracy"], head["macro_f1"], metrics, found, table, predictions, *sizes, tables)


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
