"""Every schedule with its next time, its last turn, and what its triggers said."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from workbench.db.connection import connect
from workbench.errors import ScheduleInvalid, TimeZoneUnknown
from workbench.jobs.cron import time_zone, times
from workbench.records import SHORT_NAMES
from workbench.store import schedules
from workbench.store.schedules import Evaluation, Schedule, Turn

MOST_EVALUATIONS = 10


@dataclass(frozen=True)
class Listed:
    """``next_at`` in UTC, at once where a time is due; None where ``problem`` says why there is none."""

    schedule: Schedule
    next_at: datetime | None
    problem: str | None
    last: Turn | None
    evaluations: tuple[Evaluation, ...]

    def as_json(self) -> dict[str, Any]:
        short = {model: name for name, model in SHORT_NAMES.items()}
        known = asdict(self.schedule) | {"models": [short[model] for model in self.schedule.models]}
        known |= {"next_at": self.next_at, "problem": self.problem}
        last = asdict(self.last) if self.last else None
        return known | {"last": last, "evaluations": [asdict(each) for each in self.evaluations]}


def listed(url: str) -> tuple[list[Listed], list[Evaluation]]:
    """By name; beside them the last retrainings that persons asked for, and what removed schedules leave."""
    with connect(url) as connection:
        known, now = schedules.schedules(connection), schedules.now(connection)
        last = schedules.last_turns(connection)
        evaluations = schedules.evaluations(connection, MOST_EVALUATIONS)
    names = {schedule.name for schedule in known}
    found = []
    for schedule in known:
        own = tuple(each for each in evaluations if each.schedule_name == schedule.name)
        found.append(Listed(schedule, *_next(schedule, now), last.get(schedule.name), own))
    return found, [each for each in evaluations if each.schedule_name not in names]


def _next(schedule: Schedule, now: datetime) -> tuple[datetime | None, str | None]:
    try:
        following = next(times(schedule.cron, time_zone(schedule.timezone), schedule.handled_until))
    except (ScheduleInvalid, TimeZoneUnknown) as exc:
        return None, str(exc)
    return max(following, now), None
