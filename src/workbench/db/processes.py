"""Look at a process that a file names, before believing the file."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def command_line(pid: int) -> str:
    """The words of the process, joined by spaces; empty when it is gone or ended and nobody reaped it."""
    if pid <= 0:
        return ""
    if not Path("/proc/self").exists():
        words = ["ps", "-o", "command=", "-p", str(pid)]
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ").strip()
    except OSError:
        return ""


def group(leader: int) -> list[int]:
    """The living processes of the process group that ``leader`` made, whether or not it lives itself."""
    if leader <= 1:
        return []
    if not Path("/proc/self").exists():
        words = ["ps", "-A", "-o", "pid=", "-o", "pgid="]
        table = subprocess.run(words, capture_output=True, text=True, check=False).stdout
        rows = [line.split() for line in table.splitlines()]
        return [int(pid) for pid, group in rows if int(group) == leader and command_line(int(pid))]
    everybody = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return [pid for pid in everybody if _group_of(pid) == leader and command_line(pid)]


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None
