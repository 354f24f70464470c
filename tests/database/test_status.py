"""`workbench up`, `down` and `status`, as a person and a program meet them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from workbench.cli.main import cli
from workbench.db.server import LocalServer
from workbench.errors import ServerWithoutTcp
from workbench.jobs.dashboards import record_path, running_dashboard, stop_dashboard
from workbench.resources import shipped
from workbench.settings import Settings


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = Path(os.environ["WORKBENCH_TEST_HOME"]) / f"c_{uuid.uuid4().hex[:10]}"
    monkeypatch.setenv("WORKBENCH_HOME", str(folder))
    yield folder
    LocalServer(folder).down()
    shutil.rmtree(folder, ignore_errors=True)


def call(*words: str) -> Result:
    return CliRunner().invoke(cli, words, catch_exceptions=False)


def answer(*words: str) -> dict[str, Any]:
    done = call(*words, "--json")
    assert done.exit_code == 0
    return json.loads(done.stdout)


@pytest.fixture
def dashboard(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that looks like an MLflow server, with its record."""
    child = sleeper("mlflow")
    leave_record(home, child.pid)
    yield child
    child.kill()
    child.wait()


def sleeper(name: str) -> subprocess.Popen[bytes]:
    code = "import sys, time; print('up', flush=True); time.sleep(600)"
    child = subprocess.Popen([sys.executable, "-c", code, name], start_new_session=True, stdout=subprocess.PIPE)
    with child.stdout as pipe:
        pipe.readline()
    return child


def leave_record(home: Path, pid: object) -> None:
    path = record_path(Settings(home=home))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"pid": pid, "url": "http://127.0.0.1:5055"}))
    home.chmod(0o755)


def test_status_has_exactly_these_keys(home: Path) -> None:
    found = answer("status")
    keys = ["database_url", "mlflow_database_url", "mlflow_url", "home", "programs", "running", "versions"]
    assert list(found) == keys
    assert list(found["running"]) == ["postgresql", "mlflow"]
    assert list(found["versions"]) == ["workbench", "python", "postgresql", "pgvector", "mlflow", "schema"]
    assert found["home"] == str(home)
    assert (Path(found["programs"]) / "pg_dump").exists()
    assert "/workbench_mlflow?" in found["mlflow_database_url"]


def test_status_starts_and_makes_nothing(home: Path) -> None:
    before = set(Path("/tmp").iterdir())
    found = answer("status")
    assert found["running"] == {"postgresql": False, "mlflow": False}
    assert found["versions"]["schema"] is None
    assert found["versions"]["postgresql"] is not None
    assert not home.exists()
    assert {path.name for path in set(Path("/tmp").iterdir()) - before if str(home) in path.name} == set()
    assert not Path(found["database_url"].partition("host=")[2].partition("&")[0]).exists()


def test_up_makes_the_database_and_status_sees_it(home: Path) -> None:
    url = answer("up")["database_url"]
    found = answer("status")
    assert found["database_url"] == url
    assert found["running"]["postgresql"] is True
    assert found["versions"]["pgvector"] >= "0.8.4"
    assert answer("down") == {"stopped": {"postgresql": True, "mlflow": False}}
    assert answer("down") == {"stopped": {"postgresql": False, "mlflow": False}}
    assert home.exists()


def test_status_names_the_last_migration(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", database)
    newest = max(path.stem for path in shipped("sql", "migrations").glob("*.sql"))
    assert answer("status")["versions"]["schema"] == newest


def test_status_of_a_server_without_our_database_yet(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", empty_database)
    found = answer("status")
    assert found["running"]["postgresql"] is True
    assert found["versions"]["schema"] is None


def test_a_given_server_that_does_not_answer_is_not_running(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", "postgresql://me:s3cret@127.0.0.1:1/none")
    found = answer("status")
    assert found["database_url"] == "postgresql://me:***@127.0.0.1:1/none"
    assert found["running"]["postgresql"] is False
    assert not home.exists()


def test_up_with_a_given_server_starts_none(home: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", empty_database)
    assert "given by WORKBENCH_DATABASE_URL" in call("up").stdout
    assert not home.exists()


def test_up_over_tcp_prints_where_the_password_is_and_not_what_it_is(home: Path) -> None:
    said = call("up", "--tcp").stdout
    assert f"The password is in {home / 'superuser.password'}." in said
    assert (home / "superuser.password").read_text() not in said


def test_up_over_tcp_beside_a_running_server_says_what_to_do(home: Path) -> None:
    call("up")
    with pytest.raises(ServerWithoutTcp, match=f"{home}.*workbench down"):
        call("up", "--tcp")


@pytest.mark.usefixtures("home")
def test_the_text_names_everything_and_the_verbs_that_start_it() -> None:
    said = call("status").stdout
    for word in ("home", "PostgreSQL", "pgvector", "workbench up", "MLflow", "workbench mlflow", "Python", "schema"):
        assert word in said


def test_a_misspelt_setting_is_named_and_ends_in_2() -> None:
    environment = {**os.environ, "WORKBENCH_MLFLOW_PORT": "many"}
    code = "from workbench.cli.main import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "status"], env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert "WORKBENCH_MLFLOW_PORT" in done.stderr


# the dashboards


@pytest.mark.usefixtures("dashboard")
def test_running_dashboards_are_seen_where_they_are() -> None:
    found = answer("status")
    assert found["running"]["mlflow"] is True
    assert found["mlflow_url"] == "http://127.0.0.1:5055"


def test_down_stops_the_dashboards_and_removes_their_record(home: Path, dashboard: subprocess.Popen[bytes]) -> None:
    assert answer("down")["stopped"]["mlflow"] is True
    assert dashboard.wait(5) == -15
    assert not record_path(Settings(home=home)).exists()
    assert answer("status")["mlflow_url"] == "http://127.0.0.1:5000"


def test_another_program_that_took_the_pid_over_is_left_alone(home: Path) -> None:
    other = sleeper("innocent")
    try:
        leave_record(home, other.pid)
        assert answer("status")["running"]["mlflow"] is False
        assert answer("down")["stopped"]["mlflow"] is False
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


@pytest.mark.parametrize("pid", [-1, 0, "x", None, 99999999])
def test_a_garbled_record_is_no_dashboard_and_kills_nobody(home: Path, pid: object) -> None:
    leave_record(home, pid)
    assert running_dashboard(Settings(home=home)) is None
    assert stop_dashboard(Settings(home=home)) is False


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "3"])
def test_a_record_that_is_no_json_object_is_no_dashboard(home: Path, content: str) -> None:
    leave_record(home, 0)
    record_path(Settings(home=home)).write_text(content)
    assert running_dashboard(Settings(home=home)) is None
