"""Where a classifier is weak: by class, by branch, and what it takes for what, each share with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluation.intervals import Interval, share
from workbench.evaluation.weighted import steps_between

SCORES = [f"{name}{end}" for name in ("precision", "recall", "f1") for end in ("", "_low", "_high")]
TOP = ""


def class_table(truth: NDArray[Any], predicted: NDArray[Any]) -> pd.DataFrame:
    """One row a class that occurs: ``label``, precision, recall and F1 with ``_low`` and ``_high``, ``support``.

    Precision and recall have Wilson intervals. F1 is 2J / (1 + J) of J, the share of the rows that truth or prediction
    give the class which both give it; its bounds are those of J's Wilson interval put through the same formula.
    """
    true, found = np.asarray(truth).astype(str), np.asarray(predicted).astype(str)
    labels, codes = np.unique(np.concatenate([true, found]), return_inverse=True)
    ours, theirs = codes[: len(true)], codes[len(true) :]
    support, given = (np.bincount(part, minlength=len(labels)) for part in (ours, theirs))
    both = np.bincount(ours[ours == theirs], minlength=len(labels))
    rows = [_scores(*map(int, counts)) for counts in zip(both, given, support, strict=True)]
    table = pd.DataFrame(rows, columns=SCORES)
    table.insert(0, "label", labels)
    return table.assign(support=support)


def branch_table(truth: Sequence[str], predicted: Sequence[str]) -> pd.DataFrame:
    """One row a top-level branch: the columns of ``class_table`` for "somewhere in this branch", and of the rows whose
    truth lies there ``exact`` (the very path, with Wilson interval) and ``tree_distance`` (mean edges)."""
    of_truth, of_predicted = branches_of(truth), branches_of(predicted)
    table = class_table(of_truth, of_predicted).rename(columns={"label": "branch"})
    right = np.asarray(truth, dtype=object) == np.asarray(predicted, dtype=object)
    frame = pd.DataFrame({"branch": of_truth, "right": right, "edges": steps_between(truth, predicted)[:, 3]})
    grouped = frame.groupby("branch")
    hits = grouped["right"].sum().reindex(table["branch"], fill_value=0).to_numpy(int)
    exact = [share(int(hit), int(size)) for hit, size in zip(hits, table["support"], strict=True)]
    return table.assign(
        exact=[found.point for found in exact],
        exact_low=[found.low for found in exact],
        exact_high=[found.high for found in exact],
        tree_distance=grouped["edges"].mean().reindex(table["branch"]).to_numpy(float),
    )


def confusion_by_branch(truth: Sequence[str], predicted: Sequence[str]) -> pd.DataFrame:
    """Counts that are not 0: ``branch``, ``truth``, ``predicted``, ``rows``, ``share`` of the truth's rows.

    The empty branch has the counts between top-level branches; each other one those between its own nodes, for rows
    whose prediction stayed in it. The most frequent confusions stand first.
    """
    labels = pd.DataFrame({"truth": list(truth), "predicted": list(predicted)}, dtype=object)
    of_truth, of_predicted = branches_of(truth), branches_of(predicted)
    between = pd.DataFrame({"branch": TOP, "truth": of_truth, "predicted": of_predicted}, dtype=object)
    inside = labels.assign(branch=of_truth)[of_truth == of_predicted]
    counts = pd.concat([between, inside]).value_counts(["branch", "truth", "predicted"]).rename("rows").reset_index()
    totals = {(TOP, name): size for name, size in pd.Series(of_truth, dtype=object).value_counts().items()}
    totals |= {(str(name).split(".")[0], name): size for name, size in labels["truth"].value_counts().items()}
    keys = zip(counts["branch"], counts["truth"], strict=True)
    counts["share"] = counts["rows"] / np.array([totals[key] for key in keys], dtype=float)
    wrong = counts["truth"] != counts["predicted"]
    order = ["top", "branch", "wrong", "rows", "truth", "predicted"]
    ordered: pd.DataFrame = counts.assign(top=counts["branch"] == TOP, wrong=wrong).sort_values(
        order, ascending=[False, True, False, False, True, True]
    )
    return ordered[["branch", "truth", "predicted", "rows", "share"]].reset_index(drop=True)


def branches_of(labels: Sequence[str]) -> NDArray[Any]:
    return np.array([label.split(".", 1)[0] for label in labels], dtype=object)


def _scores(both: int, given: int, support: int) -> list[float]:
    jaccard = share(both, given + support - both)
    f1 = Interval(*(2 * value / (1 + value) for value in (jaccard.point, jaccard.low, jaccard.high)))
    shares = (share(both, given), share(both, support), f1)
    return [value for found in shares for value in (found.point, found.low, found.high)]
