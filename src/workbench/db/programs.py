"""Run PostgreSQL's own programs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from workbench.db.account import Account, as_account
from workbench.db.binaries import Binaries

PATIENCE_SECONDS = 600.0


def run(binaries: Binaries, program: str, arguments: list[str], account: Account | None, output: Path) -> int:
    """Exit status of ``program``; what it says is appended to ``output``."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment["LC_ALL"] = "C"
    # Never a pipe: the daemon would hold it open and the caller would wait for ever.
    with output.open("ab") as file:
        return subprocess.run(
            [binaries.program(program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE_SECONDS,
            cwd="/",
            env=environment,
            check=False,
            **as_account(account),
        ).returncode


def become(program: Path, arguments: list[str], environment: dict[str, str]) -> None:
    """Replace this process by ``program``, with ``environment`` on top of the own one. Does not return."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(program, [str(program), *arguments], {**os.environ, **environment})  # noqa: S606  no shell is wanted


def tail(path: Path, start: int = 0, length: int = 1500) -> str:
    """The last ``length`` characters of a log, of what stands after byte ``start``; empty when it cannot be read."""
    try:
        return path.read_bytes()[start:].decode(errors="replace")[-length:]
    except OSError:
        return ""
