"""For which intents would more labels help?

Errors that fall as a power of the number of labels (Hestness et al. 2017), e(n) = a n^-b, would fall by 1 - (3/2)^-b
with half as many labels again. One b is fitted for all intents together. An intent's own slope, its rise in accuracy
per doubling over the fits, rests on few rows and is drawn towards what its share of errors makes likely (empirical
Bayes). Intervals say what other held-out rows would have shown; which rows were learnt from is taken as given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluation.intervals import NORMAL_QUANTILE, Interval, share
from workbench.evaluation.learning import Growth
from workbench.evaluation.per_group import branches_of
from workbench.evaluation.resampling import Resampled, Statistic, bootstrap
from workbench.evaluation.shrinkage import FLOOR, Posterior, shrink, variance_around
from workbench.models.taxonomy import parent
from workbench.records import Vector

MORE = 0.5
STEEPEST = 2.0
# A group's own error share and spread are read together with so many rows that are like all the others.
BORROWED_ROWS = 4
CURVE = ["label", "fraction", "labels", "rows", "accuracy", "low", "high"]


@dataclass(frozen=True)
class LabelGain:
    """``exponent`` is b, ``gain`` the rise in accuracy that 50 % more labels of every intent would likely bring.

    ``intents`` and ``branches``: one row a label, the largest gain first: ``label``, ``labels`` learnt from, held-out
    ``rows``, ``accuracy`` with ``low`` and ``high``, ``gain`` with ``gain_low`` and ``gain_high``, ``wrong`` rows,
    ``taken_for`` (the label most often mistaken for it) with ``taken_rows``, ``sibling_rows`` (of the wrong ones, taken
    for a sibling, parent or child) and what one line ``says``. ``curves`` and ``branch_curves``: one row a label and
    fit: ``fraction`` of the largest fit, ``labels`` learnt from, ``rows``, ``accuracy`` with ``low`` and ``high``.
    """

    exponent: Interval
    gain: Interval
    intents: pd.DataFrame
    branches: pd.DataFrame
    curves: pd.DataFrame
    branch_curves: pd.DataFrame


def label_gain(growth: Growth, seed: int) -> LabelGain:
    """From fits of at least two sizes on rows of a single label.

    Raises:
        ValueError: fewer sizes, or several labels a row.
    """
    if growth.truth.ndim != 1 or len(growth.learnt) < 2:
        raise ValueError(
            f"label_gain needs one label a row and fits of two sizes, got {growth.truth.ndim} axes of labels and "
            f"{len(growth.learnt)} fits"
        )
    found = bootstrap(_power_law(growth), growth.right.shape[1], seed)
    intents, branches = (_group_table(growth, found, names) for names in _names(growth))
    curves, branch_curves = (_curves(growth, names) for names in _names(growth))
    intents = intents.join(_mistakes(growth).set_index("label"), on="label")
    intents["says"] = [_sentence(row) for row in intents.to_dict("records")]
    return LabelGain(found["exponent"].interval, found["gain"].interval, intents, branches, curves, branch_curves)


def _names(growth: Growth) -> tuple[list[NDArray[np.str_]], list[NDArray[np.str_]]]:
    """Names of the held-out rows and then of each fit's: their labels, and their branches."""
    labels = [np.asarray(part).astype(str) for part in (growth.truth, *growth.learnt)]
    return labels, [branches_of(list(part)).astype(str) for part in labels]


def _fractions(growth: Growth) -> Vector:
    sizes = np.array([len(part) for part in growth.learnt], dtype=float)
    return np.asarray(sizes / sizes[-1])


def _power_law(growth: Growth) -> dict[str, Statistic]:
    """Through the two largest fits, half an error added to each: where intents differ in b, the steepest of them are
    soon learnt, and a line through all fits would promise too much."""
    wrong = (~growth.right[-2:]).astype(float)
    step = float(np.log(_fractions(growth)[-2]))

    def exponent(weights: Vector) -> Vector:
        errors = np.log((weights @ wrong.T + 0.5) / (weights.sum(axis=1, keepdims=True) + 1.0))
        found: Vector = np.clip((errors[:, 1] - errors[:, 0]) / step, -STEEPEST, STEEPEST)
        return found

    def gain(weights: Vector) -> Vector:
        error = weights @ wrong[1] / weights.sum(axis=1)
        found: Vector = error * (1 - (1 + MORE) ** -exponent(weights))
        return found

    return {"exponent": exponent, "gain": gain}


def _group_table(growth: Growth, found: dict[str, Resampled], names: list[NDArray[np.str_]]) -> pd.DataFrame:
    groups, index = np.unique(names[0], return_inverse=True)
    rows = np.bincount(index).astype(float)
    slopes = _slopes(growth)
    error = _shrunken(np.bincount(index, ~growth.right[-1]), rows)
    own = np.bincount(index, slopes) / rows
    spread = _shrunken(np.bincount(index, (slopes - own[index]) ** 2), np.maximum(rows - 1, 0)) / rows
    expected = slopes.mean() / max(1 - growth.right[-1].mean(), 0.5 / len(slopes)) * error
    doubt = slopes.var() / len(slopes) * (error / max(error.mean(), 1e-12)) ** 2
    between = variance_around(own, spread, expected)
    drawn = shrink(own, spread, Posterior(expected, doubt), between)
    # How far groups differ is itself estimated (Morris 1983, equation 4.2).
    pulled = spread / (spread + max(between, FLOOR)) * (own - expected)
    variance = drawn.variance + 2 / max(len(groups) - 1, 1) * pulled**2
    step = _step(found["exponent"].point, _fractions(growth))
    half = NORMAL_QUANTILE * np.sqrt(variance)
    accuracy = [
        share(int(hit), int(size)) for hit, size in zip(np.bincount(index, growth.right[-1]), rows, strict=True)
    ]
    learnt = pd.Series(names[-1]).value_counts()
    table = pd.DataFrame(
        {
            "label": groups,
            "labels": learnt.reindex(groups, fill_value=0).to_numpy(int),
            "rows": rows.astype(int),
            "accuracy": [part.point for part in accuracy],
            "low": [part.low for part in accuracy],
            "high": [part.high for part in accuracy],
            "gain": np.minimum(step * drawn.mean, error),
            "gain_low": np.minimum(step * (drawn.mean - half), error),
            "gain_high": np.minimum(step * (drawn.mean + half), np.array([1 - part.low for part in accuracy])),
        }
    )
    return table.sort_values(["gain", "label"], ascending=[False, True]).reset_index(drop=True)


def _slopes(growth: Growth) -> Vector:
    """Each held-out row's share in the least-squares rise of accuracy per doubling."""
    at = np.log2(_fractions(growth))
    contrast = (at - at.mean()) / np.sum((at - at.mean()) ** 2)
    found: Vector = contrast @ growth.right.astype(float)
    return found


def _step(exponent: float, fractions: Vector) -> float:
    """The gain by half as many labels again, in units of the mean slope per doubling over the fits."""
    if exponent < 1e-6:
        return float(np.log2(1 + MORE))
    at = np.log2(fractions)
    contrast = (at - at.mean()) / np.sum((at - at.mean()) ** 2)
    return float((1 - (1 + MORE) ** -exponent) / -(contrast @ fractions**-exponent))


def _shrunken(sums: NDArray[Any], rows: Vector) -> Vector:
    """Means of groups, ``BORROWED_ROWS`` rows of the overall mean added to each."""
    overall = sums.sum() / max(rows.sum(), 1.0)
    return np.asarray((sums + BORROWED_ROWS * overall + 1e-9) / (rows + BORROWED_ROWS))


def _curves(growth: Growth, names: list[NDArray[np.str_]]) -> pd.DataFrame:
    held, *learnt = (pd.Series(part) for part in names)
    rows = []
    for fraction, right, seen in zip(_fractions(growth), growth.right, learnt, strict=True):
        counts = seen.value_counts()
        for label, hits in pd.Series(right).groupby(held):
            found = share(int(hits.sum()), len(hits))
            rows.append((label, fraction, int(counts.get(label, 0)), len(hits), found.point, found.low, found.high))
    return pd.DataFrame(rows, columns=CURVE)


def _mistakes(growth: Growth) -> pd.DataFrame:
    taken: dict[str, Counter[str]] = {str(label): Counter() for label in growth.truth}
    for label, answer in zip(growth.truth, growth.answers[-1], strict=True):
        if label != answer:
            taken[str(label)][str(answer)] += 1
    rows = []
    for label, counts in taken.items():
        most = min(counts.items(), key=lambda pair: (-pair[1], pair[0]), default=("", 0))
        siblings = sum(count for other, count in counts.items() if _are_close(label, other))
        rows.append((label, counts.total(), *most, siblings))
    return pd.DataFrame(rows, columns=["label", "wrong", "taken_for", "taken_rows", "sibling_rows"])


def _are_close(a: str, b: str) -> bool:
    """Siblings below a common node, or a node and one right below it."""
    return parent(a) == b or parent(b) == a or (parent(a) is not None and parent(a) == parent(b))


def _sentence(row: dict[Hashable, Any]) -> str:
    """What a person with time to label wants to know."""
    gain, low, high = (100 * row[name] for name in ("gain", "gain_low", "gain_high"))
    bounds = f"{gain:+.1f} points ({low:+.1f} to {high:+.1f})"
    if low > 0:
        said = f"50 % more labels would likely help: {bounds}."
    elif high < 1:
        said = f"50 % more labels would hardly help: {bounds}."
    else:
        said = f"Whether 50 % more labels would help is open: {bounds}."
    if row["wrong"] >= 3 and 2 * row["sibling_rows"] > row["wrong"]:
        said += (
            f" {row['sibling_rows']} of its {row['wrong']} errors are confusions with siblings, parent or children, "
            f"most with {row['taken_for']}: a clearer line between them may do more."
        )
    elif row["wrong"] >= 3 and 2 * row["taken_rows"] > row["wrong"]:
        said += f" {row['taken_rows']} of its {row['wrong']} errors were taken for {row['taken_for']}."
    return said
