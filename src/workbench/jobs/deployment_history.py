"""What the events of a model type come to: what is live, what was before it, what was taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.store.deployments import Event


@dataclass
class Line:
    """``standing`` are the ids of the models that went live and were not taken back, the live one last; ``undone``
    those that were taken back, each with the event that did it. ``is_live`` is false after the last was retired."""

    standing: list[str] = field(default_factory=list)
    undone: dict[str, Event] = field(default_factory=dict)
    is_live: bool = False

    @property
    def live(self) -> str | None:
        return self.standing[-1] if self.is_live and self.standing else None

    def before(self, model: str) -> list[str]:
        """Where a rollback of ``model``, which is live, may go: what was live before, the latest first, but for any
        that was itself taken back."""
        behind = self.standing[:-1] if self.live == model else self.standing
        latest_first = dict.fromkeys(reversed(behind))
        return [other for other in latest_first if other not in self.undone and other != model]


def replay(events: Sequence[Event]) -> Line:
    """Events of one type, the oldest first. A model that goes live again by a promotion is no longer undone."""
    line = Line()
    for event in events:
        before, after = (side.id if side else None for side in (event.before, event.after))
        if event.kind == "promote" and after:
            line.undone.pop(after, None)
            line.standing.append(after)
            line.is_live = True
        elif event.kind == "rollback" and after:
            _back_to(line, after, event)
        elif event.kind == "retire" and before:
            line.undone[before] = event
            line.standing = line.standing[:-1]
            line.is_live = False
    return line


def _back_to(line: Line, model: str, event: Event) -> None:
    """Everything that went live after ``model`` is undone with it."""
    behind = line.standing[:-1]
    kept = len(behind) - behind[::-1].index(model) if model in behind else 0
    for later in line.standing[kept:]:
        line.undone[later] = event
    line.standing = line.standing[:kept] or [model]
    line.undone.pop(model, None)
    line.is_live = True
