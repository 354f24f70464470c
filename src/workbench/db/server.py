"""The private local server: started on demand, shared by every process, up until ``down``."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from filelock import FileLock, Timeout

from workbench.db.account import Account, can_enter, reachable, server_account
from workbench.db.binaries import Binaries, find_binaries
from workbench.db.cluster import (
    check_version,
    configuration,
    initdb_arguments,
    make_socket_folder,
    prepare_new_data,
    socket_folder,
    write_configuration,
)
from workbench.db.postmaster import Postmaster, accepts, find_postmaster, forget_dead_postmaster, free_port
from workbench.db.programs import run, tail
from workbench.db.superuser import SUPERUSER, mark, rename_superuser, superuser
from workbench.errors import (
    HomeNotEnterable,
    HomeNotWritable,
    LockNotTaken,
    ServerNotStarted,
    ServerNotStopped,
    ServerWithoutTcp,
)
from workbench.settings import Settings

LOCK_SECONDS = 180.0
START_SECONDS = 60.0
STOP_SECONDS = 60.0
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
            BinariesNotFound, BinariesNotReachable, ServerAccountMissing, HomeNotEnterable, HomeNotWritable,
            DataOfAnotherVersion, ServerNotStarted, ServerWithoutTcp, LockNotTaken
        """
        account = self._prepare_home()
        with self._locked():
            found = self._wait_until_ready()
            if found is None:
                binaries = reachable(find_binaries(self.pg_bin), account, self.home)
                if not check_version(self.data, binaries):
                    self._init(binaries, account)
                self._start(binaries, account)
                found = self._wait_until_ready()
            if found is not None and superuser(self.data) != SUPERUSER:
                self._rename_superuser(found, account)
        if found is None:
            raise self._failure(tail(self.log))
        if self.tcp and not found.tcp:
            raise ServerWithoutTcp(path=self.data)
        return found

    def down(self) -> bool:
        """Stop the server, letting nobody finish; whether it ran.

        Raises:
            HomeNotWritable, ServerNotStopped, LockNotTaken
        """
        if self._find() is None:
            return False
        with self._locked():
            found = self._find()
            if found is None:
                return False
            self._stop(found)
        return True

    def url(self, database: str) -> str:
        """Connection URL of ``database``; the server has to be up. Over TCP it carries the password."""
        found = self.running()
        port = found.port if found else 5432
        if self.tcp:
            password = (self.home / "superuser.password").read_text()
            return f"postgresql://{superuser(self.data)}:{password}@127.0.0.1:{port}/{database}"
        folder = found.socket_dir if found else socket_folder(self.home, server_account(self.data, self.os_user))
        return f"postgresql://{superuser(self.data)}@/{database}?host={folder}&port={port}"

    def _find(self) -> Postmaster | None:
        try:
            return find_postmaster(self.data)
        except PermissionError as exc:
            raise HomeNotWritable(path=self.data, reason="it belongs to another user") from exc

    def _prepare_home(self) -> Account | None:
        account = server_account(self.data, self.os_user)
        try:
            if not self.home.exists():
                self.home.mkdir(parents=True, exist_ok=True)
                # Only a folder of our own making: somebody else's keeps its permissions.
                self.home.chmod(0o711 if account else 0o700)
            elif not self.home.is_dir():
                raise HomeNotWritable(path=self.home, reason="it is a file, a folder is needed")
        except OSError as exc:
            raise HomeNotWritable(path=self.home, reason=exc.strerror) from exc
        if account and not can_enter(self.home, account):
            raise HomeNotEnterable(path=self.home, account=account.pw_name)
        return account

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        path = self.home / "server.lock"
        lock = FileLock(path)
        try:
            lock.acquire(timeout=LOCK_SECONDS)
        except Timeout as exc:
            raise LockNotTaken(path=path, seconds=LOCK_SECONDS) from exc
        except OSError as exc:
            raise HomeNotWritable(path=path, reason=exc.strerror) from exc
        try:
            yield
        finally:
            lock.release()

    def _init(self, binaries: Binaries, account: Account | None) -> None:
        target, password = prepare_new_data(self.home, account)
        output = self.home / "control.log"
        if run(binaries, "initdb", initdb_arguments(binaries, target, password), account, output):
            raise self._failure(tail(output))
        with (target / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude_if_exists = 'workbench.conf'\n")
        mark(target, account)
        target.rename(self.data)

    def _start(self, binaries: Binaries, account: Account | None) -> None:
        folder = make_socket_folder(self.home, account)
        forget_dead_postmaster(self.data, folder, account)
        port = free_port() if self.tcp else 5432
        write_configuration(self.data, configuration(binaries, folder, port, self.tcp), account)
        output = self.home / "control.log"
        arguments = ["start", "-D", str(self.data), "-w", "-t", str(int(START_SECONDS)), "-l", str(self.log)]
        deadline = time.monotonic() + START_SECONDS
        while True:
            before = self.log.stat().st_size if self.log.exists() else 0
            if run(binaries, "pg_ctl", arguments, account, output) == 0:
                return
            said = tail(self.log, before)
            # Backends of a killed postmaster live on for a moment; that PostgreSQL refuses until they are gone is what
            # protects the data, so wait instead of helping.
            if ORPHANED_BACKENDS not in said or time.monotonic() > deadline:
                raise self._failure(said or tail(output))
            time.sleep(0.25)

    def _rename_superuser(self, found: Postmaster, account: Account | None) -> None:
        try:
            rename_superuser(found)
        except psycopg.Error as exc:
            raise self._failure(f"The superuser could not be renamed to {SUPERUSER}: {exc}") from exc
        mark(self.data, account)

    def _wait_until_ready(self) -> Postmaster | None:
        deadline = time.monotonic() + START_SECONDS
        while (found := self._find()) is not None:
            if found.ready and accepts(found):
                return found
            if time.monotonic() > deadline:
                raise self._failure(tail(self.log))
            time.sleep(0.05)
        return None

    def _stop(self, found: Postmaster) -> None:
        try:
            os.kill(found.pid, signal.SIGINT)  # what `pg_ctl stop -m fast` sends; works when the programs are gone
        except PermissionError as exc:
            raise ServerNotStopped(path=self.data, pid=found.pid, said="it belongs to another user.") from exc
        deadline = time.monotonic() + STOP_SECONDS
        while self._find() is not None:
            if time.monotonic() > deadline:
                raise ServerNotStopped(path=self.data, pid=found.pid, said=tail(self.log).strip())
            time.sleep(0.02)
        with contextlib.suppress(OSError):
            socket_folder(self.home, server_account(self.data, self.os_user)).rmdir()

    def _failure(self, said: str) -> ServerNotStarted:
        return ServerNotStarted(path=self.data, said=said.strip() or "(nothing)", log=self.log)
