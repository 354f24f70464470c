"""Who works on something: a process by host, pid and start, which together are never given to another one."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from pathlib import Path

END_SECONDS = 20.0


def this_process() -> str:
    """Host, pid and start time in clock ticks."""
    return identity(os.getpid())


def identity(pid: int) -> str:
    return f"{socket.gethostname()}:{pid}:{_started(pid)}"


def application_name(owner: str) -> str:
    """How a process calls itself to the server; shown to whoever asks who holds a lock."""
    host, pid, _ = owner.rsplit(":", 2)
    return f"workbench {host[:30]}:{pid}"


def is_here(owner: str) -> bool:
    """Whether the process ``owner`` is, or was, one of this machine."""
    return owner.rsplit(":", 2)[0] == socket.gethostname()


def is_gone(owner: str) -> bool:
    """Whether the process ``owner`` was on this machine and has ended; of another machine nobody can say."""
    _, pid, started = owner.rsplit(":", 2)
    return is_here(owner) and _started(int(pid)) != started


def end(owner: str) -> bool:
    """Kill the process ``owner`` and what it started in its group; True when it is gone, False where nobody can say
    or it would not end."""
    if not is_here(owner):
        return False
    pid = int(owner.rsplit(":", 2)[1])
    deadline = time.monotonic() + END_SECONDS
    while not is_gone(owner):
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(pid) == pid:
                os.killpg(pid, signal.SIGKILL)
            else:
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _started(pid: int) -> str:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return "gone"
    return "gone" if fields[0] in "ZX" else fields[19]
