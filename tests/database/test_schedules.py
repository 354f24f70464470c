"""Each time of a schedule is taken once, whoever runs the schedules, and why it retrained or not is on record."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import rows

from workbench.db.connection import Connection, connect
from workbench.db.locks import LockSet
from workbench.db.owners import identity, this_process
from workbench.errors import (
    DatasetUnknown,
    ScheduleExists,
    ScheduleInvalid,
    ScheduleNameInvalid,
    SchedulesNotHanded,
    ScheduleUnknown,
    TimeZoneUnknown,
    TriggerInvalid,
)
from workbench.jobs import trigger
from workbench.jobs.schedule import MOST_ATTEMPTS, add, remove, take_due
from workbench.jobs.schedule_install import make as install
from workbench.jobs.schedule_install import write
from workbench.jobs.schedule_list import listed
from workbench.jobs.schedule_run import LOCK, run_once
from workbench.settings import Settings
from workbench.store import retraining, schedules
from workbench.store.notices import Listener

MODELS = ["complexity"]
TYPES = ["complexity_model"]
DAILY = "0 3 * * *"


@pytest.fixture
def url(database: str, connection: Connection) -> str:
    """With two validated prompts and a schedule that was added in the past."""
    for text in ("one", "two"):
        rows.training(connection, text, is_validated=True)
    return database


@pytest.fixture
def dead() -> str:
    with subprocess.Popen(["sleep", "600"]) as process:
        owner = identity(process.pid)
        process.kill()
    return owner


def make(url: str, *triggers: str, name: str = "nightly", cron: str = DAILY, zone: str = "UTC") -> None:
    add(url, name, cron, zone, "v1", MODELS, triggers)
    with connect(url) as connection:
        connection.execute("UPDATE schedules SET added_at = '2026-11-02 12:00Z' WHERE name = %s", [name])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def turns(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute("SELECT due_at, state, missed, attempts FROM schedule_turns ORDER BY due_at").fetchall()


def said(connection: Connection) -> dict[str, tuple[bool, str]]:
    return {each.trigger_name: (each.fired, each.why) for each in schedules.evaluations(connection, 10)}


# adding and removing


def test_a_schedule_is_listed_with_its_next_time(url: str) -> None:
    make(url, "new-rows=3", zone="Europe/Berlin")
    ((found,), others) = listed(url)
    assert found.schedule.triggers == {"new-rows": 3.0}
    assert found.as_json()["models"] == MODELS
    assert found.next_at is not None
    assert others == []


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"name": "Nightly!"}, ScheduleNameInvalid, "small letters"),
        ({"name": ""}, ScheduleNameInvalid, "a letter first"),
        ({"name": "a" * 51}, ScheduleNameInvalid, "up to 50"),
        ({"cron": "0 25 * * *"}, ScheduleInvalid, "Expected five fields"),
        ({"zone": "Europe/Nowhere"}, TimeZoneUnknown, "no time zone"),
        ({"version": "v9"}, DatasetUnknown, "Known: v1"),
        ({"given": ["moon"]}, TriggerInvalid, "champion-age=30"),
    ],
)
def test_what_is_wrong_with_one_is_said_and_nothing_is_kept(
    url: str, changed: dict[str, Any], error: type[Exception], said: str
) -> None:
    usual = {"name": "nightly", "cron": DAILY, "zone": "UTC", "version": "v1", "models": MODELS, "given": []}
    with pytest.raises(error, match=said):
        add(url, **(usual | changed))
    assert listed(url) == ([], [])


def test_a_name_is_given_once_and_removed_by_it(url: str) -> None:
    make(url)
    with pytest.raises(ScheduleExists, match="nightly"):
        make(url)
    remove(url, "nightly")
    with pytest.raises(ScheduleUnknown, match="There are: none"):
        remove(url, "nightly")


# taking turns


def test_a_time_is_taken_once_and_what_was_missed_is_made_up_for_by_it(url: str, connection: Connection) -> None:
    make(url)
    assert take_due(url, at("2026-11-03 02:59")) == []
    (taken,) = take_due(url, at("2026-11-06 09:00"))
    assert (taken.due_at, taken.missed, taken.retrains) == (at("2026-11-06 03:00"), 3, True)
    assert take_due(url, at("2026-11-06 09:01")) == []
    assert turns(connection) == [(at("2026-11-06 03:00"), "running", 3, 1)]
    assert said(connection) == {
        "clock": (True, "It was due at 2026-11-06 03:00 UTC; 3 earlier times were missed and are made up for.")
    }


def test_two_that_look_at_once_take_each_time_once(url: str, connection: Connection) -> None:
    for number in range(5):
        make(url, "taxonomy", name=f"schedule-{number}", cron="*/10 * * * *")
    moments = [at("2026-11-03 00:00") + timedelta(minutes=7 * step) for step in range(12)]
    with ThreadPoolExecutor(4) as pool:
        found = [taken for each in pool.map(lambda now: take_due(url, now), sorted(moments * 2)) for taken in each]
    keys = [(taken.schedule.name, taken.due_at) for taken in found]
    assert len(keys) == len(set(keys)) == len(turns(connection))
    assert {name for name, _ in keys} == {f"schedule-{number}" for number in range(5)}


def test_a_schedule_whose_turn_is_at_work_waits_and_others_do_not(url: str, connection: Connection) -> None:
    make(url)
    make(url, name="another")
    assert len(take_due(url, at("2026-11-03 04:00"))) == 2
    assert take_due(url, at("2026-11-04 04:00")) == []
    connection.execute(
        "UPDATE schedule_turns SET state = 'finished', finished_at = now() WHERE schedule_name = 'another'"
    )
    assert [taken.schedule.name for taken in take_due(url, at("2026-11-04 04:00"))] == ["another"]


def test_one_that_somebody_spoilt_by_hand_hinders_no_other(url: str, connection: Connection) -> None:
    make(url)
    make(url, name="spoilt")
    connection.execute("UPDATE schedules SET cron = '0 0 31 2 *' WHERE name = 'spoilt'")
    assert [taken.schedule.name for taken in take_due(url, at("2026-11-03 04:00"))] == ["nightly"]
    assert "cannot be used" in str(listed(url)[0][1].problem)


# triggers


def test_no_trigger_no_retraining_and_the_figures_are_on_record(url: str, connection: Connection) -> None:
    finished(connection, validated=1)
    make(url, "new-rows=2", "taxonomy")
    (taken,) = take_due(url, at("2026-11-03 03:00"))
    assert not taken.retrains
    assert turns(connection) == [(at("2026-11-03 03:00"), "idle", 0, 1)]
    digest = retraining.taxonomy(connection)[:12]
    assert said(connection) == {
        "new-rows": (False, "v1 has 2 validated prompts, 1 at the last retraining: 1 new, 2 are needed."),
        "taxonomy": (False, f"The taxonomy is the same as at the last retraining ({digest})."),
    }


def test_any_trigger_is_enough(url: str, connection: Connection) -> None:
    finished(connection, validated=1)
    rows.intent(connection)
    make(url, "new-rows=2", "taxonomy")
    (taken,) = take_due(url, at("2026-11-03 03:00"))
    assert taken.retrains
    found = said(connection)
    assert not found["new-rows"][0]
    assert found["taxonomy"][0]
    assert "has changed since the last retraining, from" in found["taxonomy"][1]


def test_what_was_never_retrained_is_new(url: str, connection: Connection) -> None:
    make(url, "new-rows=2", "taxonomy", "champion-age")
    take_due(url, at("2026-11-03 03:00"))
    assert {name: fired for name, (fired, _) in said(connection).items()} == dict.fromkeys(trigger.known(), True)


@pytest.mark.parametrize(("days", "fired"), [(29, False), (31, True)])
def test_a_champion_grows_old(url: str, connection: Connection, days: int, fired: bool) -> None:
    now = at("2026-11-03 03:00")
    went_live = now - timedelta(days=days)
    rows.model(connection, is_active=True, deployed_at=went_live, model_type="complexity_model")
    make(url, "champion-age=30")
    take_due(url, now)
    assert said(connection)["champion-age"][0] == fired
    assert f"went live {days}.0 days ago" in said(connection)["champion-age"][1]


def test_a_trigger_that_breaks_is_recorded_and_hinders_no_other(
    url: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        """Never."""

        UNIT = ""
        DEFAULT = None

        @staticmethod
        def look(question: trigger.Question) -> trigger.Answer:
            question.connection.execute("SELECT 1 / 0")
            raise AssertionError

    make(url, "taxonomy", "new-rows=1")
    with_a_broken_one = trigger.known() | {"taxonomy": Broken}
    monkeypatch.setattr(trigger, "known", lambda: with_a_broken_one)
    (taken,) = take_due(url, at("2026-11-03 03:00"))
    assert taken.retrains
    assert said(connection)["taxonomy"] == (False, "It could not be looked at: DivisionByZero: division by zero")


def test_what_was_looked_at_outlives_its_schedule(url: str) -> None:
    make(url, "taxonomy")
    take_due(url, at("2026-11-03 03:00"))
    remove(url, "nightly")
    found, (left,) = listed(url)
    assert found == []
    assert (left.schedule_name, left.trigger_name, left.turn_id) == ("nightly", "taxonomy", None)


def finished(connection: Connection, validated: int) -> str:
    """A finished retraining."""
    run = retraining.queue(connection, "v1", TYPES, "person", "a test", this_process())
    retraining.start(connection, run, this_process(), {"taxonomy": retraining.taxonomy(connection)})
    connection.execute("UPDATE retrain_runs SET validated_rows = %s WHERE id = %s", [validated, run])
    retraining.end(connection, run, this_process(), "finished")
    return run


# turns whose process has ended


@pytest.fixture
def abandoned(url: str, connection: Connection, dead: str) -> int:
    """The turn of a scheduler that was killed."""
    make(url)
    (taken,) = take_due(url, at("2026-11-03 03:00"))
    connection.execute("UPDATE schedule_turns SET owner = %s", [dead])
    return taken.turn


def test_a_turn_that_somebody_died_over_is_gone_on_with(url: str, connection: Connection, abandoned: int) -> None:
    (taken,) = take_due(url, at("2026-11-03 03:05"))
    assert (taken.turn, taken.due_at, taken.retrains) == (abandoned, at("2026-11-03 03:00"), True)
    assert turns(connection)[0][3] == 2
    assert take_due(url, at("2026-11-03 03:06")) == []


def test_not_for_ever(url: str, connection: Connection, abandoned: int, dead: str) -> None:
    for _ in range(MOST_ATTEMPTS - 1):
        assert len(take_due(url, at("2026-11-03 03:05"))) == 1
        connection.execute("UPDATE schedule_turns SET owner = %s", [dead])
    assert take_due(url, at("2026-11-03 03:05")) == []
    assert turns(connection)[0][1] == "failed"


@pytest.mark.parametrize(
    ("state", "failure", "becomes"),
    [("finished", None, "finished"), ("failed", "error", "failed"), ("cancelled", None, "failed")],
)
def test_its_retraining_may_have_ended_since(
    url: str, connection: Connection, abandoned: int, state: Any, failure: Any, becomes: str
) -> None:
    run = linked(connection, abandoned, this_process())
    retraining.end(connection, run, this_process(), state, failure, "as it was")
    assert take_due(url, at("2026-11-03 03:05")) == []
    assert turns(connection)[0][1] == becomes


def test_its_retraining_may_still_be_at_work(url: str, connection: Connection, abandoned: int) -> None:
    linked(connection, abandoned, this_process())
    assert take_due(url, at("2026-11-03 03:05")) == []
    assert turns(connection)[0][1] == "running"


def test_an_interrupted_retraining_is_gone_on_with(url: str, connection: Connection, abandoned: int) -> None:
    run = linked(connection, abandoned, this_process())
    retraining.end(connection, run, this_process(), "failed", "interrupted", "killed")
    assert [taken.turn for taken in take_due(url, at("2026-11-03 03:05"))] == [abandoned]


def linked(connection: Connection, turn: int, owner: str) -> str:
    run = retraining.queue(connection, "v1", TYPES, "schedule", "a test", owner)
    retraining.start(connection, run, owner, {})
    schedules.link(connection, turn, run)
    return run


# who runs them


def test_adding_one_wakes_whoever_runs_them_and_a_server_that_hung_up_is_called_again(
    url: str, connection: Connection
) -> None:
    with closing(Listener(url)) as listener, ThreadPoolExecutor(1) as pool:
        assert not listener.wait(0.1)
        make(url)
        assert listener.wait(20)
        heard = pool.submit(listener.wait, 1.0)
        hung_up = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        assert connection.execute(hung_up).fetchall() == [(True,)]
        assert heard.result() is False
        assert not listener.wait(0.1)
        remove(url, "nightly")
        assert listener.wait(20)


def test_without_pg_cron_it_is_said(url: str, tmp_path: Path) -> None:
    with pytest.raises(SchedulesNotHanded, match=r"handed to pg_cron: .*cron"):
        write(url, install(Settings(home=tmp_path), "pg_cron", tmp_path / "env"))


def test_while_one_leads_another_leaves_it_to_them(url: str, tmp_path: Path) -> None:
    make(url, cron="* * * * *")
    leader = LockSet(url, [LOCK])
    assert leader.take() is None
    done, holder = run_once(Settings(database_url=url, home=tmp_path), lambda _: None)
    leader.release()
    assert done == []
    assert holder is not None
    assert holder.who.startswith("workbench ")


def test_two_schedulers_started_at_once_look_at_each_time_once(
    url: str, connection: Connection, tmp_path: Path
) -> None:
    finished(connection, validated=2)
    for number in range(3):
        make(url, "new-rows=100", name=f"schedule-{number}", cron="* * * * *")
    command = [sys.executable, "-m", "workbench.cli.main", "schedule", "run", "--once", "--json"]
    env = {"WORKBENCH_DATABASE_URL": url, "WORKBENCH_HOME": str(tmp_path), "PATH": "/usr/bin"}
    both = [subprocess.Popen(command, env=env | pythonpath(), stdout=subprocess.PIPE) for _ in range(2)]
    answers = [json.loads(process.communicate()[0]) for process in both]
    assert sum(len(answer["taken"]) for answer in answers) == len(turns(connection)) >= 3
    taken = turns(connection)
    assert [state for _, state, *_ in taken] == ["idle"] * len(taken)
    per_schedule = connection.execute("SELECT count(*) FROM schedule_turns GROUP BY schedule_name, due_at").fetchall()
    assert set(per_schedule) == {(1,)}
    ((looked,),) = connection.execute("SELECT count(*) FROM trigger_evaluations").fetchall()
    assert looked == len(taken)


def pythonpath() -> dict[str, str]:
    return {"PYTHONPATH": str(Path(trigger.__file__).parents[2])}
