"""What is due: each time of a schedule is taken by one process, once, and looks at the schedule's triggers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from workbench.db.connection import Connection, connect
from workbench.db.owners import is_gone, is_here, this_process
from workbench.errors import ScheduleExists, ScheduleInvalid, ScheduleNameInvalid, ScheduleUnknown, TimeZoneUnknown
from workbench.jobs import data, trigger
from workbench.jobs.cron import time_zone, times
from workbench.jobs.retrain_asked import this_person
from workbench.jobs.retrain_guard import at_work
from workbench.jobs.trigger import Answer, Question
from workbench.records import SHORT_NAMES
from workbench.store import retraining, schedules
from workbench.store.retraining import OPEN
from workbench.store.schedules import CLOCK, Schedule, Turn

LONGEST_NAME = 50
# Whoever was down for long is not asked to count every minute of it.
MOST_COUNTED = 1000
RECENT = timedelta(days=2)
MOST_ATTEMPTS = 3
# A turn of another machine whose retraining never began.
ABANDONED = timedelta(minutes=10)


@dataclass(frozen=True)
class Taken:
    """A turn that this process took, with what its triggers said; ``retrains`` where any of them fired."""

    turn: int
    schedule: Schedule
    due_at: datetime
    missed: int
    answers: dict[str, Answer]

    @property
    def retrains(self) -> bool:
        return any(answer.fired for answer in self.answers.values())


def add(url: str, name: str, cron: str, zone: str, version: str, models: Sequence[str], given: Sequence[str]) -> None:
    """
    Raises:
        ScheduleNameInvalid, ScheduleInvalid, TimeZoneUnknown, DatasetUnknown, TriggerInvalid, ScheduleExists
    """
    if not (name[:1].isascii() and name[:1].islower()) or len(name) > LONGEST_NAME or not _is_plain(name):
        raise ScheduleNameInvalid(name=name)
    with connect(url) as connection:
        next(times(cron, time_zone(zone), schedules.now(connection)))
        data.check_known(url, version)
        types = [SHORT_NAMES[model] for model in models]
        if not schedules.add(connection, name, cron, zone, version, types, trigger.read(given), this_person()):
            raise ScheduleExists(name=name)
        schedules.tell(connection)


def _is_plain(name: str) -> bool:
    return all(letter.isascii() and (letter.islower() or letter.isdigit() or letter == "-") for letter in name)


def remove(url: str, name: str) -> None:
    """
    Raises:
        ScheduleUnknown
    """
    with connect(url) as connection:
        if not schedules.remove(connection, name):
            known = ", ".join(each.name for each in schedules.schedules(connection)) or "none"
            raise ScheduleUnknown(name=name, known=known)
        schedules.tell(connection)


def take_due(url: str, now: datetime | None = None) -> list[Taken]:
    """Take every turn that is due and record what its triggers say; those that somebody died over come first.

    ``now`` is the server's clock unless somebody says otherwise.
    """
    with connect(url, autocommit=True) as connection:
        now = now or schedules.now(connection)
        known = {schedule.name: schedule for schedule in schedules.schedules(connection)}
        taken, busy = _take_over(connection, known, now)
        for schedule in known.values():
            # One whose cron expression somebody spoilt by hand keeps no other from its turn; the list says so.
            with suppress(ScheduleInvalid, TimeZoneUnknown):
                found = None if schedule.name in busy else take(connection, schedule, now)
                taken += [found] if found else []
    return taken


def last_due(schedule: Schedule, now: datetime) -> tuple[datetime, int] | None:
    """The last time not after ``now`` that nobody took, and how many before it; None when there is none."""
    found, missed, after = None, 0, schedule.handled_until
    zone = time_zone(schedule.timezone)
    while True:
        for moment in times(schedule.cron, zone, after):
            if moment > now:
                return (found, missed) if found else None
            missed += found is not None
            found = moment
            if missed == MOST_COUNTED and moment < now - RECENT:
                after = now - RECENT
                break


def take(connection: Connection, schedule: Schedule, now: datetime) -> Taken | None:
    """Take the last time that is due; None when none is, or somebody else was faster."""
    due = last_due(schedule, now)
    if due is None:
        return None
    answers = _answers(connection, schedule, due, now)
    with connection.transaction():
        turn = schedules.take(connection, schedule.name, due[0], due[1], this_process())
        if turn is None:
            return None
        for name, answer in answers.items():
            schedules.record(connection, name, answer.fired, answer.why, schedule.name, turn)
        taken = Taken(turn, schedule, due[0], due[1], answers)
        if not taken.retrains:
            schedules.close(connection, turn, this_process(), "idle", "No trigger fired.")
    return taken


def _answers(connection: Connection, schedule: Schedule, due: tuple[datetime, int], now: datetime) -> dict[str, Answer]:
    if not schedule.triggers:
        local = due[0].astimezone(time_zone(schedule.timezone))
        made_up = f"; {due[1]} earlier times were missed and are made up for" if due[1] else ""
        return {CLOCK: Answer(True, f"It was due at {local:%Y-%m-%d %H:%M} {schedule.timezone}{made_up}.")}
    last = schedules.last_finished(connection, schedule.dataset_version, schedule.models)
    found = {}
    for name, threshold in schedule.triggers.items():
        question = Question(connection, schedule.dataset_version, schedule.models, threshold or 0.0, last, now)
        found[name] = _look(name, question)
    return found


def _look(name: str, question: Question) -> Answer:
    """A trigger that is gone or broken is recorded like one that said no, and hinders no other."""
    found = trigger.known().get(name)
    if found is None:
        return Answer(False, f"There is no trigger {name} any more.")
    try:
        return found.look(question)
    except Exception as exc:
        return Answer(False, f"It could not be looked at: {type(exc).__name__}: {str(exc).splitlines()[0]}"[:500])


def _take_over(connection: Connection, known: dict[str, Schedule], now: datetime) -> tuple[list[Taken], set[str]]:
    """Turns whose process has ended, and the schedules of those that are still at work."""
    taken, busy = [], set()
    for turn in schedules.open_turns(connection):
        schedule = known[turn.schedule_name]
        if _is_alive(connection, turn, now):
            busy.add(schedule.name)
        elif schedules.take_over(connection, turn, this_process()) and (
            found := _gone_on_with(connection, schedule, turn)
        ):
            taken.append(found)
            busy.add(schedule.name)
    return taken, busy


def _is_alive(connection: Connection, turn: Turn, now: datetime) -> bool:
    run = next(iter(retraining.runs(connection, turn.retrain_run_id)), None) if turn.retrain_run_id else None
    if run is not None and run.state in OPEN and at_work(run):
        return True
    if is_here(turn.owner):
        return turn.owner == this_process() or not is_gone(turn.owner)
    return run is None and now - turn.taken_at < ABANDONED


def _gone_on_with(connection: Connection, schedule: Schedule, turn: Turn) -> Taken | None:
    """Its retraining is started again, unless it had ended or fails again and again."""
    run = next(iter(retraining.runs(connection, turn.retrain_run_id)), None) if turn.retrain_run_id else None
    if run is not None and run.state == "finished":
        schedules.close(connection, turn.id, this_process(), "finished", f"Retraining {run.id[:8]}.")
    elif run is not None and (run.state == "cancelled" or (run.state == "failed" and run.failure != "interrupted")):
        schedules.close(connection, turn.id, this_process(), "failed", run.error)
    elif turn.attempts >= MOST_ATTEMPTS:
        schedules.close(connection, turn.id, this_process(), "failed", f"Given up after {turn.attempts} attempts.")
    else:
        answers = {name: Answer(True, why) for name, why in schedules.fired(connection, turn.id)}
        return Taken(turn.id, schedule, turn.due_at, turn.missed, answers)
    return None
