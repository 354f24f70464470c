"""How much better a technique works for one intent than it does on average."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.evaluation.effectiveness import NORMAL_95

COLUMNS = ["technique", "lift", "low", "high", "sample_size"]


def branches(estimates: pd.DataFrame) -> pd.DataFrame:
    """The rows of top-level branches."""
    return estimates[~estimates["intent"].str.contains(".", regex=False)]


def averages(estimates: pd.DataFrame) -> pd.DataFrame:
    """Each technique over all branches, weighted by sample size: ``score``, ``variance``, ``sample_size`` by code."""
    rows = branches(estimates)
    size = rows.groupby("technique")["sample_size"].transform("sum")
    share = rows["sample_size"] / size
    parts = rows.assign(score=share * rows["score"], variance=(share * rows["standard_error"]) ** 2)
    return parts.groupby("technique")[["score", "variance", "sample_size"]].sum()


def lift(estimates: pd.DataFrame, intent: str | None = None) -> pd.DataFrame:
    """Rows by falling lift: ``technique``, ``lift`` with its 95 % interval ``low`` to ``high``, ``sample_size``.

    With an intent: the technique's score there minus its average over all branches, the intent included. Without: the
    technique's average minus the mean of all techniques' averages. Errors of different branches are taken as
    independent, though all estimates share a prior.

    Raises:
        ValueError: there are no estimates for ``intent``.
    """
    average = averages(estimates)
    if intent is None:
        count = len(average)
        difference = average["score"] - average["score"].mean()
        # A technique is part of the mean it is compared with.
        variance = average["variance"] * (1 - 2 / max(count, 1)) + average["variance"].sum() / max(count, 1) ** 2
        size = average["sample_size"]
    else:
        here = estimates[estimates["intent"] == intent].set_index("technique")
        if here.empty:
            raise ValueError(f"no estimates for the intent {intent!r}")
        average = average.loc[here.index]
        share = here["sample_size"] / average["sample_size"]
        difference = here["score"] - average["score"]
        variance = average["variance"] + (1 - 2 * share) * here["standard_error"] ** 2
        size = here["sample_size"]
    half = NORMAL_95 * np.sqrt(np.maximum(variance, 0))
    table = pd.DataFrame(
        {"lift": difference, "low": difference - half, "high": difference + half, "sample_size": size.astype(int)}
    )
    return table.sort_values("lift", ascending=False, kind="stable").rename_axis("technique").reset_index()[COLUMNS]
