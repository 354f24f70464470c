"""Rows dealt to folds, so that what is fitted on some is used on others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]


def numbered(keys: Any) -> Codes:
    """A number from 0 for each distinct key."""
    _, codes = np.unique(np.asarray(keys), return_inverse=True)
    return codes.astype(np.int64)


def grouped_folds(groups: Codes, count: int, seed: int) -> Codes:
    """The fold of each row, 0 to ``count`` - 1 or fewer: rows of one group share theirs, so that nothing that was
    fitted on a prompt is used on it. Groups are dealt at random, equally many a fold.

    Raises:
        ValueError: fewer than two groups.
    """
    names, place = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        raise ValueError(f"rows of at least two groups are needed to fit on some and use on others, got {len(names)}")
    dealt = np.random.default_rng(seed).permutation(len(names)) % min(count, len(names))
    return dealt[place].astype(np.int64)
