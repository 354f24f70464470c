"""Which processes are the dashboards', and how they end: with stand-ins for MLflow's server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.db.processes import group
from workbench.errors import DashboardEnded, DashboardNotStarted
from workbench.jobs import dashboards, serve
from workbench.jobs.dashboards import Dashboard, keep, record_path, running_dashboard, stop_dashboard
from workbench.settings import Settings
from workbench.tracking.server import ServerOrder

SLEEP = "import sys, time; print('up', flush=True); time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
LEADER = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}, 'mlflow.server']); {SLEEP}"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def started(settings: Settings) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        for pid in group(process.pid):
            subprocess.run(["kill", "-9", str(pid)], check=False)
        process.wait()


def start(started: list[subprocess.Popen[bytes]], code: str, says: int = 1) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-c", code, "mlflow"]
    process = subprocess.Popen(words, start_new_session=True, stdout=subprocess.PIPE)
    started.append(process)
    with process.stdout as pipe:
        for _ in range(says):
            assert pipe.readline() == b"up\n"
    return process


def test_the_whole_group_is_stopped(settings: Settings, started: list[subprocess.Popen[bytes]]) -> None:
    leader = start(started, LEADER, says=2)
    keep(settings, Dashboard(leader.pid, "http://127.0.0.1:1"))
    assert len(group(leader.pid)) == 2
    assert stop_dashboard(settings)
    assert group(leader.pid) == []


def test_workers_that_lost_their_leader_still_run_and_are_stopped(
    settings: Settings, started: list[subprocess.Popen[bytes]]
) -> None:
    leader = start(started, LEADER, says=2)
    keep(settings, Dashboard(leader.pid, "http://127.0.0.1:1"))
    leader.kill()
    leader.wait()
    assert running_dashboard(settings) is not None
    assert stop_dashboard(settings)
    assert group(leader.pid) == []


def test_what_does_not_listen_is_killed(
    settings: Settings, started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboards, "STOP_SECONDS", 0.2)
    deaf = start(started, DEAF)
    keep(settings, Dashboard(deaf.pid, "http://127.0.0.1:1"))
    assert stop_dashboard(settings)
    assert deaf.wait(5) == -9


def order(settings: Settings) -> ServerOrder:
    return ServerOrder("postgresql://nowhere", settings.home, "127.0.0.1", 1, settings.home / "mlflow" / "server.log")


def server_that(code: str, started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Make ``serve`` start this instead of MLflow."""

    def start_server(order: ServerOrder) -> subprocess.Popen[bytes]:
        with order.log.open("wb") as log:
            words = [sys.executable, "-c", code, "mlflow"]
            process = subprocess.Popen(words, start_new_session=True, stdout=log, stderr=log)
        started.append(process)
        return process

    monkeypatch.setattr(serve, "_order", lambda settings, *_: order(settings))
    monkeypatch.setattr(serve, "start_server", start_server)


def test_a_server_that_ends_at_once_is_reported_with_what_it_said(
    settings: Settings, started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    server_that("print('no such table'); raise SystemExit(1)", started, monkeypatch)
    with pytest.raises(DashboardNotStarted, match=r"(?s)no such table.*server\.log"):
        serve.serve(settings, serve.Entrance("127.0.0.1", 1), lambda _: None)
    assert not record_path(settings).exists()


def test_a_server_that_never_answers_is_given_up_and_stopped(
    settings: Settings, started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    server_that(SLEEP, started, monkeypatch)
    monkeypatch.setattr(serve, "START_SECONDS", 0.3)
    with pytest.raises(DashboardNotStarted, match=r"http://127\.0\.0\.1:1 .*server\.log"):
        serve.serve(settings, serve.Entrance("127.0.0.1", 1), lambda _: None)
    assert group(started[0].pid) == []
    assert not record_path(settings).exists()


def test_a_server_that_ends_by_itself_is_reported(
    settings: Settings, started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    server_that("print('out of memory'); raise SystemExit(3)", started, monkeypatch)
    monkeypatch.setattr(serve, "answers", lambda _: True)
    monkeypatch.setattr(serve, "links", lambda *_: {})
    serving = serve.serve(settings, serve.Entrance("127.0.0.1", 1), lambda _: None)
    with pytest.raises(DashboardEnded, match=r"exit code 3.*out of memory"):
        serve.attend(settings, serving, lambda _: None)
    assert not record_path(settings).exists()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:1"),
        ("0.0.0.0", "http://127.0.0.1:1"),  # noqa: S104
        ("::", "http://[::1]:1"),
        ("here.example", "http://here.example:1"),
    ],
)
def test_the_address_to_open_is_one_that_a_browser_reaches(settings: Settings, host: str, url: str) -> None:
    assert ServerOrder("", settings.home, host, 1, settings.home).url == url


def test_what_cannot_be_shown_is_not_left_running(
    settings: Settings, started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    server_that(SLEEP, started, monkeypatch)
    monkeypatch.setattr(serve, "answers", lambda _: True)
    monkeypatch.setattr(serve, "links", lambda *_: {})
    serving = serve.serve(settings, serve.Entrance("127.0.0.1", 1), lambda _: None)
    with pytest.raises(BrokenPipeError):
        serve.attend(settings, serving, broken_pipe)
    assert group(started[0].pid) == []


def broken_pipe(_: object) -> None:
    raise BrokenPipeError
