"""The MLflow server that `workbench mlflow` started, known by the record it left below the home."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from workbench.db.processes import command_line
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
    return found if found and _is_mlflow(found.pid) else None


def stop_dashboard(settings: Settings) -> bool:
    """Stop the server and its workers; whether it ran."""
    found = running_dashboard(settings)
    if found is not None:
        _signal(found.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while _is_mlflow(found.pid):
            if time.monotonic() > deadline:
                _signal(found.pid, signal.SIGKILL)
                break
            time.sleep(0.05)
    with contextlib.suppress(OSError):
        record_path(settings).unlink()
    return found is not None


def _is_mlflow(pid: int) -> bool:
    return pid > 1 and "mlflow" in command_line(pid)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
