"""Made-up pairs of models whose truth is known: how good each is, and how often they disagree.

Both state for each prompt the probability of being right, and that is what it is: they are calibrated. With the
probability ``1 - fresh`` the two are right or wrong by the same lot, else each by its own; ``fresh`` is set so that on
the wanted share of the prompts one of them alone is right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

BRANCHES, INTENTS = 10, 5
# Beta distribution of the probability of being right; its mean is the champion's accuracy.
SURE, UNSURE = 4.25, 0.75
SMALLEST_OF_WRONG, LARGEST_OF_WRONG = 0.1, 0.7
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Truth:
    """``gain`` is the challenger's accuracy minus the champion's, ``disagree`` the share of prompts that one of them
    alone has right."""

    rows: int
    gain: float
    disagree: float


def pair(truth: Truth, random: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Predictions of the challenger and of the champion, as ``Report.predictions``."""
    sure = random.beta(SURE, UNSURE, truth.rows)
    surer = sure + truth.gain * (1 - sure) / (1 - SURE / (SURE + UNSURE))
    lot, own = random.random(truth.rows), random.random(truth.rows)
    fresh = random.random(truth.rows) < fresh_share(truth)
    ours, theirs = np.where(fresh, own, lot) < surer, lot < sure
    labels = labels_of(truth.rows)
    return _table(labels, surer, ours, random), _table(labels, sure, theirs, random)


def fresh_share(truth: Truth) -> float:
    """Disagreement by the same lot is the gain, by lots of their own that of independent models."""
    mean = SURE / (SURE + UNSURE)
    spread = mean * UNSURE / (SURE + UNSURE + 1)  # the mean of p (1 - p)
    lift = truth.gain / (1 - mean)
    apart = 2 * spread * (1 - lift) + lift * (1 - mean)
    return max(truth.disagree - truth.gain, 0.0) / (apart - truth.gain)


def labels_of(rows: int) -> list[str]:
    number = np.arange(rows) % (BRANCHES * INTENTS)
    return [f"branch{n // INTENTS}.intent{n % INTENTS}" for n in number]


def _table(labels: list[str], sure: Floats, right: Flags, random: np.random.Generator) -> pd.DataFrame:
    rest = (1 - sure) * random.uniform(SMALLEST_OF_WRONG, LARGEST_OF_WRONG, len(sure))
    wrong = [f"{label.split('.')[0]}.intent{(int(label[-1]) + 1) % INTENTS}" for label in labels]
    return pd.DataFrame(
        {
            "id": [f"row-{n:05d}" for n in range(len(labels))],
            "truth": labels,
            "predicted": np.where(right, labels, wrong),
            "confidence": sure,
            "correct": right,
            "probability_of_truth": np.where(right, sure, rest),
        }
    )
