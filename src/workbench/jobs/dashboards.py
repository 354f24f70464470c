"""The MLflow server that `workbench mlflow` started, known by the record it left below the home."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.db.processes import command_line, group
from workbench.settings import Settings

STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Dashboard:
    pid: int
    url: str


def record_path(settings: Settings) -> Path:
    """A JSON object with ``pid``, the leader of the server's process group, and ``url``."""
    return settings.home / "mlflow" / "server.json"


def recorded_dashboard(settings: Settings) -> Dashboard | None:
    """What the record says, whether or not it still runs; None without a readable one."""
    try:
        found = json.loads(record_path(settings).read_text())
        return Dashboard(int(found["pid"]), str(found["url"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def running_dashboard(settings: Settings) -> Dashboard | None:
    """The recorded server if it lives. A pid that another program took over since is not it."""
    found = recorded_dashboard(settings)
    return found if found and members(found.pid) else None


def stop_dashboard(settings: Settings) -> bool:
    """Stop the server and its workers; whether it ran."""
    found = running_dashboard(settings)
    # First: a server that ends while its record stands has ended by itself.
    forget(settings)
    if found is not None:
        try:
            _stop(found.pid)
        except BaseException:
            keep(settings, found)
            raise
    return found is not None


def end_dashboard(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    """Stop the server that this process started, however young it is: one that is just being made has no name yet."""
    forget(settings)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    _stop(process.pid)
    process.wait()


def keep(settings: Settings, found: Dashboard) -> None:
    """Leave the record for whoever wants to find or stop the server."""
    path = record_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps({"pid": found.pid, "url": found.url}))
    fresh.replace(path)


def forget(settings: Settings) -> None:
    with contextlib.suppress(OSError):
        record_path(settings).unlink()


def members(leader: int) -> list[int]:
    """What lives of the server's process group. It may have lost its leader; a group without MLflow is another's."""
    found = group(leader)
    return found if any("mlflow" in command_line(pid) for pid in found) else []


def _stop(leader: int) -> None:
    _signal(members(leader), signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while left := members(leader):
        if time.monotonic() > deadline:
            _signal(left, signal.SIGKILL)
            deadline = time.monotonic() + STOP_SECONDS
        time.sleep(0.05)


def _signal(pids: Sequence[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
