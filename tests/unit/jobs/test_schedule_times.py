"""When a schedule is due where clocks change. Germany skips 02:00 to 03:00 on 2026-03-29 and has it twice on
2026-10-25."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ScheduleInvalid, TimeZoneUnknown
from workbench.jobs.cron import time_zone, times
from workbench.jobs.schedule import MOST_COUNTED, last_due
from workbench.store.schedules import Schedule

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"]
CRONS = ["30 2 * * *", "0 3 * * 1", "*/20 * * * *", "15 */3 * * *", "59 1 25-31 * 0", "0,30 2 * 3,10 *", "5 4 1 * *"]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def schedule(cron: str, handled: datetime, zone: str = "Europe/Berlin") -> Schedule:
    return Schedule("nightly", cron, zone, "v1", ["complexity_model"], {}, handled, "a test", handled)


def fires(cron: str, zone: ZoneInfo, after: str, count: int) -> list[str]:
    return [f"{found:%m-%d %H:%M}" for found in islice(times(cron, zone, moment(after)), count)]


def test_the_time_of_day_is_that_of_the_zone_summer_and_winter() -> None:
    assert fires("0 3 * * *", BERLIN, "2026-03-27", 4) == ["03-27 02:00", "03-28 02:00", "03-29 01:00", "03-30 01:00"]
    assert fires("0 3 * * *", BERLIN, "2026-10-23 12:00", 3) == ["10-24 01:00", "10-25 02:00", "10-26 02:00"]


def test_a_time_that_the_clock_skips_fires_once_right_after_the_gap() -> None:
    assert fires("30 2 * * *", BERLIN, "2026-03-28 12:00", 2) == ["03-29 01:00", "03-30 00:30"]
    assert fires("0,30 2 * * *", BERLIN, "2026-03-28 12:00", 3) == ["03-29 01:00", "03-30 00:00", "03-30 00:30"]


def test_a_time_that_comes_twice_fires_once_and_every_hour_fires_in_both() -> None:
    assert fires("30 2 * * *", BERLIN, "2026-10-24 12:00", 2) == ["10-25 00:30", "10-26 01:30"]
    assert fires("30 * * * *", BERLIN, "2026-10-24 23:45", 3) == ["10-25 00:30", "10-25 01:30", "10-25 02:30"]


def test_asked_in_the_second_half_of_a_doubled_hour_the_first_half_is_over() -> None:
    assert fires("30 2 * * *", BERLIN, "2026-10-25 01:10", 1) == ["10-26 01:30"]


@given(
    st.sampled_from(CRONS),
    st.sampled_from(ZONES),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),
    st.timedeltas(timedelta(0), timedelta(days=2)),
)
def test_wherever_one_begins_to_count_the_times_are_the_same(
    cron: str, zone: str, start: datetime, later: timedelta
) -> None:
    after = start.replace(tzinfo=UTC)
    found = list(islice(times(cron, ZoneInfo(zone), after), 30))
    assert found == sorted(set(found))
    assert all(time > after for time in found)
    rest = [time for time in found if time > after + later]
    assert list(islice(times(cron, ZoneInfo(zone), after + later), len(rest))) == rest


def test_nothing_is_due_before_its_time_and_again_after_it_was_taken() -> None:
    waiting = schedule("0 3 * * *", moment("2026-11-02 12:00"))
    assert last_due(waiting, moment("2026-11-03 01:59:59")) is None
    assert last_due(waiting, moment("2026-11-03 02:00")) == (moment("2026-11-03 02:00"), 0)
    assert last_due(schedule("0 3 * * *", moment("2026-11-03 02:00")), moment("2026-11-03 23:00")) is None


def test_what_was_missed_is_made_up_for_once() -> None:
    found = last_due(schedule("0 3 * * *", moment("2026-10-20 12:00")), moment("2026-10-30 12:00"))
    assert found == (moment("2026-10-30 02:00"), 9)


def test_a_clock_that_is_set_back_makes_nothing_due_again() -> None:
    assert last_due(schedule("* * * * *", moment("2026-11-03 12:00")), moment("2026-11-03 11:00")) is None


def test_years_of_minutes_are_not_counted_one_by_one() -> None:
    due, missed = last_due(schedule("* * * * *", moment("2020-01-01")), moment("2026-11-03 12:00:30")) or (None, 0)
    assert due == moment("2026-11-03 12:00")
    assert MOST_COUNTED <= missed < MOST_COUNTED + 3000


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "Europe/"])
def test_a_time_zone_that_does_not_exist_is_named(zone: str) -> None:
    with pytest.raises(TimeZoneUnknown, match="Europe/Berlin, or UTC"):
        time_zone(zone)


def test_a_schedule_that_never_fires_is_refused() -> None:
    with pytest.raises(ScheduleInvalid, match=r"never comes|day-of-month"):
        next(times("0 0 31 2 *", BERLIN, moment("2026-01-01")))
