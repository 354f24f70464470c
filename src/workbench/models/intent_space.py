"""What a search may choose for the intent classifier."""

from __future__ import annotations

from workbench.models.search import Range, Space
from workbench.records import Budget

KERNEL = (Range("strength", 0.01, 1.0, 0.1, log=True), Range("gamma", 0.2, 5.0, 1.0, log=True))
WEIGHTS = (
    Range("layer_weight", 0.05, 2.0, 0.5, log=True),
    Range("layer_gamma", 0.5, 10.0, 3.0, log=True),
    Range("word_weight", 0.1, 2.0, 0.6, log=True),
    Range("character_weight", 0.1, 2.0, 0.3, log=True),
    Range("linguistic_weight", 0.002, 0.2, 0.02, log=True),
)


def intent_space(budget: Budget) -> Space:
    """Keyword arguments of ``intent_pipeline``; a factor of several to either side of its defaults."""
    return KERNEL if budget == "quick" else KERNEL + WEIGHTS
