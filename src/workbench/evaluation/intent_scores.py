"""What an intent classifier is judged by besides: the tree, its sets, its decisions, what it sends out of scope."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from workbench.evaluation.abstention import KEPT, auroc, out_of_scope_row, out_of_scope_table
from workbench.evaluation.intervals import Interval, share
from workbench.evaluation.per_group import branch_table, branches_of, confusion_by_branch
from workbench.evaluation.resampling import intervals
from workbench.evaluation.scores import Judged, Scores, point_and_bounds
from workbench.evaluation.sets import Shape, conditional_coverage, decision_row, set_row
from workbench.evaluation.weighted import hierarchical_of
from workbench.models.intent import OUT_OF_SCOPE

SHAPES: tuple[Shape, ...] = ("subtree", "labels")
STATED = (0.9, 0.95)
ENDS = ("", "_low", "_high")
Z = 1.96


def tree_scores(judged: Judged, seed: int) -> Scores:
    """Hierarchical scores with bootstrap intervals (Wilson for the share of right branches), the tables by branch."""
    truth, predicted = [str(label) for label in judged.truth], [str(label) for label in judged.predicted]
    found = intervals(hierarchical_of(truth, predicted), len(truth), seed)
    right = branches_of(truth) == branches_of(predicted)
    found["level_1_accuracy"] = share(int(right.sum()), len(right))
    metrics = {end: value for name, part in found.items() for end, value in point_and_bounds(name, part).items()}
    return Scores(
        metrics, {"per_branch": branch_table(truth, predicted), "confusion": confusion_by_branch(truth, predicted)}
    )


def abstention_scores(estimator: Any, X: pd.DataFrame, judged: Judged) -> Scores:
    """Whatever the estimator, or the last step of a pipeline, has of ``predict_set``, ``decide`` and
    ``out_of_scope_score``; nothing of one that has none or could hold out no row to calibrate them."""
    head, made = (estimator[-1], estimator[:-1].transform(X)) if isinstance(estimator, Pipeline) else (estimator, X)
    label = str(getattr(head, "out_of_scope", None) or "")
    outside = np.asarray(judged.truth == label, dtype=bool)
    found = Scores()
    if hasattr(head, "predict_set"):
        found |= _sets(head, made, judged)
    decided = _decided(head, made)
    if decided is not None:
        found |= _decisions(decided, judged, outside)
    if hasattr(head, "out_of_scope_score") and 0 < outside.sum() < len(outside):
        found |= _out_of_scope(head.out_of_scope_score(made), decided, judged, outside, label)
    return found


def coverage_missed(metrics: Mapping[str, Any], n_train: int, n_test: int) -> str | None:
    """A sentence where sets held the truth surely less often than they state; else None.

    They keep their word for prompts exchangeable with the training prompts, so this says something of the test prompts.
    Not so where either are few: of exchangeable ones the coverage varies as a beta-binomial does (Angelopoulos and
    Bates 2023, section 3.2), here by its normal limit, one-sided at 2.5 %, with all training prompts for calibration.
    """
    point, low, high = (metrics.get(f"subtree_set_coverage{end}") for end in ENDS)
    if point is None or low is None or high is None or not n_train or not n_test:
        return None
    by_chance = Z * np.sqrt(STATED[0] * (1 - STATED[0]) * (1 / n_train + 1 / n_test))
    if point >= STATED[0] - by_chance:
        return None
    found = f"{100 * point:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
    return (
        f"Its sets state that they hold the truth in {100 * STATED[0]:.0f} % and held it in {found} of the test "
        "prompts: these are not like the training prompts (other writers, another time or source), and what it states "
        "of itself is stated for prompts like those."
    )


def _sets(head: Any, X: Any, judged: Judged) -> Scores:
    truth, labels = [str(label) for label in judged.truth], [str(label) for label in judged.classes]
    rows, groups = [], []
    metrics: dict[str, float] = {}
    for shape, stated in product(SHAPES, STATED):
        try:
            sets = head.predict_set(X, coverage=stated, shape=shape)
        except ValueError:
            return Scores()
        row = set_row(sets, truth, labels, shape, stated)
        rows.append({"shape": shape, "stated": stated} | row)
        groups.append(conditional_coverage(sets, truth, shape, stated).assign(shape=shape, stated=stated))
        if stated == STATED[0]:
            metrics |= point_and_bounds(f"{shape}_set_coverage", Interval(row["coverage"], row["low"], row["high"]))
            metrics |= {f"{shape}_set_labels": row["labels"], f"{shape}_set_single": row["single"]}
    return Scores(metrics, {"sets": pd.DataFrame(rows), "set_coverage": pd.concat(groups, ignore_index=True)})


def _decided(head: Any, X: Any) -> NDArray[Any] | None:
    if not hasattr(head, "decide"):
        return None
    try:
        decided: NDArray[Any] = head.decide(X)
    except ValueError:
        return None
    return decided


def _decisions(decided: NDArray[Any], judged: Judged, outside: NDArray[np.bool_]) -> Scores:
    rows = {}
    for name, chosen in {"all": np.ones(len(outside), dtype=bool), "in scope": ~outside}.items():
        made, truth, best = (
            [str(label) for label in part[chosen]] for part in (decided, judged.truth, judged.predicted)
        )
        rows[name] = decision_row(made, truth, best, OUT_OF_SCOPE)
    row = rows["all"]
    names = ("answered", "steps_up", "backed_off", *(f"{kind}{end}" for kind in ("exact", "path") for end in ENDS))
    table = pd.DataFrame([{"of": name} | found for name, found in rows.items()])
    return Scores({f"decided_{name}": row[name] for name in names}, {"decisions": table})


def _out_of_scope(
    score: NDArray[Any], decided: NDArray[Any] | None, judged: Judged, outside: NDArray[np.bool_], label: str
) -> Scores:
    """A row a rule: a stated share of the rows in scope kept, what ``decide`` sends out, where the label wins."""
    table = out_of_scope_table(score, outside, judged.correct, KEPT)
    metrics = point_and_bounds("out_of_scope_auroc", auroc(score, outside))
    metrics |= _recall("at_97", dict(table.iloc[KEPT.index(0.97)]))
    rules = {"the likeliest label": judged.predicted == label}
    if decided is not None:
        rules = {"decided": decided == OUT_OF_SCOPE} | rules
        metrics |= _recall("decided", out_of_scope_row(rules["decided"], outside, judged.correct))
    others = [{"rule": name} | out_of_scope_row(sent, outside, judged.correct) for name, sent in rules.items()]
    return Scores(metrics, {"out_of_scope": pd.concat([table, pd.DataFrame(others)], ignore_index=True)})


def _recall(where: str, row: dict[Any, Any]) -> dict[str, float]:
    """Never the one without the other."""
    names = [f"{score}{end}" for score in ("recall", "in_scope_accuracy") for end in ENDS]
    return {f"out_of_scope_{where}_{name}": float(row[name]) for name in names}
