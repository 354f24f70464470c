"""`workbench mlflow --auth`: no page without a password, no default password, and the password nowhere to be read."""

from __future__ import annotations

import base64
import http.client
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Bench
from workbench.db.postmaster import free_port
from workbench.db.processes import command_line, group

pytestmark = pytest.mark.slow
NAMES = ("bench.example.org", "evil.example")
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def guarded(bench: Bench) -> Bench:
    found = Bench(bench.url, bench.home, {"WORKBENCH_MLFLOW_ADMIN_PASSWORD": PASSWORD})
    found.run("db", "migrate")
    return found


@pytest.fixture(scope="module")
def served(guarded: Bench) -> Iterator[dict[str, Any]]:
    yield guarded.json("mlflow", "--auth", "--detach", "--port", str(free_port()))
    guarded.run("down")


def ask(
    url: str, path: str, pair: str | None = None, body: object = None, host: str | None = None
) -> tuple[int, bytes]:
    headers = {"Content-Type": "application/json"} | ({"Host": host} if host else {})
    if pair:
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    try:
        connection.request("POST" if body else "GET", path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


SEARCH = "/api/2.0/mlflow/experiments/search"


@pytest.mark.parametrize("pair", ["", "admin:password1234", "admin:", f"somebody:{PASSWORD}"])
def test_nobody_gets_in_without_the_password(served: dict[str, Any], pair: str) -> None:
    assert ask(served["url"], SEARCH, pair, {"max_results": 10})[0] == 401
    assert ask(served["url"], "/", pair)[0] == 401


def test_the_admin_gets_in_with_it(served: dict[str, Any]) -> None:
    status, said = ask(served["url"], SEARCH, f"admin:{PASSWORD}", {"max_results": 10})
    assert status == 200
    assert "Default" in {each["name"] for each in json.loads(said)["experiments"]}


def test_another_user_reads_and_changes_nothing(served: dict[str, Any]) -> None:
    admin, reader = f"admin:{PASSWORD}", "reader:another long password"
    name, _, secret = reader.partition(":")
    made = ask(served["url"], "/api/2.0/mlflow/users/create", admin, {"username": name, "password": secret})
    assert made[0] == 200, made
    status, said = ask(served["url"], SEARCH, reader, {"max_results": 10})
    assert status == 200
    experiment = json.loads(said)["experiments"][0]["experiment_id"]
    tag = {"experiment_id": experiment, "key": "k", "value": "v"}
    assert ask(served["url"], "/api/2.0/mlflow/experiments/set-experiment-tag", reader, tag)[0] == 403
    assert ask(served["url"], "/api/2.0/mlflow/experiments/set-experiment-tag", admin, tag)[0] == 200


def test_the_password_stands_in_no_file_and_no_list_of_processes(served: dict[str, Any], guarded: Bench) -> None:
    folder = guarded.home / "mlflow"
    holding = [path for path in folder.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]
    assert holding == []
    assert [pid for pid in group(served["pid"]) if PASSWORD in command_line(pid)] == []
    assert stat.S_IMODE((folder / "users.db").stat().st_mode) == 0o600


@pytest.mark.parametrize(("password", "said"), [(None, "is not set"), ("short", "is shorter")])
def test_without_a_password_it_refuses_to_start(bench: Bench, tmp_path: Path, password: str | None, said: str) -> None:
    extra = {"WORKBENCH_MLFLOW_ADMIN_PASSWORD": password} if password else {}
    other = Bench(bench.url, tmp_path, extra)
    done = other.run("mlflow", "--auth", "--detach", "--port", str(free_port()), expect=2)
    assert f"WORKBENCH_MLFLOW_ADMIN_PASSWORD {said}" in done.stderr


def test_beyond_loopback_the_names_have_to_be_stated(bench: Bench, tmp_path: Path) -> None:
    done = Bench(bench.url, tmp_path).run("mlflow", "--host", "192.0.2.1", "--detach", expect=2)
    assert "--allowed-host" in done.stderr


def test_a_name_that_was_stated_is_answered_and_another_is_not(bench: Bench, tmp_path: Path) -> None:
    other = Bench(bench.url, tmp_path)
    served = other.json("mlflow", "--detach", "--port", str(free_port()), "--allowed-host", "bench.example.org")
    try:
        asked = {name: ask(served["url"], SEARCH, "", {"max_results": 1}, name) for name in NAMES}
    finally:
        other.run("down")
    assert {name: status for name, (status, _) in asked.items()} == {"bench.example.org": 200, "evil.example": 403}
