"""An environment of its own for each rival: pinned, made at the first use, outside the repository."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from filelock import FileLock

from workbench.cli.output import say

BENCHMARKS = Path(__file__).resolve().parents[1]
RIVALS = BENCHMARKS / "rivals"


class Unavailable(Exception):
    """A contender cannot run here, and why."""


def environment(with_workbench: bool) -> dict[str, str]:
    """Variables of a process that finds these modules, and the workbench or nothing else besides."""
    here = [str(BENCHMARKS), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "passive"),
        "PYTHONPATH": os.pathsep.join(here if with_workbench else here[:1]),
    }


def pins(rival: str) -> Path:
    return RIVALS / f"{rival}.txt"


def driver(rival: str) -> Path:
    return RIVALS / f"{rival}_driver.py"


def python_of(rival: str, cache: Path) -> Path:
    """The interpreter of the rival's environment, which has exactly the packages of ``rivals/<rival>.txt``.

    Raises:
        Unavailable: it could not be made.
    """
    folder = cache / "environments" / f"{rival}-{_digest(rival)}"
    python, ready = folder / "bin" / "python", folder / ".ready"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not ready.exists():
            shutil.rmtree(folder, ignore_errors=True)
            say(f"making the environment of {rival} in {folder} (a few minutes) ...")
            venv.create(folder, with_pip=True)
            command = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "-r", str(pins(rival))]
            made = subprocess.run(command, capture_output=True, text=True)
            if made.returncode:
                raise Unavailable(f"its environment cannot be made: {_last_line(made.stderr)}")
            ready.touch()
    return python


def _digest(rival: str) -> str:
    version = ".".join(map(str, sys.version_info[:2]))
    return hashlib.sha256(pins(rival).read_bytes() + version.encode()).hexdigest()[:12]


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["pip said nothing"])[-1]
