"""The checks of the gate that compare two models row by row. Frames are aligned (``paired.aligned``)."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench.evaluation.gate_groups import BRANCH, fallen, group_table
from workbench.evaluation.gate_rules import Rules
from workbench.evaluation.intervals import Interval, paired_difference
from workbench.evaluation.paired import chance_of_gain
from workbench.evaluation.verdict import Check
from workbench.records import ModelType

MOST_NAMED = 3
USUAL_POWER = 0.8


def signed(found: Interval) -> str:
    return f"{found.point:+.3f} (95 % interval {found.low:+.3f} to {found.high:+.3f})"


def p_in_words(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def figures(found: Interval) -> dict[str, float]:
    return {"point": found.point, "low": found.low, "high": found.high}


def better(ours: pd.DataFrame, theirs: pd.DataFrame, champion: str, rules: Rules) -> Check:
    """Whether the challenger is right more often, by the exact one-sided McNemar test."""
    gained, lost = discordant(ours, theirs)
    rows, level = len(ours), rules.better.level
    gap, p = paired_difference(gained, lost, rows), chance_of_gain(gained, lost)
    passed = p <= level
    said = (
        f"Right on {gained} prompts where {champion} is wrong, wrong on {lost} where that is right, of {rows:,}: "
        f"accuracy {signed(gap)}, exact one-sided {p_in_words(p)}; at most {level:g} shows that it is better."
    )
    seen = detectable_gain(gained + lost, rows, level)
    if not passed and gap.high > 0:  # it may be better for all that is known
        said += (
            f" Where two models disagree on so many prompts, a true gain of {100 * seen:.1f} points shows "
            "four times in five."
            if gained + lost
            else " They disagree on none."
        )
    values = {"gained": gained, "lost": lost, "rows": rows, "p": p, "level": level, "detectable_gain": seen}
    return Check("better", passed, said, values | figures(gap))


def discordant(ours: pd.DataFrame, theirs: pd.DataFrame) -> tuple[int, int]:
    """Rows that the first alone has right, and the second alone."""
    a, b = (frame["correct"].to_numpy(dtype=bool) for frame in (ours, theirs))
    return int(np.sum(a & ~b)), int(np.sum(~a & b))


def detectable_gain(disagreeing: int, rows: int, level: float, power: float = USUAL_POWER) -> float:
    """The true gain in accuracy that the test shows with this power (normal approximation; Connor 1987)."""
    return float((norm.ppf(1 - level) + norm.ppf(power)) * sqrt(disagreeing) / rows)


def not_worse(ours: pd.DataFrame, theirs: pd.DataFrame, champion: str, rules: Rules) -> Check:
    """Whether the accuracy can at worst have fallen by the margin (non-inferiority)."""
    gap, margin = paired_difference(*discordant(ours, theirs), len(ours)), rules.not_worse.accuracy
    passed = gap.low >= -margin
    said = (
        f"Against {champion} on the same {len(ours):,} prompts: accuracy {signed(gap)}. The lower end "
        f"{'stays above' if passed else 'falls below'} -{margin:g}."
    )
    return Check("not_worse", passed, said, figures(gap) | {"margin": margin, "rows": len(ours)})


def groups(model_type: ModelType, ours: pd.DataFrame, theirs: pd.DataFrame, rules: Rules) -> Check:
    """Whether a class or a branch has lost more than its margin and more than chance explains."""
    table = group_table(model_type, ours, theirs)
    lost, count = fallen(table, rules.groups)
    sizes = table["kind"].value_counts()
    of = " and ".join(f"{size} {_plural(str(kind), int(size))}" for kind, size in sizes.items())
    named = [_named(row, count) for row in lost.head(MOST_NAMED).to_dict("records")]
    more = f" and {len(lost) - MOST_NAMED} more" if len(lost) > MOST_NAMED else ""
    said = (
        f"Of {of} none has lost more than its margin beyond what chance explains."
        if lost.empty
        else f"Of {of} these have lost more than their margin and more than chance explains: {'; '.join(named)}{more}."
    )
    values = {"groups": len(table), "counted": count, "level": rules.groups.level, "fallen": lost["group"].tolist()}
    return Check("groups", lost.empty, said, values)


def _named(row: Mapping[Any, Any], count: int) -> str:
    gap = Interval(row["difference"], row["low"], row["high"])
    return f"{row['group']} {signed(gap)}, {row['rows']} prompts, {p_in_words(min(row['p_worse'] * count, 1))}"


def _plural(kind: str, size: int) -> str:
    word = "branche" if kind == BRANCH and size != 1 else kind
    return word if size == 1 else f"{word}s"
