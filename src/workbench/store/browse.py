"""What the assistant lists without a search: the best, the most liked, the latest, and what a day brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate
from uuid import UUID

from workbench.db.connection import Connection
from workbench.sql import query

SUBJECT = "browse"


@dataclass(frozen=True)
class RankedTechnique:
    """``score`` is the effectiveness, 0 to 1: the technique's own, or that for an intent."""

    code: str
    name: str
    score: float


@dataclass(frozen=True)
class Pattern:
    technique: str
    name: str
    template: str


@dataclass(frozen=True)
class Intent:
    path: str
    name: str
    level: int


@dataclass(frozen=True)
class RankedTemplate:
    id: str
    name: str
    category: str
    quality: float


@dataclass(frozen=True)
class Example:
    """``quality`` is None where nobody has scored it."""

    id: str
    original: str
    enhanced: str
    quality: float | None


@dataclass(frozen=True)
class SharedPrompt:
    id: str
    title: str
    category: str
    likes: int


@dataclass(frozen=True)
class PastPrompt:
    id: str
    created_at: datetime
    original: str
    enhanced: str
    rating: int | None


@dataclass(frozen=True)
class PastDecision:
    """``chosen`` are codes; ``propensity`` is that of them together, None where nobody recorded it."""

    id: str
    decided_at: datetime
    policy: str
    intent: str | None
    chosen: list[str]
    propensity: float | None
    is_exploration: bool | None
    is_synthetic: bool


@dataclass(frozen=True)
class DayOfTechnique:
    """Shares are 0 to 1; ``success_rate`` is None where nobody rated."""

    technique: str
    uses: int
    users: int
    success_rate: float | None
    trend: float | None
    adoption: float | None


def techniques_of_category(connection: Connection, category: str, limit: int = 10) -> list[RankedTechnique]:
    """Active techniques, the most effective in general first."""
    values = {"category": category, "limit": limit}
    return [RankedTechnique(*row) for row in connection.execute(query(SUBJECT, "techniques_of_category"), values)]


def techniques_of_intent(connection: Connection, intent: str, limit: int = 10) -> list[RankedTechnique]:
    """Active techniques by their estimate for the path ``intent``; none where nothing was estimated."""
    values = {"intent": intent, "limit": limit}
    return [RankedTechnique(*row) for row in connection.execute(query(SUBJECT, "techniques_of_intent"), values)]


def patterns_of_intent(connection: Connection, intent: str, limit: int = 10) -> list[Pattern]:
    """Active patterns for the path ``intent`` or a node above it, the most successful first."""
    paths = list(accumulate(intent.split("."), "{}.{}".format))
    rows = connection.execute(query(SUBJECT, "patterns_of_intent"), {"paths": paths, "limit": limit})
    return [Pattern(*row) for row in rows]


def intents_below(connection: Connection, intent: str) -> list[Intent]:
    """Every intent under the path ``intent``, itself left out."""
    return [Intent(*row) for row in connection.execute(query(SUBJECT, "intents_below"), {"intent": intent})]


def best_templates(connection: Connection, limit: int = 10) -> list[RankedTemplate]:
    """Public templates by quality."""
    rows = connection.execute(query(SUBJECT, "best_templates"), {"limit": limit})
    return [RankedTemplate(*row) for row in rows]


def best_examples(connection: Connection, limit: int = 10) -> list[Example]:
    """Examples by the quality of the answer; those that nobody has scored come last."""
    return [Example(*row) for row in connection.execute(query(SUBJECT, "best_examples"), {"limit": limit})]


def featured_community(connection: Connection, limit: int = 20) -> list[SharedPrompt]:
    """Featured prompts that everybody may see, the most liked first."""
    rows = connection.execute(query(SUBJECT, "featured_community"), {"limit": limit})
    return [SharedPrompt(*row) for row in rows]


def community_of_category(connection: Connection, category: str, limit: int = 20) -> list[SharedPrompt]:
    """Prompts of a category that everybody may see, the most liked first."""
    values = {"category": category, "limit": limit}
    return [SharedPrompt(*row) for row in connection.execute(query(SUBJECT, "community_of_category"), values)]


def recent_history(connection: Connection, user: UUID, limit: int = 20) -> list[PastPrompt]:
    """A user's prompts that are not archived, the latest first."""
    rows = connection.execute(query(SUBJECT, "recent_history"), {"user": user, "limit": limit})
    return [PastPrompt(*row) for row in rows]


def history_of_session(connection: Connection, session: UUID) -> list[PastPrompt]:
    """What was asked in one session, in order."""
    return [PastPrompt(*row) for row in connection.execute(query(SUBJECT, "history_of_session"), {"session": session})]


def uses_of_technique(connection: Connection, technique: str, since: datetime) -> tuple[int, datetime | None]:
    """How often the technique of that code was applied since then, and when last: to know before it is retired."""
    values = {"technique": technique, "since": since}
    row = connection.execute(query(SUBJECT, "uses_of_technique"), values).fetchone()
    return (int(row[0]), row[1]) if row else (0, None)


def recent_decisions(connection: Connection, limit: int = 20) -> list[PastDecision]:
    """What was decided last, the latest first."""
    return [PastDecision(*row) for row in connection.execute(query(SUBJECT, "recent_decisions"), {"limit": limit})]


def analytics_of_day(connection: Connection, day: date) -> list[DayOfTechnique]:
    """What each technique did on a day (UTC), the most used first."""
    return [DayOfTechnique(*row) for row in connection.execute(query(SUBJECT, "analytics_of_day"), {"day": day})]
