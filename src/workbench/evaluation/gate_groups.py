"""Which classes and branches gained or lost between two models on the same rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.evaluation.gate_rules import Groups
from workbench.evaluation.intervals import paired_difference
from workbench.evaluation.paired import chance_of_gain
from workbench.records import ModelType, Vector

CLASS = {"intent_classifier": "intent", "complexity_model": "level", "technique_selector": "technique"}
BRANCH = "branch"
SEPARATOR = "; "
COLUMNS = [
    *("kind", "group", "rows", "ours", "theirs"),
    *("difference", "low", "high"),
    *("gained", "lost", "p_worse", "p_better"),
]


def members(model_type: ModelType, truth: pd.Series) -> pd.DataFrame:
    """One row a test row and group that it is in: ``row`` (position), ``kind``, ``group``.

    A prompt is in the class of its label, of a selector in those of all techniques that its labels name; an intent
    classifier's also in its top-level branch, where that has anything below it.
    """
    rows = pd.DataFrame({"row": range(len(truth)), "group": [str(label) for label in truth]})
    kind = CLASS[model_type]
    if model_type == "technique_selector":
        named = rows.assign(group=rows["group"].str.split(SEPARATOR)).explode("group", ignore_index=True)
        return named[named["group"] != ""].assign(kind=kind)
    if model_type != "intent_classifier":
        return rows.assign(kind=kind)
    top = rows["group"].str.split(".", n=1).str[0]
    inner = set(top[rows["group"].str.contains(".", regex=False)])
    branches = rows.assign(group=top, kind=BRANCH)[top.isin(inner)]
    return pd.concat([rows.assign(kind=kind), branches], ignore_index=True)


def group_table(model_type: ModelType, ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """One row a group, frames aligned row by row (``paired.aligned``): the share that each model has right (recall),
    their difference with its 95 % interval (Tango 1998), the rows that one alone has right (``gained``, ``lost``), and
    ``p_worse`` and ``p_better``, the exact one-sided McNemar p for a loss and for a gain."""
    found = members(model_type, ours["truth"])
    place = found["row"].to_numpy()
    a, b = (frame["correct"].to_numpy(dtype=bool)[place] for frame in (ours, theirs))
    keys = pd.MultiIndex.from_frame(found[["kind", "group"]])
    codes, names = keys.factorize(sort=True)
    right, before, gained, lost = (np.bincount(codes, part, len(names)) for part in (a, b, a & ~b, ~a & b))
    rows = []
    for index, (kind, group) in enumerate(names):
        size, up, down = int(np.sum(codes == index)), int(gained[index]), int(lost[index])
        gap, shares = paired_difference(up, down, size), (right[index] / size, before[index] / size)
        chances = chance_of_gain(down, up), chance_of_gain(up, down)
        rows.append((kind, group, size, *shares, gap.point, gap.low, gap.high, up, down, *chances))
    return pd.DataFrame(rows, columns=COLUMNS)


def worst_first(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values(["difference", "rows", "group"], ascending=[True, False, True], ignore_index=True)


def fallen(table: pd.DataFrame, rules: Groups) -> tuple[pd.DataFrame, int]:
    """The groups that lost more than their margin and more than chance explains, and by how much their p counts.

    The chance that any group is refused although none has changed stays below ``rules.level``, exactly, by Tarone's
    (1990) sharpening of Bonferroni: a group on which the models disagree so rarely that even losing all of it would be
    no evidence does not count among the comparisons.
    """
    least = 0.5 ** (table["gained"] + table["lost"]).to_numpy(float)
    count = comparisons(least, rules.level)
    usual = {BRANCH: rules.branch_margin}
    kinds = zip(table["kind"], table["group"], strict=True)
    margins = [rules.margins.get(group, usual.get(kind, rules.class_margin)) for kind, group in kinds]
    lost = (table["difference"] < [-margin for margin in margins]) & (table["p_worse"] * count <= rules.level)
    return worst_first(table.assign(margin=margins)[lost]), count


def comparisons(least: Vector, level: float) -> int:
    """Tarone's K: the smallest number such that no more than so many tests could reach level / K at all."""
    return next(k for k in range(1, len(least) + 2) if (least <= level / k).sum() <= k)
