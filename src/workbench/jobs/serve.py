"""Start MLflow's dashboards, wait until they answer, and stay with them."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from workbench.db.connection import mlflow_database_url
from workbench.db.programs import tail
from workbench.errors import DashboardEnded, DashboardNotStarted, HostsNotStated, LockNotTaken, PasswordMissing
from workbench.jobs.address import check_free
from workbench.jobs.dashboards import Dashboard, end_dashboard, forget, keep, record_path, running_dashboard
from workbench.jobs.server import start
from workbench.jobs.workspace import open_tracker, sqlalchemy_url
from workbench.records import MODEL_TYPES
from workbench.settings import Settings
from workbench.tracking.server import LOOPBACK, Login, ServerOrder, answers, links, overview_link, start_server

START_SECONDS = 120.0
NOTE_SECONDS = 15.0
SHORTEST_PASSWORD = 12


@dataclass(frozen=True)
class Serving:
    """``links`` by experiment, the model types first; ``main`` is the page to open first. ``process`` is None when the
    dashboards ran already."""

    dashboard: Dashboard
    main: str
    links: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None


@dataclass(frozen=True)
class Entrance:
    """Where the dashboards listen, by which further ``hosts`` browsers may call them, and whether they ask for a
    password."""

    host: str
    port: int
    hosts: tuple[str, ...] = ()
    signs_in: bool = False


def serve(settings: Settings, entrance: Entrance, tell: Callable[[str], None]) -> Serving:
    """Start the dashboards, or find those that run; returns when they answer.

    Raises:
        PasswordMissing, HostsNotStated, PortTaken, AddressUnusable, DashboardNotStarted, LockNotTaken, and all that
        starting the database may raise
    """
    log = settings.home / "mlflow" / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    login = _login(settings) if entrance.signs_in else None
    if entrance.host not in LOOPBACK and not entrance.hosts:
        raise HostsNotStated(host=entrance.host)
    with _one_at_a_time(record_path(settings).with_suffix(".lock")):
        found = running_dashboard(settings)
        process = None
        if found is None:
            order = _order(settings, entrance, login, log)
            process = start_server(order)
            found = Dashboard(process.pid, order.url)
            keep(settings, found)
        try:
            _wait(found, process, log, tell)
            return _described(found, login, log, process)
        except BaseException:
            if process is not None:
                end_dashboard(settings, process)
            raise


def attend(settings: Settings, serving: Serving, show: Callable[[Serving], None]) -> None:
    """Show them and stay until they end. An interruption ends them; so does `workbench down` from elsewhere.

    Raises:
        DashboardEnded: by themselves.
    """
    if serving.process is None:
        show(serving)
        return
    try:
        show(serving)
        code = serving.process.wait()
    except KeyboardInterrupt:
        end_dashboard(settings, serving.process)
        return
    except BaseException:
        end_dashboard(settings, serving.process)
        raise
    if record_path(settings).exists():
        forget(settings)
        raise DashboardEnded(code=code, said=tail(serving.log, length=400).strip(), log=serving.log)


@contextlib.contextmanager
def signals_interrupt() -> Iterator[None]:
    """A request to end, or the end of the terminal, is met like Ctrl-C: nothing may stay behind in the background."""
    asked = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, _interrupt) for number in asked]
    try:
        yield
    finally:
        for number, handler in zip(asked, before, strict=True):
            signal.signal(number, handler)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _login(settings: Settings) -> Login:
    secret = settings.mlflow_admin_password
    password = secret.get_secret_value() if secret else ""
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordMissing(found="is not set" if not password else "is shorter", least=SHORTEST_PASSWORD)
    return Login("admin", password, settings.home / "mlflow")


def _order(settings: Settings, entrance: Entrance, login: Login | None, log: Path) -> ServerOrder:
    check_free(entrance.host, entrance.port)
    url = start(settings).url
    open_tracker(settings, url)
    uri = sqlalchemy_url(mlflow_database_url(settings))
    return ServerOrder(uri, settings.artifacts, entrance.host, entrance.port, log, entrance.hosts, login)


def _wait(found: Dashboard, process: subprocess.Popen[bytes] | None, log: Path, tell: Callable[[str], None]) -> None:
    started = noted = time.monotonic()
    if process is not None:
        tell(f"starting MLflow on {found.url} (10 seconds, up to a minute on a busy machine) …")
    while not answers(found.url):
        now = time.monotonic()
        ended = process is not None and process.poll() is not None
        if ended or now - started > START_SECONDS:
            said = tail(log, length=400).strip() or "(nothing)"
            raise DashboardNotStarted(url=found.url, seconds=now - started, said=said, log=log)
        if now - noted > NOTE_SECONDS:
            tell(f"still waiting for MLflow after {now - started:.0f} seconds …")
            noted = now
        time.sleep(0.2)


def _described(found: Dashboard, login: Login | None, log: Path, process: subprocess.Popen[bytes] | None) -> Serving:
    known = links(found.url, login)
    first = [name for name in MODEL_TYPES if name in known]
    order = [*first, *(name for name in known if name not in first)]
    main = known[first[0]] if first else overview_link(found.url)
    return Serving(found, main, {name: known[name] for name in order}, log, process)


@contextlib.contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    seconds = START_SECONDS + NOTE_SECONDS
    try:
        with FileLock(path, timeout=seconds):
            yield
    except Timeout as exc:
        raise LockNotTaken(path=path, seconds=seconds) from exc
