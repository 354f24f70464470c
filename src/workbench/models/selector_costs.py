"""What a technique costs in tokens and in time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.models.outcome_features import membership
from workbench.records import Vector

CHARACTERS_A_TOKEN = 4.0
# A guess may be off by about itself, and by a few tokens, or a second, at least.
DOUBT = 1.0
TOKENS, SECONDS = 20.0, 1.0


def guessed_tokens(pattern_lengths: Sequence[float]) -> Vector:
    """From the characters of each technique's pattern (NaN where it has none: the mean of the others)."""
    lengths = np.asarray(pattern_lengths, dtype=np.float64)
    known = lengths[np.isfinite(lengths)]
    middle = float(known.mean()) if len(known) else 0.0
    return np.where(np.isfinite(lengths), lengths, middle) / CHARACTERS_A_TOKEN


def technique_costs(
    arms: Sequence[str], spent: Vector, techniques: Sequence[str], guess: Vector, least_doubt: float = TOKENS
) -> Vector:
    """What each technique adds to the cost of an answer, shape (techniques,): linear regression of logged costs on the
    techniques applied, drawn towards ``guess`` as far as the rows are few (normal prior, the guess its mean and its own
    size its standard deviation). Rows without a cost (NaN) and techniques that are not known do not count.
    Where every row has a technique nobody can tell what an answer costs without: then the cheapest costs nothing."""
    known = set(techniques)
    rows = [at for at, arm in enumerate(arms) if np.isfinite(spent[at]) and set(arm.split(";")) - {""} <= known]
    if not rows:
        return guess.copy()
    chosen = membership([arms[at] for at in rows], techniques).toarray()
    left = spent[rows] - chosen @ guess
    design = np.column_stack([np.ones(len(rows)), chosen])
    noise = max(float(np.var(left)), least_doubt**2 / 400)
    spread = np.maximum(DOUBT * np.abs(guess), least_doubt) ** 2
    precision = design.T @ design / noise + np.diag([1e-12, *(1 / spread)])
    moved = np.linalg.solve(precision, design.T @ left / noise)
    found: Vector = guess + moved[1:]
    return found - min(float(found.min()), 0.0)
