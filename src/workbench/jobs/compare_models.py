"""Two recorded models on the same test prompts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.errors import ModelsNotComparable, RunUnknown
from workbench.evaluation.gate_groups import comparisons, group_table, worst_first
from workbench.evaluation.paired import aligned, compare, comparison_table
from workbench.jobs.answers import recorded_answers
from workbench.jobs.models import CHAMPION, find
from workbench.jobs.workspace import Workspace

SEED = 20260101
LEVEL = 0.05
MOST_CHANGED = 10
OF_SETS = ("accuracy", "ece")


@dataclass(frozen=True)
class Compared:
    """``first`` minus ``second``: one row a score in ``scores``, one a class or branch in ``groups``."""

    first: str
    second: str
    rows: int
    scores: list[dict[str, Any]]
    groups: list[dict[str, Any]]

    def changed(self) -> list[dict[str, Any]]:
        """The groups that lost or gained most."""
        found = [row for row in self.groups if row["difference"]]
        return sorted(found, key=lambda row: -abs(row["difference"]))[:MOST_CHANGED]

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


def compare_models(workspace: Workspace, first: str, second: str) -> Compared:
    """By the answers that were recorded when each was judged. `champion` alone is that of the other's type.

    Raises:
        ModelUnknown, ModelAmbiguous
        ModelsNotComparable: of two types, or judged on other prompts.
    """
    other = find(workspace.url, first if second == CHAMPION else second)
    one = find(workspace.url, first, other.model_type)
    two = find(workspace.url, second, one.model_type)
    names = {"first": one.name, "second": two.name}
    if one.model_type != two.model_type:
        raise ModelsNotComparable(**names, reason=f"one is a {one.model_type}, the other a {two.model_type}")
    try:
        ours, theirs = aligned(*(recorded_answers(workspace, model) for model in (one, two)))
    except (ValueError, RunUnknown) as exc:
        raise ModelsNotComparable(**names, reason=str(exc)) from exc
    found = compare(ours, theirs, SEED)
    if one.model_type == "technique_selector":  # its labels are sets, for which the other scores say nothing
        found = tuple(score for score in found if score.metric in OF_SETS)
    scores = comparison_table(found).to_dict("records")
    groups = worst_first(with_p(group_table(one.model_type, ours, theirs)))
    return Compared(one.name, two.name, len(ours), _records(scores), _records(groups.to_dict("records")))


def with_p(table: pd.DataFrame) -> pd.DataFrame:
    """The groups with ``p``, two-sided and adjusted for how many could have shown anything (Tarone 1990)."""
    count = comparisons(0.5 ** (table["gained"] + table["lost"]).to_numpy(float), LEVEL)
    least = table[["p_worse", "p_better"]].min(axis=1)
    return table.assign(p=(2 * count * least).clip(upper=1.0))


def _records(rows: list[Any]) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows]
