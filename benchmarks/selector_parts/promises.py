"""What was promised, beside what was found."""

from __future__ import annotations

import itertools
from typing import Any

from scipy.stats import binom

STATED = 0.95
MOSTLY = 0.8


def kept(found: dict[str, Any], repeats: int) -> dict[str, bool]:
    """Whether each sentence holds, of the parts that were run."""
    said: dict[str, bool] = {}
    for name, models in found.get("thoughtsource", {}).items():
        for model, one in models.items():
            where = f"ThoughtSource, {name}, {model}"
            said[f"{where}: the regret to the best fixed technique is not above 0 beyond its interval"] = (
                one["regret"]["low"] <= 0
            )
            said[f"{where}: the off-policy interval covers as stated"] = covers(one["covered"], repeats)
            if name != "free":
                said[f"{where}: the cheaper technique is chosen"] = one["chose_cheapest"] > STATED
    for name, one in found.get("routellm", {}).items():
        said[f"RouteLLM by {name}: the curve lies above the line, by its interval"] = one["area"]["first"]["low"] > 0
        said[f"RouteLLM by {name}: where it costs nothing, the strong model is called mostly"] = (
            one["prices"]["0"]["called"] > MOSTLY
        )
        said[f"RouteLLM by {name}: the strong model is called less, the dearer it is"] = falling(
            [row["called"] for row in one["prices"].values()]
        )
    return said


def covers(share: float, repeats: int) -> bool:
    """Whether so many repeats of an interval that covers as stated may come to that share, by 95 %."""
    low, high = binom.interval(STATED, repeats, STATED)
    return bool(low / repeats <= share <= high / repeats)


def falling(values: list[float]) -> bool:
    return all(later <= earlier for earlier, later in itertools.pairwise(values))
