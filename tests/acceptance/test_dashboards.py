"""`workbench mlflow` with MLflow's real server: it answers, it is private, and it leaves nothing behind."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import PROGRAM, Bench
from workbench.db.connection import with_database
from workbench.db.postmaster import free_port
from workbench.db.processes import group
from workbench.jobs.dashboards import record_path
from workbench.jobs.workspace import open_tracker
from workbench.settings import Settings
from workbench.tracking.items import Note, Tags

pytestmark = pytest.mark.slow
SECRET = "s3cret"


@pytest.fixture(scope="module")
def guarded(bench: Bench) -> Bench:
    """The same bench with an address of MLflow's database that carries a password."""
    own = with_database(bench.url, lambda name: f"{name}_mlflow")
    own = own.replace("workbench_owner@", f"workbench_owner:{SECRET}@")
    return Bench(bench.url, bench.home, {"WORKBENCH_MLFLOW_DATABASE_URL": own})


@pytest.fixture(scope="module")
def run_id(guarded: Bench) -> str:
    guarded.run("db", "migrate")
    tracker = open_tracker(_settings(guarded), guarded.url)
    run_id = tracker.open("intent_classifier", "a run", {})
    tracker.log(run_id, [Note("**good**"), Tags({"dataset_version": "small"})])
    tracker.client.log_text(run_id, "<p>page</p>", "notebooks/page.html")
    tracker.close(run_id, "FINISHED")
    return run_id


@pytest.fixture(scope="module")
def served(guarded: Bench, run_id: str) -> Iterator[dict[str, Any]]:
    assert run_id
    yield guarded.json("mlflow", "--detach", "--port", str(free_port()))
    guarded.run("down")


def _settings(bench: Bench) -> Settings:
    mlflow_url = bench.extra.get("WORKBENCH_MLFLOW_DATABASE_URL")
    return Settings(home=bench.home, database_url=bench.url, mlflow_database_url=mlflow_url)


def _ask(url: str, method: str, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    try:
        connection.request(method, path, json.dumps(body), {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _listens(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) == 0


def test_the_experiments_are_listed_and_linked(served: dict[str, Any]) -> None:
    status, said = _ask(served["url"], "POST", "/api/2.0/mlflow/experiments/search", {"max_results": 10})
    ids = {each["name"]: each["experiment_id"] for each in json.loads(said)["experiments"]}
    assert status == 200
    place = f"{served['url']}/#/experiments/{ids['intent_classifier']}/runs"
    assert served["open"] == f"{place}?workflowType=machine_learning&viewStateShareKey=review"
    assert list(served["experiments"]) == ["intent_classifier"]


def test_a_runs_files_are_served(served: dict[str, Any], run_id: str) -> None:
    assert _ask(served["url"], "GET", f"/get-artifact?path=notebooks/page.html&run_uuid={run_id}") == (
        200,
        b"<p>page</p>",
    )


def test_the_record_is_for_the_owner_alone(served: dict[str, Any], guarded: Bench) -> None:
    record = record_path(_settings(guarded))
    assert json.loads(record.read_text()) == {"pid": served["pid"], "url": served["url"]}
    assert record.stat().st_mode & 0o777 == 0o600


def test_a_second_call_finds_the_first(served: dict[str, Any], guarded: Bench) -> None:
    again = guarded.json("mlflow")
    assert again["started"] is False
    assert (again["url"], again["pid"]) == (served["url"], served["pid"])
    assert "It was running already" in guarded.run("mlflow").stderr
    assert guarded.json("status")["mlflow_url"] == served["url"]


def test_another_name_for_this_machine_is_refused(served: dict[str, Any]) -> None:
    path = "/api/2.0/mlflow/experiments/get?experiment_id=0"
    assert _ask(served["url"], "GET", path)[0] == 200
    assert _ask(served["url"], "GET", path, Host="rebound.example:5000")[0] == 403


def test_the_password_is_not_in_the_list_of_processes_nor_in_the_log(served: dict[str, Any], guarded: Bench) -> None:
    words = [Path(f"/proc/{pid}/cmdline").read_text() for pid in group(served["pid"])]
    assert len(words) >= 2
    assert not [line for line in words if SECRET in line]
    assert SECRET not in Path(served["log"]).read_text()
    assert SECRET not in guarded.run("mlflow").stdout


def test_down_leaves_no_process_no_listener_and_no_record(bench: Bench, tmp_path: Path) -> None:
    alone = Bench(bench.url, tmp_path)
    found = alone.json("mlflow", "--detach", "--port", str(free_port()))
    assert group(found["pid"])
    assert _listens(found["url"])
    assert alone.json("down")["stopped"]["mlflow"] is True
    assert group(found["pid"]) == []
    assert not _listens(found["url"])
    assert not record_path(_settings(alone)).exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_the_foreground_a_signal_ends_it_all(bench: Bench, tmp_path: Path, number: signal.Signals) -> None:
    alone = Bench(bench.url, tmp_path)
    words = [PROGRAM, "mlflow", "--json", "--port", str(free_port())]
    front = subprocess.Popen(words, env=alone.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with front:
        found = json.loads(front.stdout.readline())
        front.send_signal(number)
        try:
            assert front.wait(30) == 0
        finally:
            front.kill()
    assert group(found["pid"]) == []
    assert not _listens(found["url"])
    assert not record_path(_settings(alone)).exists()


def test_a_signal_while_it_starts_leaves_nothing(bench: Bench, tmp_path: Path) -> None:
    alone = Bench(bench.url, tmp_path)
    words = [PROGRAM, "mlflow", "--port", str(free_port())]
    front = subprocess.Popen(words, env=alone.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    record = record_path(_settings(alone))
    while not record.exists() and front.poll() is None:
        time.sleep(0.05)
    leader = json.loads(record.read_text())["pid"]
    front.send_signal(signal.SIGHUP)
    assert front.wait(30) == 130
    assert group(leader) == []
    assert not record.exists()


def test_down_from_elsewhere_ends_the_foreground_in_peace(bench: Bench, tmp_path: Path) -> None:
    alone = Bench(bench.url, tmp_path)
    words = [PROGRAM, "mlflow", "--json", "--port", str(free_port())]
    front = subprocess.Popen(words, env=alone.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    with front:
        front.stdout.readline()
        alone.run("down")
        assert front.wait(30) == 0


def test_a_taken_port_is_named_and_ends_in_2(bench: Bench, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = Bench(bench.url, tmp_path).run("mlflow", "--detach", "--port", str(port), expect=2).stderr
    assert f"Port {port} on 127.0.0.1 is taken" in said
    assert "--port" in said


def test_an_address_of_another_machine_ends_in_2(bench: Bench, tmp_path: Path) -> None:
    said = Bench(bench.url, tmp_path).run("mlflow", "--detach", "--host", "203.0.113.1", expect=2).stderr
    assert "203.0.113.1" in said
