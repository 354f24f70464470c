"""Who may retrain, what is closed for whom, and what is gone on with: by the rows, without a kernel."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import rows

from workbench.db.connection import Connection
from workbench.db.owners import end, identity, is_gone, this_process
from workbench.errors import RetrainBusy, RetrainLost, RetrainNotResumable, RetrainUnknown
from workbench.jobs import retrain_begin, retrain_guard
from workbench.jobs.retrain_asked import Asked, find, resumable
from workbench.jobs.retrain_guard import Guard, at_work, guarded
from workbench.jobs.retrain_plan import INPUTS, Plan, Step, differences
from workbench.jobs.retrain_status import standings
from workbench.jobs.sweep import ENDED, close_retraining
from workbench.store import retraining
from workbench.store.retraining import Attempt, RetrainRun

COMPLEXITY, SELECTOR = "complexity_model", "technique_selector"
SAME = dict.fromkeys(INPUTS, "the same")
PLAN = Plan("v1", ("complexity",), (Step("03_train_complexity_model", COMPLEXITY),))


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own group, as a kernel is."""
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as process:
        yield process
        process.kill()


def begin(connection: Connection, owner: str, models: list[Any] | None = None, inputs: Any = SAME) -> str:
    run = retraining.queue(connection, "v1", models or [COMPLEXITY], "person", "a test", owner)
    assert retraining.start(connection, run, owner, inputs)
    return run


def attempt(connection: Connection, run: str, owner: str, mlflow_run: str = "a" * 32, number: int = 1) -> Attempt:
    made = Attempt(run, "03_train_complexity_model", number)
    assert retraining.begin_step(connection, made, owner, mlflow_run, f"/runs/{run}/{number}", "0" * 64)
    return made


def run_of(connection: Connection, run: str) -> RetrainRun:
    (found,) = retraining.runs(connection, run)
    return found


# one of a model type at a time


def test_the_second_of_a_model_type_is_told_who_holds_it_and_since_when(database: str) -> None:
    with guarded(database, [COMPLEXITY, SELECTOR], "1", 0, lambda _: None):
        heard = []
        with (
            pytest.raises(RetrainBusy, match=rf"retraining of {SELECTOR} .* since 20\d\d-.* UTC \(workbench .*:\d+\)"),
            guarded(database, ["intent_classifier", SELECTOR], "2", 0.6, heard.append),
        ):
            raise AssertionError
    assert [holder.what for holder in heard] == [SELECTOR] * len(heard)
    assert heard


def test_another_model_type_is_free_and_all_are_afterwards(database: str) -> None:
    with guarded(database, [COMPLEXITY], "1", 0, lambda _: None), guarded(database, [SELECTOR], "2", 0, lambda _: None):
        pass
    with guarded(database, [SELECTOR, COMPLEXITY], "3", 0, lambda _: None):
        pass


def test_a_right_that_ended_with_the_servers_session_is_taken_again(database: str, connection: Connection) -> None:
    guard = Guard(database, [COMPLEXITY], "1")
    assert guard.attempt() is None
    hang_up(connection)
    assert not guard.held()
    guard.ensure()
    assert guard.held()
    guard.release()


def test_or_is_lost_to_whoever_was_faster(
    database: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrain_guard, "RENEW_SECONDS", 0.6)
    guard, faster = Guard(database, [COMPLEXITY], "1"), Guard(database, [COMPLEXITY], "2")
    assert guard.attempt() is None
    hang_up(connection)
    assert faster.attempt() is None
    with pytest.raises(RetrainLost, match=f"retrains {COMPLEXITY}"):
        guard.ensure()
    faster.release()


def hang_up(connection: Connection) -> None:
    """What a crash of the server does to every session."""
    connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def test_who_lost_the_lock_but_lives_still_counts(
    database: str, connection: Connection, other: subprocess.Popen[bytes]
) -> None:
    begin(connection, identity(other.pid))
    holder = Guard(database, [COMPLEXITY], "another").attempt()
    assert holder is not None
    assert (holder.what, str(other.pid) in holder.who) == (COMPLEXITY, True)
    other.kill()
    other.wait()
    guard = Guard(database, [COMPLEXITY], "another")
    assert guard.attempt() is None
    guard.release()


def test_a_silent_process_of_another_machine_is_taken_for_dead(connection: Connection) -> None:
    run = begin(connection, "elsewhere:1:1")
    assert at_work(run_of(connection, run))
    connection.execute("UPDATE retrain_runs SET heartbeat_at = heartbeat_at - interval '3 minutes'")
    assert not at_work(run_of(connection, run))


# what the rows allow


def test_a_retraining_runs_one_notebook_at_a_time_and_finishes_it_once(connection: Connection) -> None:
    run = begin(connection, this_process())
    first = attempt(connection, run, this_process())
    with pytest.raises(psycopg.errors.UniqueViolation, match="uk_retrain_step_running"):
        attempt(connection, run, this_process(), number=2)
    retraining.end_step(connection, first, "finished")
    second = attempt(connection, run, this_process(), number=2)
    with pytest.raises(psycopg.errors.UniqueViolation, match="uk_retrain_step_finished"):
        retraining.end_step(connection, second, "finished")


def test_every_write_may_be_sent_twice(connection: Connection) -> None:
    me = this_process()
    run = begin(connection, me)
    assert retraining.start(connection, run, me, SAME)
    for _ in range(2):
        assert retraining.name_run(connection, run, me, "p" * 32, "/runs")
        made = attempt(connection, run, me)
    for _ in range(2):
        assert retraining.end_step(connection, made, "failed", "timeout", "slow")
        assert retraining.end(connection, run, me, "failed", "timeout", "slow")
    before = run_of(connection, run)
    for _ in range(2):
        assert retraining.take_over(connection, run, me)
    assert (before.processes, run_of(connection, run).processes) == (1, 2)
    assert len(retraining.steps(connection, run)) == 1


@pytest.mark.parametrize("write", ["beat", "end", "name", "step", "over"])
def test_nobody_writes_what_is_anothers(connection: Connection, write: str) -> None:
    run = begin(connection, this_process())
    thief = "elsewhere:1:1"
    writes = {
        "beat": lambda: retraining.beat(connection, run, thief) is not None,
        "end": lambda: retraining.end(connection, run, thief, "finished"),
        "name": lambda: retraining.name_run(connection, run, thief, "p" * 32, "/"),
        "step": lambda: retraining.begin_step(connection, Attempt(run, "n", 1), thief, "p" * 32, "/", "0" * 64),
        "over": lambda: retraining.take_over(connection, run, thief),
    }
    assert not writes[write]()
    assert run_of(connection, run).state == "running"


def test_what_ended_one_way_does_not_end_another(connection: Connection) -> None:
    run = begin(connection, this_process())
    assert retraining.end(connection, run, this_process(), "cancelled")
    assert not retraining.end(connection, run, this_process(), "finished")
    assert run_of(connection, run).state == "cancelled"


# closing for the dead


def test_closing_ends_the_kernel_first(connection: Connection, other: subprocess.Popen[bytes]) -> None:
    run = begin(connection, this_process())
    made = attempt(connection, run, this_process())
    kernel = identity(other.pid)
    retraining.kernel_started(connection, made, kernel)
    close_retraining(connection, run_of(connection, run), "failed", "interrupted", ENDED)
    assert is_gone(kernel)
    assert [step.failure for step in retraining.steps(connection, run)] == ["interrupted"]
    assert run_of(connection, run).failure == "interrupted"


def test_a_notebook_whose_row_is_written_has_finished(connection: Connection) -> None:
    run = begin(connection, this_process())
    attempt(connection, run, this_process(), "b" * 32)
    rows.model(connection, mlflow_run_id="b" * 32)
    close_retraining(connection, run_of(connection, run), "failed", "interrupted", ENDED)
    assert [step.state for step in retraining.steps(connection, run)] == ["finished"]
    assert run_of(connection, run).state == "failed"


def test_it_waits_for_what_the_server_still_does_for_a_dead_process(
    database: str, connection: Connection, other: subprocess.Popen[bytes]
) -> None:
    """A COMMIT that was sent before the kill may come after it."""
    run = begin(connection, identity(other.pid))
    attempt(connection, run, identity(other.pid), "c" * 32)
    host = identity(other.pid).split(":")[0]
    other.kill()
    other.wait()
    late = psycopg.connect(database, application_name=f"workbench {host[:30]}:{other.pid}")
    rows.model(late, mlflow_run_id="c" * 32)
    threading.Timer(0.5, lambda: (late.commit(), late.close())).start()
    close_retraining(connection, run_of(connection, run), "failed", "interrupted", ENDED)
    assert [step.state for step in retraining.steps(connection, run)] == ["finished"]


def test_a_process_that_got_the_pid_of_a_kernel_is_spared(other: subprocess.Popen[bytes]) -> None:
    host, pid, started = identity(other.pid).rsplit(":", 2)
    assert end(f"{host}:{pid}:{int(started) - 1}")
    assert other.poll() is None
    assert not end(f"not-{host}:{pid}:{started}")


# what is gone on with


def earlier(connection: Connection, asked: Asked, inputs: dict[str, str]) -> tuple[str | None, str]:
    said: list[str] = []
    found = retrain_begin._earlier(connection, PLAN, asked, inputs, said.append)
    return (found.id if found else None), " ".join(said)


@pytest.fixture
def interrupted(connection: Connection) -> str:
    run = begin(connection, this_process())
    retraining.end(connection, run, this_process(), "failed", "interrupted", ENDED)
    return run


def test_the_same_command_goes_on_with_what_was_interrupted(connection: Connection, interrupted: str) -> None:
    assert earlier(connection, Asked(), SAME) == (
        interrupted,
        f"going on with the retraining {interrupted[:8]}, which was not finished (interrupted)",
    )


@pytest.mark.parametrize("name", INPUTS)
def test_with_other_inputs_it_starts_anew_and_says_why(connection: Connection, interrupted: str, name: str) -> None:
    found, said = earlier(connection, Asked(), SAME | {name: "another"})
    assert found is None
    assert said.endswith(f": {INPUTS[name]}")
    with pytest.raises(RetrainNotResumable, match=INPUTS[name]):
        earlier(connection, Asked(resume=interrupted), SAME | {name: "another"})


def test_not_when_it_shall_not_or_when_that_is_long_ago(
    connection: Connection, interrupted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert earlier(connection, Asked(resume="never"), SAME) == (None, "")
    monkeypatch.setattr(retrain_begin, "LONGEST_BREAK", timedelta(0))
    found, said = earlier(connection, Asked(), SAME)
    assert (found, "more than a day ago" in said) == (None, True)
    assert earlier(connection, Asked(resume=interrupted), SAME) == (interrupted, "")


def test_what_was_cancelled_is_gone_on_with_only_by_name(connection: Connection) -> None:
    run = begin(connection, this_process())
    retraining.end(connection, run, this_process(), "cancelled")
    assert earlier(connection, Asked(), SAME) == (None, "")
    assert earlier(connection, Asked(resume=run), SAME) == (run, "")


def test_what_is_over_cannot_be_gone_on_with(connection: Connection, interrupted: str) -> None:
    later = begin(connection, this_process())
    assert earlier(connection, Asked(), SAME) == (None, "")
    retraining.end(connection, later, this_process(), "finished")
    assert earlier(connection, Asked(), SAME) == (None, "")
    with pytest.raises(RetrainNotResumable, match="it is finished"):
        earlier(connection, Asked(resume=later), SAME)


def test_other_models_are_another_retraining(connection: Connection) -> None:
    run = begin(connection, this_process(), [COMPLEXITY, SELECTOR])
    retraining.end(connection, run, this_process(), "failed", "interrupted", ENDED)
    assert earlier(connection, Asked(), SAME) == (None, "")


def test_a_retraining_is_named_by_the_beginning_of_its_id(
    database: str, connection: Connection, interrupted: str
) -> None:
    assert find(connection, interrupted[:6]).id == interrupted
    assert resumable(database, interrupted[:6], None, Asked())[0:2] == ("v1", ["complexity"])
    assert resumable(database, None, "v1", Asked())[2].resume == interrupted
    begin(connection, this_process())
    for unclear in ("no such", ""):
        with pytest.raises(RetrainUnknown):
            find(connection, unclear)


def test_what_differs_is_named_in_words() -> None:
    assert differences(SAME, SAME) == []
    assert differences({}, SAME) == list(INPUTS.values())


def test_the_standing_of_each_is_told(database: str, connection: Connection, interrupted: str) -> None:
    run = begin(connection, this_process())
    attempt(connection, run, this_process())
    newest, oldest = standings(database)
    assert (newest.alive, oldest.alive) == (True, False)
    assert newest.as_json()["steps"][0]["state"] == "running"
    assert (oldest.run.id, oldest.run.failure) == (interrupted, "interrupted")
    assert [standing.run.id for standing in standings(database, run[:8])] == [run]
