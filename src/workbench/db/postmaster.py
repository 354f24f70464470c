"""Look at the server process of one data directory without trusting ``postmaster.pid``."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from workbench.db.account import Account, give
from workbench.db.processes import command_line

# "Do you speak TLS?", the one question of the protocol that is answered without a login and leaves no line in the log.
SSL_REQUEST = struct.pack("!ii", 8, 80877103)


@dataclass(frozen=True)
class Postmaster:
    """A live postmaster; ``ready`` when it accepts connections on ``socket_dir`` and ``port``, ``tcp`` when it also
    listens on the network (on loopback, as the workbench configures it)."""

    pid: int
    port: int
    socket_dir: str
    tcp: bool
    ready: bool


def find_postmaster(data: Path) -> Postmaster | None:
    """The live postmaster of ``data``, or None. A pid that another process took over since a crash is not one.

    Raises:
        PermissionError: ``data`` belongs to another user.
    """
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
    except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
        return None
    if pid <= 0 or not _is_postgres_of(pid, data):
        return None
    port = int(lines[3]) if len(lines) > 3 and lines[3].strip() else 0
    socket_dir = lines[4].strip() if len(lines) > 4 else ""
    listens = len(lines) > 5 and bool(lines[5].strip())
    return Postmaster(pid, port, socket_dir, listens, len(lines) > 7 and lines[7].strip() == "ready")


def orphaned_backends(data: Path) -> list[int]:
    """Processes of a killed postmaster that still work in ``data``; none while a postmaster lives."""
    if not data.is_dir() or find_postmaster(data) is not None:
        return []
    return sorted(int(p.name) for p in Path("/proc").glob("[0-9]*") if _is_postgres_of(int(p.name), data))


def accepts(server: Postmaster) -> bool:
    """Whether the server answers on its socket. A killed one may take connections for a moment, but says nothing."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        client.connect(f"{server.socket_dir}/.s.PGSQL.{server.port}")
        client.sendall(SSL_REQUEST)
        return client.recv(1) in (b"N", b"S")
    return False


def free_port() -> int:
    """A TCP port on loopback that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_postgres_of(pid: int, data: Path) -> bool:
    process = Path(f"/proc/{pid}")
    try:
        if process.stat().st_uid != data.stat().st_uid:
            return False
        # Both links are gone once the process has ended, even while nobody has reaped it.
        where, what = os.readlink(process / "cwd"), os.readlink(process / "exe")
        return where == str(data.resolve()) and "postgres" in what
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        # A system without /proc, or root in a container, who may not look there; the command line is open to all.
        words = command_line(pid)
        return "postgres" in words and f"-D {data}" in words


def forget_dead_postmaster(data: Path, socket_dir: Path, account: Account | None) -> None:
    """Put a surely dead pid into a stale ``postmaster.pid`` and remove stale sockets.

    PostgreSQL refuses to start over a pid that is a zombie or was given to another process. The file itself stays: its
    shared-memory line is how PostgreSQL notices backends that outlived a killed postmaster. Call it holding the lock.
    """
    stale = data / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError):
        lines = stale.read_text().splitlines()
        gone = subprocess.Popen(["/bin/sh", "-c", ":"])
        gone.wait()
        fresh = stale.with_suffix(".pid.new")
        fresh.touch(mode=0o600)
        fresh.write_text("\n".join([str(gone.pid), *lines[1:]]) + "\n")
        give(fresh, account)
        fresh.replace(stale)
    for path in socket_dir.glob(".s.PGSQL.*"):
        path.unlink(missing_ok=True)
