"""A ranking beside others on the same prompts, with intervals."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from workbench.evaluation.ranking import Ranked, Relevant, prompt_scores
from workbench.evaluation.resampling import bootstrap, difference
from workbench.evaluation.scores import Scores, point_and_bounds
from workbench.evaluation.weighted import mean_of

LEADING = "ndcg_at_5"


def compare_rankings(ranked: Ranked, relevant: Relevant, others: Mapping[str, Ranked], seed: int) -> Scores:
    """Each score with its interval (table ``ranking``), and less that of each other ranking (``ranking_against``:
    ``other``, ``metric``, ``ours``, ``theirs``, ``difference``, ``low``, ``high``, ``p_value``). The metric
    ``ndcg_at_5_lead`` is the smallest of the differences in NDCG@5, with its own interval.

    Bias-corrected percentile bootstrap over prompts with any label (Efron 1981), the same resamples for all.
    """
    ours = prompt_scores(ranked, relevant)
    theirs = {name: prompt_scores(other, relevant) for name, other in others.items()}
    statistics = {("", name): mean_of(values) for name, values in ours.items()}
    for other, scores in theirs.items():
        statistics |= {(other, name): difference(mean_of(ours[name]), mean_of(scores[name])) for name in ours}
    found = bootstrap({"\n".join(key): statistic for key, statistic in statistics.items()}, len(ours[LEADING]), seed)
    drawn = {key: found["\n".join(key)] for key in statistics}
    own = {name: drawn["", name].interval for name in ours}
    table = pd.DataFrame([(name, at.point, at.low, at.high) for name, at in own.items()])
    table.columns = pd.Index(["metric", "value", "low", "high"])
    rows = []
    for other, name in statistics:
        if other:
            gap = drawn[other, name].interval
            means = float(ours[name].mean()), float(theirs[other][name].mean())
            rows.append((other, name, *means, gap.point, gap.low, gap.high, drawn[other, name].p_value))
    columns = ["other", "metric", "ours", "theirs", "difference", "low", "high", "p_value"]
    against = pd.DataFrame(rows, columns=columns)
    metrics = {key: value for name, at in own.items() for key, value in point_and_bounds(name, at).items()}
    return Scores(metrics | _lead(against), {"ranking": table, "ranking_against": against})


def _lead(against: pd.DataFrame) -> dict[str, float]:
    leading = against[against["metric"] == LEADING].sort_values("difference", kind="stable")
    if leading.empty:
        return {}
    closest = leading.iloc[0]
    ends = {"": "difference", "_low": "low", "_high": "high"}
    return {f"{LEADING}_lead{end}": float(closest[column]) for end, column in ends.items()}
