"""Look at a process that a file names, before believing the file."""

from __future__ import annotations

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
