"""The private local server: started on demand, shared by every process, up until ``down``."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from workbench.db.account import Account, as_account, can_enter, give, reachable, server_account
from workbench.db.binaries import Binaries, find_binaries
from workbench.db.cluster import (
    SUPERUSER,
    check_version,
    configuration,
    initdb_arguments,
    prepare_new_data,
    socket_folder,
    write_configuration,
)
from workbench.db.postmaster import Postmaster, find_postmaster, forget_dead_postmaster
from workbench.errors import HomeNotEnterable, HomeNotWritable, LockNotTaken, ServerNotStarted
from workbench.settings import Settings

LOCK_SECONDS = 180.0
START_SECONDS = 60.0
ORPHANED_BACKENDS = "pre-existing shared memory block"


@dataclass(frozen=True)
class LocalServer:
    """One data directory below ``home``. All methods may be called from several processes at once."""

    home: Path
    pg_bin: Path | None = None
    os_user: str | None = None
    tcp: bool = False

    @classmethod
    def of(cls, settings: Settings, tcp: bool = False) -> LocalServer:
        return cls(settings.home, settings.pg_bin, settings.pg_os_user, tcp)

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "log" / "server.log"

    def running(self) -> Postmaster | None:
        with contextlib.suppress(PermissionError):
            found = find_postmaster(self.data)
            return found if found and found.ready else None
        return None

    def up(self) -> Postmaster:
        """Start the server unless it runs; make its data directory on first use. Returns when it accepts connections.

        Raises:
            BinariesNotFound, ServerAccountMissing, HomeNotEnterable, HomeNotWritable, DataOfAnotherVersion,
            ServerNotStarted, LockNotTaken
        """
        account = self._prepare_home()
        with self._locked():
            running = find_postmaster(self.data)
            if running is not None:
                return self._wait_until_ready(account)
            binaries = reachable(find_binaries(self.pg_bin), account, self.home)
            if not check_version(self.data, binaries):
                self._init(binaries, account)
            return self._start(binaries, account)

    def down(self) -> bool:
        """Stop the server; whether it ran."""
        if not self.home.exists() or find_postmaster(self.data) is None:
            return False
        account = server_account(self.data, self.os_user)
        with self._locked():
            binaries = reachable(find_binaries(self.pg_bin), account, self.home)
            arguments = ["stop", "-D", str(self.data), "-m", "fast", "-w", "-t", "60"]
            return self._run(binaries, "pg_ctl", arguments, account) == 0

    def url(self, database: str) -> str:
        """Connection URL of ``database``; the server has to be up. Over TCP it carries the password."""
        found = self.running()
        port = found.port if found else 5432
        if self.tcp:
            password = (self.home / "superuser.password").read_text()
            return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{database}"
        folder = found.socket_dir if found else socket_folder(self.home, server_account(self.data, self.os_user))
        return f"postgresql://{SUPERUSER}@/{database}?host={folder}&port={port}"

    def _prepare_home(self) -> Account | None:
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            account = server_account(self.data, self.os_user)
            self.home.chmod(0o711 if account else 0o700)
        except OSError as exc:
            raise HomeNotWritable(path=self.home, reason=exc.strerror) from exc
        if account and not can_enter(self.home, account):
            raise HomeNotEnterable(path=self.home, account=account.pw_name)
        return account

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        path = self.home / "server.lock"
        try:
            with FileLock(path, timeout=LOCK_SECONDS):
                yield
        except Timeout as exc:
            raise LockNotTaken(path=path, seconds=LOCK_SECONDS) from exc
        except OSError as exc:
            raise HomeNotWritable(path=path, reason=exc.strerror) from exc

    def _init(self, binaries: Binaries, account: Account | None) -> None:
        target, password = prepare_new_data(self.home, account)
        if self._run(binaries, "initdb", initdb_arguments(binaries, target, password), account):
            raise self._failure(_tail(self.home / "control.log"))
        with (target / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude_if_exists = 'workbench.conf'\n")
        target.rename(self.data)

    def _start(self, binaries: Binaries, account: Account | None) -> Postmaster:
        folder = socket_folder(self.home, account)
        forget_dead_postmaster(self.data, folder, account)
        port = _free_port() if self.tcp else 5432
        write_configuration(self.data, configuration(binaries, folder, port, self.tcp), account)
        deadline = time.monotonic() + START_SECONDS
        arguments = ["start", "-D", str(self.data), "-w", "-t", str(int(START_SECONDS)), "-l", str(self.log)]
        while True:
            before = self.log.stat().st_size if self.log.exists() else 0
            if self._run(binaries, "pg_ctl", arguments, account) == 0:
                return self._wait_until_ready(account)
            said = _tail(self.log, before)
            # Backends of a killed postmaster live on for a moment; that PostgreSQL refuses until they are gone is what
            # protects the data, so wait instead of helping.
            if ORPHANED_BACKENDS not in said or time.monotonic() > deadline:
                raise self._failure(said or _tail(self.home / "control.log"))
            time.sleep(0.25)

    def _wait_until_ready(self, account: Account | None) -> Postmaster:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = find_postmaster(self.data)
            if found is None:
                raise self._failure(_tail(self.log))
            if found.ready and _accepts(found, self.tcp):
                give(self.home / "superuser.password", account)
                return found
            time.sleep(0.05)
        raise self._failure(_tail(self.log))

    def _run(self, binaries: Binaries, program: str, arguments: list[str], account: Account | None) -> int:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment["LC_ALL"] = "C"
        # Never a pipe: the daemon would hold it open and the caller would wait for ever.
        with (self.home / "control.log").open("ab") as output:
            return subprocess.run(
                [binaries.program(program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=START_SECONDS * 2,
                cwd="/",
                env=environment,
                check=False,
                **as_account(account),
            ).returncode

    def _failure(self, said: str) -> ServerNotStarted:
        return ServerNotStarted(path=self.data, said=said.strip() or "(nothing)", log=self.log)


def _tail(path: Path, start: int = 0, length: int = 1500) -> str:
    try:
        return path.read_text(errors="replace")[start:][-length:]
    except OSError:
        return ""


def _accepts(server: Postmaster, tcp: bool) -> bool:
    try:
        if tcp:
            socket.create_connection(("127.0.0.1", server.port), 2).close()
            return True
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(f"{server.socket_dir}/.s.PGSQL.{server.port}")
        return True
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
