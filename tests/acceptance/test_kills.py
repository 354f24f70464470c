"""kill -9 of the runner, the kernel or PostgreSQL at random points of a retraining, then the same command again.

A few kills with slim notebooks in every run. More, and others, and with the shipped notebooks:
WORKBENCH_TEST_KILLS=100 WORKBENCH_TEST_KILLS_SEED=7 pytest tests/acceptance/test_kills.py -s
WORKBENCH_TEST_KILLS=30 WORKBENCH_TEST_KILLS_SHIPPED=1 pytest tests/acceptance/test_kills.py -s
"""

from __future__ import annotations

import os
import random
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from consistency import wrongs
from killing import TARGETS, VERSION, World, corpus, retrain_and_kill, slim_notebooks

from workbench.db.connection import connect
from workbench.db.server import LocalServer
from workbench.errors import DatabaseUnreachable, NothingLive
from workbench.jobs.rollback import rollback
from workbench.jobs.sweep import sweep
from workbench.jobs.workspace import Workspace, open_workspace
from workbench.settings import Settings
from workbench.store import retraining

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("WORKBENCH_TEST_KILLS", "3"))
SEED = int(os.environ.get("WORKBENCH_TEST_KILLS_SEED", "1"))
SLIM = "WORKBENCH_TEST_KILLS_SHIPPED" not in os.environ


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = Path(os.environ["WORKBENCH_TEST_HOME"]) / f"kills-{uuid.uuid4().hex[:8]}"
    folder = tmp_path_factory.mktemp("kills")
    made = World(home, str(slim_notebooks(folder / "notebooks")) if SLIM else "")
    made.run("up")
    made.run("db", "migrate")
    made.run("import", str(corpus(folder / "corpus")), "--dataset-version", VERSION)
    yield made
    LocalServer(home).down()


@pytest.fixture
def workspace(world: World, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("WORKBENCH_HOME", str(world.home))
    return open_workspace(Settings())


def test_whatever_is_killed_the_same_command_again_leaves_nothing_wrong(world: World, workspace: Workspace) -> None:
    draw = random.Random(SEED)
    started = time.monotonic()
    world.run("retrain", "--dataset-version", VERSION, "--models", "complexity")
    longest = time.monotonic() - started
    targets = [TARGETS[number % len(TARGETS)] for number in range(KILLS)]
    draw.shuffle(targets)
    hits = 0
    for number in range(2 * KILLS):
        if hits == KILLS:
            break
        target = targets[hits]
        take_back(workspace)  # so that there is something to promote
        after = draw.uniform(0, longest)
        hit, said = retrain_and_kill(world, target, after)
        hits += hit
        told = f"kill {number} of {target} after {after:.1f} s (seed {SEED}): {said}"
        print(told.splitlines()[0], "hit" if hit else "missed", flush=True)
        if unfinished(workspace):
            told += world.run("retrain", "--dataset-version", VERSION, "--models", "complexity", "--wait", "120")
        sweep(workspace)
        assert wrongs(workspace) == [], told
        assert not unfinished(workspace), told
        assert world.kernels() == [], told
    assert hits == KILLS, "too many came when all was done"


def take_back(workspace: Workspace) -> None:
    with suppress(NothingLive):
        rollback(workspace, "complexity_model", "the next one shall have something to win", to="none")


def unfinished(workspace: Workspace) -> bool:
    """Whether the last retraining has not come to an end, which nobody can say where the server has not come back."""
    try:
        with connect(workspace.url) as connection:
            return retraining.runs(connection, limit=1)[0].state != "finished"
    except DatabaseUnreachable:
        return True
