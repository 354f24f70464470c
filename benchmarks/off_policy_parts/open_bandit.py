"""The Open Bandit sample: a week of a shop that chose one of 34 items for each of three positions, uniformly for some
visits and by Thompson sampling for others. Each policy's value is known from its own clicks, and estimated from the
other's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.evaluation.folds import Codes, numbered
from workbench.evaluation.off_policy import Estimate, Logged, doubly_robust, ips, on_policy, snips, switch_dr
from workbench.evaluation.overlap import weights_of
from workbench.evaluation.propensity import known_propensities
from workbench.records import Vector

FILES = ("obd_random_men.csv", "obd_bts_men.csv")
ITEMS = 34
POSITIONS = 3
PSEUDO_ROWS = 500.0


def available(folder: Path) -> bool:
    return all((folder / name).is_file() for name in FILES)


def thompson_policy(log: pd.DataFrame) -> Vector:
    """Shape (positions, items): how often the policy showed each item, over the week.

    Its propensities change as it learns. Over the rows that show an item the mean of 1 / propensity estimates one over
    the item's mean probability; the mean propensity itself would be too large, since an item is shown the more often
    the larger it is. An item that a position never showed has none.
    """
    found = np.zeros((POSITIONS, ITEMS))
    cells = (1 / log["propensity_score"]).groupby([log["position"] - 1, log["item_id"]]).mean()
    for (position, item), inverse in cells.items():
        found[position, item] = 1 / inverse
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def both_ways(folder: Path) -> dict[str, Any]:
    """For both directions the other policy's ``own`` mean, its estimates, and whether they agree."""
    uniform_log, thompson_log = (pd.read_csv(folder / name) for name in FILES)
    policy = thompson_policy(thompson_log)
    equal = np.full((POSITIONS, ITEMS), 1 / ITEMS)
    return {
        "Thompson policy from the uniform log": _from(uniform_log, equal, policy, thompson_log),
        "uniform policy from the Thompson log": _from(thompson_log, policy, equal, uniform_log),
    }


def _from(log: pd.DataFrame, logging: Vector, judged: Vector, own: pd.DataFrame) -> dict[str, Any]:
    logged, policy = _logged(log, logging), judged[log["position"] - 1]
    rewards = _click_rates(log, logged)
    truth = on_policy(_logged(own, judged))
    estimates = {
        "dr": doubly_robust(policy, logged, rewards),
        "snips": snips(policy, logged),
        "ips": ips(policy, logged),
        "switch_dr": switch_dr(policy, logged, rewards),
    }
    weights = weights_of(policy, logged.found)
    return {
        "own": _numbers(truth),
        "weights": {"effective_n": weights.effective_n, "mean": vars(weights.mean), "untried": weights.untried},
        "largest_weight": weights.quantiles[-1],
        "estimates": {name: _numbers(found) | _agreement(found, truth) for name, found in estimates.items()},
    }


def _logged(log: pd.DataFrame, policy: Vector) -> Logged:
    """Rows of one moment are of one visit. The recorded propensity of what was shown is divided by; the matrix is the
    policy's mean over the week."""
    taken = log["item_id"].to_numpy(np.int64)
    visits = numbered(log["timestamp"].to_numpy(str))
    chosen = log["propensity_score"].to_numpy(float)
    return Logged(log["click"].to_numpy(float), known_propensities(policy[log["position"] - 1], taken, visits, chosen))


def _click_rates(log: pd.DataFrame, logged: Logged) -> Vector:
    """Shape (rows, items): each item's clicks in the other folds, drawn to the mean of all items."""
    found = np.empty((len(log), ITEMS))
    folds: Codes = logged.found.folds
    for fold in np.unique(folds):
        learn = folds != fold
        shown = np.bincount(logged.found.taken[learn], minlength=ITEMS)
        clicked = np.bincount(logged.found.taken[learn], logged.reward[learn], minlength=ITEMS)
        mean = clicked.sum() / shown.sum()
        found[folds == fold] = (clicked + PSEUDO_ROWS * mean) / (shown + PSEUDO_ROWS)
    return found


def _numbers(found: Estimate) -> dict[str, float]:
    return {"point": found.point, "error": found.standard_error, "low": found.low, "high": found.high}


def _agreement(found: Estimate, truth: Estimate) -> dict[str, Any]:
    """Whether the other log's own mean lies in the estimate's interval, and the interval of their difference: the two
    logs are of different visits, so their errors add up."""
    gap = found.point - truth.point
    reach = 1.96 * float(np.hypot(found.standard_error, truth.standard_error))
    inside = bool(found.low <= truth.point <= found.high)
    return {"own_inside": inside, "difference": gap, "difference_low": gap - reach, "difference_high": gap + reach}
