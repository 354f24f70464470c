"""Several intents a prompt: how well sets of labels are met, beside giving none further and giving the usual ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.pipeline import Pipeline

from workbench.evaluation.baselines import companions
from workbench.evaluation.paired import BY_PERCENTILES, Comparison, comparison_table
from workbench.evaluation.resampling import Resampled, Statistic, bootstrap
from workbench.evaluation.scores import Scores, point_and_bounds
from workbench.evaluation.weighted import mean_of, ratio_of
from workbench.records import Examples, Split, Vector

# A prompt's intents, the primary one first.
Intents = Sequence[tuple[str, ...]]

THIS_MODEL = "this model"
PRIMARY_ONLY = "primary only"
USUAL = "usual with the predicted primary"
SCOPES = {"all_intents": 0, "secondary": 1}
LOGGED = ("micro_precision", "micro_recall", "micro_f1", "macro_f1", "jaccard", "exact_set")


def further_scores(estimator: Any, split: Split, predicted: NDArray[Any], seed: int) -> Scores:
    """Of estimators, or last steps of a pipeline, that give secondary intents, where test rows have some; nothing of
    all others."""
    head = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    if not any(split.test.secondary) or not hasattr(head, "predict_secondary"):
        return Scores()
    made = estimator[:-1].transform(split.test.X) if isinstance(estimator, Pipeline) else split.test.X
    first = [str(label) for label in predicted]
    usual = companions(split.train.y, split.train.secondary or [()] * len(split.train.y), predicted)
    others = {PRIMARY_ONLY: _joined(first, [()] * len(first)), USUAL: _joined(first, usual)}
    ours = _joined(first, head.predict_secondary(made))
    return set_scores(intents_of(split.test), ours, others, seed)


def intents_of(examples: Examples) -> Intents:
    return _joined([str(label) for label in examples.y], examples.secondary)


def set_scores(truth: Intents, ours: Intents, others: Mapping[str, Intents], seed: int) -> Scores:
    """Metrics of ``ours``; the table ``intent_sets`` of everybody's scores with their intervals; and
    ``intent_sets_against``: ours minus each other's on the same resamples of the rows.

    Scores are over all intents of a row, and over its secondary ones alone.
    """
    metrics: dict[str, float] = {}
    rows, against = [], []
    for scope, start in SCOPES.items():
        true = [labels[start:] for labels in truth]
        found = {
            name: bootstrap(multilabel_of(true, [labels[start:] for labels in answers]), len(true), seed)
            for name, answers in {THIS_MODEL: ours, **others}.items()
        }
        for name, scores in found.items():
            rows += [{"of": scope, "who": name, "score": score} | _bounds(part) for score, part in scores.items()]
        for score in LOGGED:
            metrics |= point_and_bounds(f"{scope}_{score}", found[THIS_MODEL][score].interval)
        for name in others:
            table = comparison_table(tuple(_differences(found[THIS_MODEL], found[name])))
            against.append(table.assign(of=scope, other=name))
    together = pd.concat(against, ignore_index=True)
    ordered = together[["of", "other", *(name for name in together.columns if name not in ("of", "other"))]]
    return Scores(metrics, {"intent_sets": pd.DataFrame(rows), "intent_sets_against": ordered})


def multilabel_of(truth: Sequence[Iterable[str]], predicted: Sequence[Iterable[str]]) -> dict[str, Statistic]:
    """Precision, recall and F1 over all pairs of row and label (``micro_``) and as the mean over the labels that occur
    in truth or prediction of the resample (``macro_``, 0 without a denominator); ``jaccard``, the mean over rows of the
    share of the labels that either gives which both give, 1 where neither gives any; ``exact_set``, the share of rows
    whose sets are equal."""
    true, given = _hot(truth, predicted)
    both = (true * given).tocsr()
    hits, stated, wanted = (np.asarray(part.sum(axis=1)).ravel() for part in (both, given, true))
    either = stated + wanted - hits
    return {
        "micro_precision": ratio_of(hits, stated),
        "micro_recall": ratio_of(hits, wanted),
        "micro_f1": ratio_of(2 * hits, stated + wanted),
        "macro_precision": _macro(both, given, true, 1.0, 0.0),
        "macro_recall": _macro(both, given, true, 0.0, 1.0),
        "macro_f1": _macro(both, given, true, 0.5, 0.5),
        "jaccard": mean_of(np.divide(hits, either, out=np.ones(len(hits)), where=either > 0)),
        "exact_set": mean_of(either == hits),
    }


def _macro(both: Any, given: Any, true: Any, of_given: float, of_true: float) -> Statistic:
    """Hits over a mixture of what is given and what is true; half of each makes F1."""

    def macro(weights: Vector) -> Vector:
        stated, wanted = weights @ given, weights @ true
        below, occurs = of_given * stated + of_true * wanted, stated + wanted > 0
        scores = np.divide(weights @ both, below, out=np.zeros_like(below), where=below > 0)
        found: Vector = scores.sum(axis=1) / np.maximum(occurs.sum(axis=1), 1)
        return found

    return macro


def _hot(*sides: Sequence[Iterable[str]]) -> list[Any]:
    """Shape (rows, labels) each, over the labels of all."""
    names = sorted({label for side in sides for row in side for label in row})
    column = {label: index for index, label in enumerate(names)}
    made = []
    for side in sides:
        pairs = [(row, column[label]) for row, labels in enumerate(side) for label in set(labels)]
        row, place = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        made.append(csr_array((np.ones(len(pairs)), (row, place)), shape=(len(side), max(len(column), 1))))
    return made


def _joined(primary: Iterable[str], secondary: Iterable[Iterable[str]]) -> Intents:
    return [(first, *further) for first, further in zip(primary, secondary, strict=True)]


def _bounds(found: Resampled) -> dict[str, float]:
    return {"value": found.point, "low": found.interval.low, "high": found.interval.high}


def _differences(ours: Mapping[str, Resampled], theirs: Mapping[str, Resampled]) -> Iterable[Comparison]:
    for score, mine in ours.items():
        other = theirs[score]
        found = Resampled(mine.point - other.point, mine.draws - other.draws)
        bounds = found.interval
        yield Comparison(
            score, mine.point, other.point, bounds.point, bounds.low, bounds.high, found.p_value, BY_PERCENTILES
        )
