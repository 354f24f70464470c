"""Look at the server process of one data directory without trusting ``postmaster.pid``."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from workbench.db.account import Account, give


@dataclass(frozen=True)
class Postmaster:
    """A live postmaster; ``ready`` when it accepts connections on ``socket_dir`` and ``port``."""

    pid: int
    port: int
    socket_dir: str
    ready: bool


def find_postmaster(data: Path) -> Postmaster | None:
    """The live postmaster of ``data``, or None. A pid that another process took over since a crash is not one."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    if not _is_postgres_of(pid, data):
        return None
    port = int(lines[3]) if len(lines) > 3 and lines[3].strip() else 0
    socket_dir = lines[4].strip() if len(lines) > 4 else ""
    return Postmaster(pid, port, socket_dir, len(lines) > 7 and lines[7].strip() == "ready")


def _is_postgres_of(pid: int, data: Path) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    process = Path(f"/proc/{pid}")
    if not process.exists():
        return not Path("/proc/self").exists()  # no /proc on this system: believe the file
    try:
        state = (process / "stat").read_text().rsplit(")", 1)[1].split()[0]
        if state in "ZX":
            return False
        where, what = os.readlink(process / "cwd"), os.readlink(process / "exe")
    except PermissionError:
        return True
    except FileNotFoundError:
        return False
    return where == str(data.resolve()) and "postgres" in what


def forget_dead_postmaster(data: Path, socket_dir: Path, account: Account | None) -> None:
    """Put a surely dead pid into a stale ``postmaster.pid`` and remove stale sockets.

    PostgreSQL refuses to start over a pid that is a zombie or was given to another process. The file itself stays: its
    shared-memory line is how PostgreSQL notices backends that outlived a killed postmaster. Call it holding the lock.
    """
    stale = data / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError):
        lines = stale.read_text().splitlines()
        gone = subprocess.Popen([sys.executable, "-c", ""])
        gone.wait()
        fresh = stale.with_suffix(".pid.new")
        fresh.touch(mode=0o600)
        fresh.write_text("\n".join([str(gone.pid), *lines[1:]]) + "\n")
        give(fresh, account)
        fresh.replace(stale)
    for path in socket_dir.glob(".s.PGSQL.*"):
        path.unlink(missing_ok=True)
