"""One private server for the whole run, and a fresh database a test, copied from a migrated template."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# A worker a core: further threads in each of them wait for one another, which made these tests a third slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# What a script starts in the background ignores Ctrl-C, and so would every program that these tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

from copies import TEMPLATE, copy_of_the_template, drop, new_name
from durability import waits_for_the_disk
from workbench.db.connection import Connection, connect, with_database
from workbench.db.migrations import migrate
from workbench.db.server import LocalServer


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("WORKBENCH_") and not name.startswith("WORKBENCH_TEST_"):
            monkeypatch.delenv(name)


def pytest_configure(config: pytest.Config) -> None:
    """The controller makes the home of the run's server; the workers inherit it."""
    if not hasattr(config, "workerinput"):
        folder = tempfile.mkdtemp(prefix="workbench-test-")
        os.chmod(folder, 0o755)  # noqa: S103  as root the server's account has to pass through
        os.environ["WORKBENCH_TEST_HOME"] = folder


def pytest_unconfigure(config: pytest.Config) -> None:
    """Whatever happened, no server of the run stays behind."""
    if hasattr(config, "workerinput"):
        return
    import shutil

    folder = Path(os.environ["WORKBENCH_TEST_HOME"])
    for home in (path.parent for path in folder.glob("*/data")):
        LocalServer(home).down()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server_home() -> Path:
    return Path(os.environ["WORKBENCH_TEST_HOME"]) / "server"


@pytest.fixture(scope="session")
def server_url(server_home: Path) -> str:
    """URL of the database postgres of the run's own server, or of the one that `make test-servers` started."""
    url = os.environ.get("WORKBENCH_TEST_SERVER_URL") or _own_server(server_home)
    server_home.mkdir(exist_ok=True)
    done = server_home / "template.done"
    with FileLock(server_home / "template.lock"):
        if not done.exists():
            if "WORKBENCH_TEST_SERVER_URL" not in os.environ:
                # Nearly every test copies the schema and drops it again; nobody needs the copies on the disk.
                waits_for_the_disk(url, False)
            migrate(with_database(url, lambda _: TEMPLATE))
            done.touch()
    return url


def _own_server(home: Path) -> str:
    server = LocalServer(home)
    server.up()
    return server.url("postgres")


@pytest.fixture
def sound_server(server_url: str, server_home: Path) -> Iterator[None]:
    """For tests in which `workbench doctor` looks at the run's server and shall find nothing."""
    with FileLock(server_home / "sound.lock"):
        changed = waits_for_the_disk(server_url, True)
        yield
        if changed:
            waits_for_the_disk(server_url, False)


@pytest.fixture
def empty_database(server_url: str) -> Iterator[str]:
    """URL of a database that does not exist yet."""
    name = new_name()
    yield with_database(server_url, lambda _: name)
    drop(server_url, name)


@pytest.fixture
def database(server_url: str) -> Iterator[str]:
    """URL of a migrated database of the test's own."""
    with copy_of_the_template(server_url) as url:
        yield url


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with connect(database, autocommit=True) as opened:
        yield opened
