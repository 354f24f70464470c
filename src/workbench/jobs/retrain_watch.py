"""Beside the notebooks a thread says that the process lives, hears of a cancellation, and keeps the time limit."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Literal

from workbench.db.connection import connect
from workbench.db.owners import end, this_process
from workbench.errors import DatabaseUnreachable, RetrainCancelled, RetrainLost
from workbench.store import retraining

BEAT_SECONDS = 2.0
Verdict = Literal["cancelled", "lost", "timeout"]


class Watch:
    """``verdict`` is why a kernel was ended from here, None while there is no reason to."""

    def __init__(self, url: str, run: str) -> None:
        self.run = run
        self.verdict: Verdict | None = None
        self._url = url
        self._kernel: str | None = None
        self._deadline = float("inf")
        self._over = threading.Event()
        self._hearing = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="retraining", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def time_limit(self, seconds: int) -> None:
        """From now on, for the next kernel."""
        self._deadline = time.monotonic() + seconds

    def kernel_started(self, kernel: str) -> None:
        self._kernel = kernel

    def kernel_ended(self) -> None:
        self._kernel = None
        self._deadline = float("inf")
        if self.verdict == "timeout":
            self.verdict = None

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is said or heard in the block, in which ``run`` may become another."""
        with self._hearing:
            yield

    def check(self) -> None:
        """
        Raises:
            RetrainCancelled, RetrainLost
        """
        if self.verdict == "cancelled":
            raise RetrainCancelled(run=self.run)
        if self.verdict == "lost":
            raise RetrainLost(run=self.run, reason="another process works on it")

    def _watch(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            self._hear()
            if time.monotonic() > self._deadline and self.verdict is None:
                self.verdict = "timeout"
            if self.verdict and self._kernel:
                end(self._kernel)

    def _hear(self) -> None:
        with self._hearing, contextlib.suppress(DatabaseUnreachable), connect(self._url) as connection:
            asked = retraining.beat(connection, self.run, this_process())
            if asked is None:
                self.verdict = "lost"
            elif asked:
                self.verdict = "cancelled"


@contextlib.contextmanager
def watching(url: str, run: str) -> Iterator[Watch]:
    watch = Watch(url, run)
    watch.start()
    try:
        yield watch
    finally:
        watch.stop()
