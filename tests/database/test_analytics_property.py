"""Analytics of random histories equal a plain computation in Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from days import run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rows import feedback, history, technique, user

from workbench.db.connection import Connection

FIRST = date(2024, 1, 30)
DAYS = [FIRST + timedelta(days=offset) for offset in range(4)]
UNKNOWN = 3  # the place of a technique that does not exist
COLUMNS = """technique_id, date_bucket, total_uses, unique_users, avg_confidence, avg_rating, success_rate,
             complexity_distribution, intent_distribution, effectiveness_trend, adoption_rate"""


@dataclass
class Prompt:
    at: datetime
    user: int | None
    techniques: list[int]
    complexity: int | None
    path: str | None
    confidence: Decimal | None
    rating: int | None
    feedback: list[int] = field(default_factory=list)

    @property
    def judged(self) -> int | None:
        return self.rating or (self.feedback[-1] if self.feedback else None)


prompts = st.builds(
    Prompt,
    at=st.builds(
        lambda day, moment: datetime(day.year, day.month, day.day, tzinfo=UTC) + moment,
        st.sampled_from(DAYS),
        st.sampled_from([timedelta(0), timedelta(hours=12), timedelta(days=1, microseconds=-1)]),
    ),
    user=st.none() | st.integers(0, 2),
    techniques=st.lists(st.integers(0, UNKNOWN), max_size=4),
    complexity=st.none() | st.integers(1, 5),
    path=st.sampled_from([None, "creative", "creative.verse", "code.review"]),
    confidence=st.none() | st.decimals(0, 1, places=2),
    rating=st.none() | st.integers(1, 5),
    feedback=st.lists(st.integers(1, 5), max_size=2),
)


def mean(values: list[Any], places: str) -> Decimal | None:
    known = [Decimal(value) for value in values if value is not None]
    return (sum(known) / len(known)).quantize(Decimal(places), ROUND_HALF_UP) if known else None


def counts(values: list[Any]) -> dict[str, int] | None:
    return {str(value): values.count(value) for value in values if value is not None} or None


def expected(history: list[Prompt]) -> list[tuple[Any, ...]]:
    rows = []
    for number in range(UNKNOWN):
        last: Decimal | None = None
        for day in DAYS:
            today = [prompt for prompt in history if prompt.at.date() == day]
            used = [prompt for prompt in today if number in prompt.techniques]
            if not used:
                continue
            users = {prompt.user for prompt in used} - {None}
            active = {prompt.user for prompt in today} - {None}
            success = mean([None if p.judged is None else int(p.judged >= 4) for p in used], "0.01")
            trend = None if success is None else success - (success if last is None else last)
            last = last if success is None else success
            rows.append(
                (
                    number,
                    day,
                    len(used),
                    len(users),
                    mean([p.confidence for p in used], "0.01"),
                    mean([p.judged for p in used], "0.1"),
                    success,
                    counts([p.complexity for p in used]),
                    counts([p.path and p.path.split(".")[0] for p in used]),
                    trend,
                    mean([1] * len(users) + [0] * (len(active) - len(users)), "0.0001"),
                )
            )
    return rows


def store(connection: Connection, drawn: list[Prompt], ids: list[Any]) -> None:
    people = [user(connection, f"{number}@example.invalid") for number in range(3)]
    for prompt in drawn:
        asked = history(
            connection,
            created_at=prompt.at,
            user_id=None if prompt.user is None else people[prompt.user],
            techniques_applied=[ids[number] for number in prompt.techniques],
            detected_complexity=prompt.complexity,
            detected_intent_path=prompt.path,
            model_confidence=prompt.confidence,
            user_rating=prompt.rating,
        )
        for order, rating in enumerate(prompt.feedback):
            feedback(connection, asked, overall_rating=rating, created_at=prompt.at + timedelta(hours=order))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(prompts, max_size=14), st.permutations(DAYS), st.sampled_from(DAYS), st.sampled_from(DAYS))
def test_analytics_are_what_plain_counting_gives(
    schema: Connection, drawn: list[Prompt], order: list[date], archived: date, again: date
) -> None:
    with schema.transaction(force_rollback=True):
        ids = [technique(schema, f"t{number}") for number in range(UNKNOWN + 1)]
        schema.execute("DELETE FROM techniques WHERE id = %s", [ids[UNKNOWN]])
        store(schema, drawn, ids)
        for day in order:
            run(schema, str(day))
        schema.execute("SELECT archive_old_prompts(%s)", [f"{archived} 12:00Z"])
        run(schema, str(again))
        found = schema.execute(f"SELECT {COLUMNS} FROM technique_performance_analytics").fetchall()
    assert sorted((ids.index(row[0]), *row[1:]) for row in found) == expected(drawn)
