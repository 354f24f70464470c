"""A process that promotes and rolls back on demand, in children that can be killed at any moment.

Run as a script it imports everything once and then forks a child for each line it reads: a kill costs no second start.
The child is killed ``die_after`` seconds after it began, or kills itself, as `kill -9` would, at line ``die_at`` of the
modules that change what is live: a clock hardly ever stops within a transaction.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

CRITICAL = ("go_live.py", "rollback.py", "promote.py", "deployments.py", "aliases.py", "locks.py", "connection.py")


@dataclass(frozen=True)
class Order:
    """``what`` is promote or rollback, of ``model``."""

    url: str
    mlflow_url: str
    home: str
    what: str
    model: str
    die_at: int = 0
    die_after: float = 0.0


@dataclass(frozen=True)
class End:
    """``lines`` and ``seconds`` are what it took."""

    survived: bool
    lines: int
    seconds: float


@dataclass(frozen=True)
class Killer:
    process: subprocess.Popen[str]

    def carry_out(self, order: Order) -> End:
        """In a child, which ends or is killed before this returns."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(vars(order)) + "\n")
        self.process.stdin.flush()
        return End(**json.loads(self.process.stdout.readline()))


@contextmanager
def killer() -> Iterator[Killer]:
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, __file__], stderr=subprocess.DEVNULL, **pipes) as process:
        try:
            yield Killer(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def main() -> None:
    import workbench.jobs.promote
    import workbench.jobs.rollback  # noqa: F401

    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    for line in sys.stdin:
        print(json.dumps(vars(in_a_child(Order(**json.loads(line))))), file=out)


def in_a_child(order: Order) -> End:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        act(order, write)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as heard:
        heard.readline()
        began = time.monotonic()
        if order.die_after:
            select.select([heard], [], [], order.die_after)
            os.kill(pid, signal.SIGKILL)
        lines = heard.readline()
    os.waitpid(pid, 0)
    return End(bool(lines), int(lines or 0), time.monotonic() - began)


def act(order: Order, pipe: int) -> None:
    from workbench.jobs.models import find
    from workbench.jobs.promote import Override, promote_model
    from workbench.jobs.rollback import rollback
    from workbench.jobs.workspace import Workspace, open_tracker
    from workbench.settings import Settings

    settings = Settings(home=Path(order.home), mlflow_database_url=order.mlflow_url)
    workspace = Workspace(settings, order.url, open_tracker(settings, order.url))
    model = find(order.url, order.model)
    os.write(pipe, b"ready\n")
    count = Count(order.die_at)
    sys.settrace(count.call)
    if order.what == "promote":
        promote_model(workspace, model, Override("to see what a kill leaves"))
    else:
        rollback(workspace, "intent_classifier", "to see what a kill leaves")
    sys.settrace(None)
    os.write(pipe, f"{count.lines}\n".encode())


@dataclass
class Count:
    die_at: int
    lines: int = 0

    def call(self, frame: FrameType, _event: str, _: object) -> Any:
        return self.line if frame.f_code.co_filename.endswith(CRITICAL) else None

    def line(self, _frame: FrameType, event: str, _: object) -> Any:
        self.lines += event == "line"
        if self.lines == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.line


if __name__ == "__main__":
    main()
