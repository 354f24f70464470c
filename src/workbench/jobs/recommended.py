"""What is asked of `workbench recommend`, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import pandas as pd

from workbench.models.selector_reasons import Ranked
from workbench.records import Examples, TrainingSet
from workbench.store.users import Likes


@dataclass(frozen=True)
class Asked:
    """A prompt and what is known or wished besides; ``intent`` and ``complexity`` are asked of the live models where
    they are not given. ``share`` of decisions explores, no arm less often than ``floor``."""

    prompt: str
    intent: str | None = None
    complexity: int | None = None
    domain: str | None = None
    user: str | None = None
    language_model: str = ""
    cost_weight: float = 0.0
    latency_weight: float = 0.0
    examples: bool = False
    experimental: bool = False
    share: float = 0.0
    floor: float = 0.01
    seed: int = 0


@dataclass(frozen=True)
class Recommended:
    """``chosen`` is what to use, ``best`` what would be used without exploring, ``reference`` what stands unless
    something is shown to be better. ``propensities`` are those of each technique to be among the chosen,
    ``propensity`` that of the chosen set."""

    chosen: tuple[str, ...]
    best: tuple[str, ...]
    reference: tuple[str, ...]
    why: tuple[str, ...]
    ranked: tuple[Ranked, ...]
    excluded: Mapping[str, str]
    intents: Mapping[str, float]
    complexity: float
    propensities: Mapping[str, float]
    propensity: float
    is_exploration: bool
    is_synthetic: bool
    models: tuple[str, ...]
    seed: int
    decision_id: UUID | None = None

    def as_json(self, top: int) -> dict[str, Any]:
        """The keys that `recommend --json` promises."""
        return {**vars(self), "ranked": [asdict(row) for row in self.ranked[:top]]}


@dataclass(frozen=True)
class Seen:
    """The prompt as the models see it; ``models`` are the names of those that were asked."""

    frame: pd.DataFrame
    intents: Mapping[str, float]
    complexity: float
    likes: Likes | None
    models: tuple[str, ...]


def seen_example(training_set: TrainingSet, test: Examples, place: int, model: str) -> Seen:
    """A labelled prompt as if a person had asked it: its intent and complexity are those of its labels."""
    row = training_set.frame.set_index("id").loc[test.ids[place]]
    frame = test.X.iloc[[place]].reset_index(drop=True)
    return Seen(frame, {str(row["primary"]): 1.0}, float(str(row["complexity"])), None, (model,))


def in_words(found: Recommended, top: int = 5) -> str:
    """Markdown: what to use and why, then the first techniques with their reasons."""
    synthetic = " (learnt from SYNTHETIC outcomes too)" if found.is_synthetic else ""
    lines = [f"**Use {' + '.join(found.chosen)}**{synthetic}. {' '.join(found.why)}", ""]
    lines += ["| technique | expected reward | 95 % interval | best | why |", "|---|---|---|---|---|"]
    for row in found.ranked[:top]:
        numbers = f"{row.expected:.2f} | {row.low:.2f} to {row.high:.2f} | {row.best:.0%}"
        lines.append(f"| `{row.code}` | {numbers} | {'; '.join(row.reasons)} |")
    out = "; ".join(f"`{code}` {reason}" for code, reason in found.excluded.items())
    return "\n".join([*lines, "", f"Left out: {out}." if out else "Nothing was left out."])
