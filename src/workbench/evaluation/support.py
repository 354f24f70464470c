"""What an estimate rests on, and whether that is enough to write it down.

A technique can be judged among decisions for which it could have been chosen and could have been left out:
floor <= P(technique | decision) <= 1 - floor (Crump, Hotz, Imbens & Mitnik 2009). The overlap of a cell is their share.

Where only the probabilities of what was applied are recorded, the share is estimated without bias by the applied ones
alone, each standing for 1 / P decisions (Horvitz & Thompson 1952); where the technique never had a chance, these add up
to fewer than there are. Estimated probabilities are smooth even where the choice was a rule, so there a decision counts
only if those like it show both, the technique chosen and left out: all of the same intent and language model; and where
there are ten or more, those of the same complexity, domain or language model, and of these the ones of the same intent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluation.inclusion import Inclusion
from workbench.evaluation.log_cells import Layout, words
from workbench.records import DecisionLog, Vector

ENOUGH_FOR_A_RULE = 10


@dataclass(frozen=True)
class Thresholds:
    """Least ``effective_n`` and ``overlap`` of a cell that may be written; ``floor`` as above, also that of weights;
    ``r_hat`` is how far the chains may disagree."""

    effective_n: float = 10.0
    overlap: float = 0.5
    floor: float = 0.01
    r_hat: float = 1.1


def overlap(log: DecisionLog, found: Inclusion, layout: Layout, floor: float) -> Vector:
    """Shape (nodes, techniques, groups + 1), the last of all groups: the share of the decisions of a node and all
    below it; 0 without any."""
    probability = found.probability[:, layout.columns]
    applied, recorded = found.applied[:, layout.columns], found.recorded[:, layout.columns]
    inside = (probability >= floor) & (probability <= 1 - floor)
    inside &= recorded | ~_looks_like_a_rule(log, applied)
    complete = np.asarray(np.isfinite(found.probability).all(axis=1, keepdims=True))
    alone = np.where(applied, 1 / np.maximum(probability, floor), 0.0)
    whole, rest = _summed(layout, inside & complete), _summed(layout, np.where(inside & ~complete, alone, 0.0))
    decisions, incomplete = _summed(layout, np.ones_like(complete)), _summed(layout, ~complete)
    top = whole + np.minimum(rest, incomplete)
    return np.where(decisions > 0, top / np.where(decisions > 0, decisions, 1), 0.0)


def reason(effective_n: float, overlap: float, r_hat: float, least: Thresholds) -> str | None:
    """Why a cell may not be written; None where it may."""
    if effective_n == 0:
        return "no outcome of the technique"
    if overlap < least.overlap:
        return f"overlap {overlap:.2f} is below {least.overlap:g}"
    if effective_n < least.effective_n:
        return f"effective sample size {effective_n:.1f} is below {least.effective_n:g}"
    if not r_hat <= least.r_hat:
        return f"the draws did not settle: R-hat {r_hat:.2f} is above {least.r_hat:g}"
    return None


def _looks_like_a_rule(log: DecisionLog, applied: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where all decisions alike have the technique, or none has."""
    intent = words(log.frame["intent"])
    found = _all_or_none([intent, words(log.frame["language_model"])], applied, 1)
    for column in ("complexity", "domain", "language_model"):
        like = words(log.frame[column])
        found |= _all_or_none([like], applied, ENOUGH_FOR_A_RULE)
        found |= _all_or_none([intent, like], applied, ENOUGH_FOR_A_RULE)
    return found


def _all_or_none(keys: Sequence[pd.Series], applied: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    group = pd.DataFrame({str(at): key.to_numpy(object) for at, key in enumerate(keys)}).groupby(
        [str(at) for at in range(len(keys))], sort=False
    )
    number = group.ngroup().to_numpy()
    size = np.bincount(number)
    chosen = np.stack([np.bincount(number, column, len(size)) for column in applied.T.astype(float)], axis=1)
    settled = ((chosen == 0) | (chosen == size[:, None])) & (size >= least)[:, None]
    return np.asarray(settled[number])


def _summed(layout: Layout, values: NDArray[np.bool_] | Vector) -> Vector:
    """Shape (nodes, techniques or 1, groups + 1), each node with everything below it."""
    nodes, _, groups = layout.shape
    place = layout.node * groups + layout.group
    columns = [np.bincount(place, column, nodes * groups) for column in values.T.astype(float)]
    own = np.stack(columns).astype(float).reshape(-1, nodes, groups).swapaxes(0, 1)
    below = layout.ladder.add_up(own)
    return np.concatenate([below, below.sum(axis=2, keepdims=True)], axis=2)
