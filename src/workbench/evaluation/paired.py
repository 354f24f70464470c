"""Two models on the same rows: what differs, by how much, and how surely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binom

from workbench.evaluation.calibration import BINS, SMALLEST
from workbench.evaluation.intervals import paired_difference
from workbench.evaluation.resampling import RESAMPLES, Statistic, bootstrap, difference
from workbench.evaluation.weighted import (
    calibration_error_of,
    hierarchical_of,
    macro_f1_of,
    mean_of,
    quadratic_kappa_of,
)

PROBABILITY = "probability_of_truth"
BY_PERCENTILES = "paired bootstrap, bias-corrected percentiles"
BY_ERROR = "paired bootstrap, standard error"


@dataclass(frozen=True)
class Comparison:
    """``ours`` and ``theirs`` are the two models' scores, ``difference`` the first minus the second with its 95 %
    interval ``low`` to ``high``, ``p_value`` two-sided for no difference, ``method`` where the last three come from."""

    metric: str
    ours: float
    theirs: float
    difference: float
    low: float
    high: float
    p_value: float
    method: str


@dataclass(frozen=True)
class McNemar:
    """Of the rows that one model only has right: the exact p (McNemar 1947), which is never too small, and the mid-p
    (Lancaster 1961), which is closer to its level (Fagerland, Lydersen and Laake 2013)."""

    only_ours: int
    only_theirs: int
    exact_p: float
    mid_p: float


def mcnemar(only_ours: int, only_theirs: int) -> McNemar:
    total = only_ours + only_theirs
    if not total:
        return McNemar(0, 0, 1.0, 1.0)
    fewer = min(only_ours, only_theirs)
    tail, seen = float(binom.cdf(fewer, total, 0.5)), float(binom.pmf(fewer, total, 0.5))
    return McNemar(only_ours, only_theirs, min(2 * tail, 1.0), min(2 * tail - seen, 1.0))


def chance_of_gain(gained: int, lost: int) -> float:
    """One-sided exact McNemar p: how often two equally good models differ by this much or more in favour of the one
    that ``gained``. Whatever the number of rows that they disagree on, its level is kept."""
    return float(binom.sf(gained - 1, gained + lost, 0.5))


def compare(ours: pd.DataFrame, theirs: pd.DataFrame, seed: int, resamples: int = RESAMPLES) -> tuple[Comparison, ...]:
    """Each score that both models' predictions (see ``Report.predictions``, in any order) allow.

    Accuracy by Tango's (1998) interval and the mid-p of McNemar's test; everything else by a paired bootstrap over rows
    with bias-corrected percentile intervals (Efron 1981): macro F1; of paths hierarchical F1 and tree distance; of
    numbers quadratic kappa and absolute error; where the probability of the truth is known, log loss. Where confidence
    is known also the calibration error, whose interval is two bootstrap standard errors to either side: it grows on
    resamples, and what corrects for that in one model overdoes it in the difference of two.

    Raises:
        ValueError: the two are not of the same rows, or disagree about the truth.
    """
    ours, theirs = aligned(ours, theirs)
    pairs = {name: (a, b) for (name, a), b in zip(_scores(ours).items(), _scores(theirs).values(), strict=True)}
    statistics = {name: difference(*pair) for name, pair in pairs.items()}
    found = bootstrap(statistics, len(ours), seed, resamples)
    once = np.ones((1, len(ours)))
    comparisons = [_accuracy(ours, theirs)]
    for name, (a, b) in pairs.items():
        by_error = name == "ece"
        bounds = found[name].normal_interval if by_error else found[name].interval
        p_value = found[name].normal_p_value if by_error else found[name].p_value
        scores = float(a(once)[0]), float(b(once)[0])
        method = BY_ERROR if by_error else BY_PERCENTILES
        comparisons.append(Comparison(name, *scores, bounds.point, bounds.low, bounds.high, p_value, method))
    return tuple(comparisons)


def comparison_table(comparisons: tuple[Comparison, ...]) -> pd.DataFrame:
    """One row a comparison, its fields as columns."""
    return pd.DataFrame([vars(found) for found in comparisons])


def aligned(ours: pd.DataFrame, theirs: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both in the order of their ids, with the columns that both have.

    Raises:
        ValueError: no rows, an id twice, other ids, or another truth for the same id.
    """
    for name, frame in (("first", ours), ("second", theirs)):
        if frame.empty:
            raise ValueError(f"the {name} predictions have no rows")
        if frame["id"].duplicated().any():
            again = frame.loc[frame["id"].duplicated(), "id"].iloc[0]
            raise ValueError(f"the {name} predictions have the id {again!r} twice")
    lone = set(ours["id"]) ^ set(theirs["id"])
    if lone:
        only = [len(set(a["id"]) - set(b["id"])) for a, b in ((ours, theirs), (theirs, ours))]
        raise ValueError(
            f"the predictions are not of the same rows: {only[0]} only in the first, {only[1]} only in the second, "
            f"such as {min(map(str, lone))!r}"
        )
    columns = [name for name in ours.columns if name in set(theirs.columns)]
    left, right = (frame[columns].sort_values("id").reset_index(drop=True) for frame in (ours, theirs))
    if "truth" in columns and (left["truth"] != right["truth"]).any():
        other = left.loc[left["truth"] != right["truth"], "id"].iloc[0]
        raise ValueError(f"the predictions disagree about the truth of {other!r}: they are of different labels")
    return left, right


def _accuracy(ours: pd.DataFrame, theirs: pd.DataFrame) -> Comparison:
    a, b = (frame["correct"].to_numpy(dtype=bool) for frame in (ours, theirs))
    gained, lost = int(np.sum(a & ~b)), int(np.sum(~a & b))
    found, test = paired_difference(gained, lost, len(a)), mcnemar(gained, lost)
    scores = float(a.mean()), float(b.mean())
    return Comparison(
        "accuracy", *scores, found.point, found.low, found.high, test.mid_p, "Tango interval, McNemar mid-p"
    )


def _scores(frame: pd.DataFrame) -> dict[str, Statistic]:
    truth, predicted = frame["truth"].to_numpy(), frame["predicted"].to_numpy()
    scores: dict[str, Statistic] = {"macro_f1": macro_f1_of(truth, predicted)}
    if pd.api.types.is_numeric_dtype(frame["truth"]):
        scores["quadratic_kappa"] = quadratic_kappa_of(truth, predicted)
        scores["mean_absolute_error"] = mean_of(np.abs(truth - predicted))
    else:
        along = hierarchical_of([str(label) for label in truth], [str(label) for label in predicted])
        scores |= {name: along[name] for name in ("hierarchical_f1", "mean_tree_distance")}
    if "confidence" in frame:
        scores["ece"] = calibration_error_of(frame["confidence"].to_numpy(float), frame["correct"].to_numpy(), BINS)
    if PROBABILITY in frame:
        scores["log_loss"] = mean_of(-np.log(np.maximum(frame[PROBABILITY].to_numpy(float), SMALLEST)))
    return scores
