"""A decision log laid out over intents, techniques and one grouping, such as language models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.evaluation.cells import Cells, Uses, measure
from workbench.evaluation.folds import numbered
from workbench.evaluation.inclusion import Inclusion
from workbench.evaluation.ladder import ROOT, Ladder, Positions
from workbench.models.taxonomy import ancestors
from workbench.records import DecisionLog, Vector

OTHER = ""
FEWEST_OF_A_GROUP = 30
MOST_GROUPS = 12


@dataclass(frozen=True)
class Layout:
    """Where each decision belongs: ``node`` and ``group`` (rows,), places among ``ladder.nodes`` and ``groups``.
    ``columns`` are the techniques that were applied at all, places among those of the log."""

    ladder: Ladder
    node: Positions
    columns: Positions
    groups: tuple[str, ...]
    group: Positions

    @property
    def shape(self) -> tuple[int, int, int]:
        return len(self.ladder.nodes), len(self.columns), len(self.groups)

    def regrouped(self, names: pd.Series) -> Layout:
        """``names`` has one for each row. A name with fewer than 30 rows, or beyond the twelve most frequent, becomes
        the group "", which is there only if it has rows."""
        counts = names[names != OTHER].value_counts()
        kept = sorted(counts.index[counts >= FEWEST_OF_A_GROUP][:MOST_GROUPS])
        place = {name: at for at, name in enumerate(kept)}
        group = names.map(lambda name: place.get(name, len(kept))).to_numpy(np.int64)
        rest = [OTHER] if not kept or group.max(initial=0) == len(kept) else []
        return replace(self, groups=(*kept, *rest), group=group)


def lay_out(log: DecisionLog, found: Inclusion, intents: Sequence[str]) -> Layout:
    """By language model, over the tree of ``intents``, of the log's own where none are given. A decision counts for
    its intent or the nearest above it that the tree has; without an intent, for the root."""
    paths = words(log.frame["intent"])
    known = [path for path in paths.unique() if path]
    ladder = Ladder.over(intents or known)
    place = {node: at for at, node in enumerate(ladder.nodes)}
    row = {path: _nearest(path, place) for path in known}
    node = np.array([row.get(path, 0) for path in paths], dtype=np.int64)
    columns = np.flatnonzero(found.applied.any(axis=0))
    return Layout(ladder, node, columns, (OTHER,), np.zeros_like(node)).regrouped(words(log.frame["language_model"]))


def words(column: pd.Series) -> pd.Series:
    """As text, "" where nothing is known."""
    return column.astype(object).where(column.notna(), OTHER)


def measure_log(log: DecisionLog, found: Inclusion, layout: Layout, floor: float) -> Cells:
    """Each technique of a set gets the outcome of the set; a weight is at most 1 / ``floor``."""
    decision, technique = np.nonzero(found.applied[:, layout.columns])
    shape = layout.shape
    place = np.ravel_multi_index((layout.node[decision], technique, layout.group[decision]), shape)
    probability = found.probability[decision, layout.columns[technique]]
    prompt = numbered(log.frame["prompt"].to_numpy(str))[decision]
    reward = log.frame["reward"].to_numpy(float)[decision]
    uses = Uses(place, prompt, 1 / np.maximum(probability, floor), reward)
    decisions = count(layout, np.ones(len(layout.node)))
    return measure(uses, layout.ladder, decisions[None], len(layout.columns))


def count(layout: Layout, values: Vector) -> Vector:
    """Shape (nodes, groups): the sum of ``values`` (rows,) over each node's own decisions."""
    nodes, _, groups = layout.shape
    found = np.bincount(layout.node * groups + layout.group, values, nodes * groups)
    return np.asarray(found, float).reshape(nodes, groups)


def _nearest(path: str, place: dict[str, int]) -> int:
    return next((place[node] for node in reversed(ancestors(path)) if node in place), place[ROOT])
