"""When a cron expression comes next, held against a reading of its own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ScheduleInvalid
from workbench.jobs.cron import next_time

RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))


@st.composite
def field(draw: st.DrawFn, low: int, high: int) -> str:
    first = draw(st.integers(low, high))
    last = draw(st.integers(first, high))
    step = draw(st.integers(1, 7))
    kinds = ["*", f"*/{step}", str(first), f"{first}-{last}", f"{first}-{last}/{step}", f"{first},{last}"]
    return draw(st.sampled_from(kinds))


SCHEDULES = st.tuples(*(field(low, high) for low, high in RANGES)).map(" ".join)


def allows(text: str, value: int, low: int, high: int) -> bool:
    found: set[int] = set()
    for term in text.split(","):
        span, _, step = term.partition("/")
        first, _, last = (f"{low}-{high}" if span == "*" else span).partition("-")
        found |= set(range(int(first), int(last or first) + 1, int(step or 1)))
    return value in found


def fires(schedule: str, at: datetime) -> bool:
    values = (at.minute, at.hour, at.day, at.month, at.isoweekday() % 7)
    fields = schedule.split()
    told = [allows(text, value, *limits) for text, value, limits in zip(fields, values, RANGES, strict=True)]
    either = not fields[2].startswith("*") and not fields[4].startswith("*")
    day = told[2] or told[4] if either else told[2] and told[4]
    return told[0] and told[1] and told[3] and day


@given(SCHEDULES, MOMENTS)
def test_it_is_later_and_a_minute_that_the_schedule_names(schedule: str, after: datetime) -> None:
    try:
        found = next_time(schedule, after)
    except ScheduleInvalid:
        return  # such as the 31st of February; tested below
    assert found > after
    assert (found.second, found.microsecond) == (0, 0)
    assert fires(schedule, found)


@given(SCHEDULES, MOMENTS)
def test_no_minute_that_the_schedule_names_is_passed_over(schedule: str, after: datetime) -> None:
    minute = after.replace(second=0, microsecond=0)
    for _ in range(600):
        minute += timedelta(minutes=1)
        if fires(schedule, minute) and not re.search(r"\b(\d+)-\1/", schedule):
            assert next_time(schedule, after) == minute
            break


@pytest.mark.parametrize("schedule", ["* * * * 1-1/1", "0 5-5/2 * * *"])
def test_steps_through_a_single_value_are_refused(schedule: str) -> None:
    with pytest.raises(ScheduleInvalid, match="no steps"):
        next_time(schedule, datetime(2026, 2, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("0 0 25-31 * *", "2026-02-25 00:00"),
        ("0 3 * * *", "2026-02-11 03:00"),
        ("30 3 * * 0", "2026-02-15 03:30"),
        ("30 3 * * 7", "2026-02-15 03:30"),
        ("0 0 29 2 *", "2028-02-29 00:00"),
        ("0 0 13 * 5", "2026-02-13 00:00"),
        ("*/10 * * * *", "2026-02-10 12:10"),
    ],
)
def test_known_answers(schedule: str, expected: str) -> None:
    assert f"{next_time(schedule, datetime(2026, 2, 10, 12, 0, 30, tzinfo=UTC)):%Y-%m-%d %H:%M}" == expected


UNREADABLE = (
    *("", "0 3 * *", "60 * * * *", "0 24 * * *", "0 0 0 * *", "0 0 * * MON", "0 0 L * *", "5/15 * * * *", "@daily"),
    *("0 0 * * 1#2", "0 0 31 2 *", "9-5 * * * *", "*/0 * * * *", "0 0 0 * * *", "1,,2 * * * *", "-1 * * * *"),
)


@pytest.mark.parametrize("schedule", UNREADABLE)
def test_what_is_no_schedule_is_refused_by_name(schedule: str) -> None:
    with pytest.raises(ScheduleInvalid, match="Expected five fields"):
        next_time(schedule, datetime(2026, 2, 10, tzinfo=UTC))
