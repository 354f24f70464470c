"""When a cron expression comes next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from workbench.errors import ScheduleInvalid, TimeZoneUnknown

# What cron, pg_cron and cronsim read alike: no names, no L or #, and a step only after a range.
_TERM = r"(?:(?:\*|\d+-\d+)(?:/\d+)?|\d+)"
_FIELD = rf"{_TERM}(?:,{_TERM})*"
# cronsim takes the step of a range of one value to reach beyond it, cron does not.
_STEP_OF_ONE = re.compile(r"\b(\d+)-\1/")
_SCHEDULE = re.compile(rf"{_FIELD}(?: {_FIELD}){{4}}")


def time_zone(name: str) -> ZoneInfo:
    """
    Raises:
        TimeZoneUnknown
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise TimeZoneUnknown(name=name) from exc


def times(schedule: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """When ``schedule`` fires in ``zone`` later than ``after``, in UTC, each time once.

    As in Debian's cron: a time that a change of the clock skips fires right after the gap; one that comes twice fires
    at the first, unless the hour begins with a star, which means every hour that passes.

    Raises:
        ScheduleInvalid
    """
    last = after.astimezone(UTC)
    local = after.astimezone(zone)
    while True:
        local = next_time(schedule, local)
        found = local.astimezone(UTC)
        if found > last:  # an hour that comes twice is asked by its name, and its first half may be over
            last = found
            yield found


def next_time(schedule: str, after: datetime) -> datetime:
    """The first minute after ``after``, in the time zone of ``after``, at which ``schedule`` fires.

    Day of month and day of week are both met, unless neither begins with a star: then one is enough, as in cron.

    Raises:
        ScheduleInvalid: not five fields of numbers, stars, ranges, steps and lists, or a day that never comes.
    """
    if _STEP_OF_ONE.search(schedule):
        raise ScheduleInvalid(schedule=schedule, problem="a range of one value has no steps")
    if not _SCHEDULE.fullmatch(schedule):
        raise ScheduleInvalid(schedule=schedule, problem="a field is missing or unreadable")
    try:
        return next(CronSim(schedule, after))
    except CronSimError as exc:
        raise ScheduleInvalid(schedule=schedule, problem=str(exc)) from exc
    except StopIteration as exc:
        raise ScheduleInvalid(schedule=schedule, problem="that day never comes") from exc
