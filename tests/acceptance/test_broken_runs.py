"""Notebooks that fail, kernels that die, runners that are killed or told to stop: nothing half-written, nothing left
RUNNING, and what was finished is not done again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest
from killing import RUNNER, slim_notebooks

from conftest import Bench
from workbench.db.connection import connect
from workbench.errors import NotebookFailed, RetrainBusy, RetrainCancelled
from workbench.jobs import notebook
from workbench.jobs.retrain import retrain
from workbench.jobs.retrain_asked import Asked
from workbench.jobs.retrain_cancel import cancel
from workbench.jobs.workspace import Workspace, open_workspace
from workbench.store import retraining
from workbench.store.retraining import RetrainRun, StepRow

pytestmark = pytest.mark.slow
TRAIN = "03_train_complexity_model"
QUIET: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}


@pytest.fixture(scope="module")
def filled(bench: Bench, small_corpus: Path) -> Bench:
    bench.run("db", "migrate")
    bench.run("import", str(small_corpus), "--dataset-version", "small")
    bench.run("embed")
    return bench


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Notebooks of the test's own, without what only shows."""
    folder = slim_notebooks(tmp_path / "books")
    monkeypatch.setattr(notebook, "shipped", lambda _, name: folder / name)
    return folder


@pytest.fixture
def workspace(filled: Bench, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    for name, value in filled.env.items():
        monkeypatch.setenv(name, value)
    return _open(monkeypatch, retries=0)


def _open(monkeypatch: pytest.MonkeyPatch, **settings: int) -> Workspace:
    for name, value in settings.items():
        monkeypatch.setenv(f"WORKBENCH_RETRAIN_{name.upper()}", str(value))
    return open_workspace()


def _before_recording(folder: Path, source: str) -> None:
    """Let the training notebook run ``source`` right before it records."""
    path = folder / f"{TRAIN}.ipynb"
    book = nbformat.read(path, 4)
    book.cells.insert(-2, nbformat.v4.new_code_cell(source))
    nbformat.write(book, path)


def _runs(workspace: Workspace, status: str) -> set[str]:
    client = workspace.tracker.client
    everywhere = [experiment.experiment_id for experiment in client.search_experiments()]
    return {run.info.run_id for run in client.search_runs(everywhere, f"attributes.status = '{status}'")}


def _models(bench: Bench) -> int:
    ((count,),) = bench.rows("SELECT count(*) FROM ml_model_performance")
    return int(count)


def _newest(workspace: Workspace) -> tuple[RetrainRun, list[StepRow]]:
    with connect(workspace.url) as connection:
        run = retraining.runs(connection, limit=1)[0]
        return run, retraining.steps(connection, run.id)


def _go(workspace: Workspace, asked: Asked | None = None) -> Any:
    return retrain(workspace, "small", ["complexity"], 5, lambda _: None, asked)


@pytest.mark.parametrize(
    ("source", "reason", "failure"),
    [
        ("raise RuntimeError('the disk is full')", "the disk is full", "error"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "kernel died", "dead kernel"),
        ("import sys; sys.exit(1)", "SystemExit", "error"),
        (
            "import os, signal; workspace.tracker.open('complexity_model', 'trial 00', {});"
            "os.kill(os.getpid(), signal.SIGKILL)",
            "kernel died",
            "dead kernel",
        ),
        ("import time; time.sleep(60)", "longer than 2 seconds", "timeout"),
    ],
    ids=["raised", "killed", "exited", "killed in a trial", "slow"],
)
def test_a_failing_notebook_stops_the_run_and_is_kept(
    source: str,
    reason: str,
    failure: str,
    workspace: Workspace,
    filled: Bench,
    books: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _before_recording(books, source)
    models, failed = _models(filled), _runs(workspace, "FAILED")
    limited = _open(monkeypatch, cell_seconds=2) if failure == "timeout" else workspace
    with pytest.raises(NotebookFailed, match=reason) as caught:
        _go(limited)
    assert Path(str(caught.value.fields["output"])).is_file()
    assert _models(filled) == models
    assert len(_runs(workspace, "FAILED") - failed) == 2 + ("trial" in source)
    assert _runs(workspace, "RUNNING") == set()
    run, steps = _newest(workspace)
    assert (run.state, run.failure) == ("failed", failure)
    assert [(step.state, step.failure) for step in steps] == [("finished", None), ("failed", failure)]


def test_a_dead_kernel_is_tried_again_beside_what_it_left(
    workspace: Workspace, filled: Bench, books: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    once = f"import os, pathlib; mark = pathlib.Path({str(tmp_path / 'mark')!r})\n"
    _before_recording(books, once + "if not mark.exists(): mark.touch(); os.kill(os.getpid(), 9)")
    models = _models(filled)
    done = _go(_open(monkeypatch, retries=1))
    assert _models(filled) == models + 1
    _, steps = _newest(workspace)
    tried = [step for step in steps if step.notebook == TRAIN]
    assert [(step.attempt, step.state) for step in tried] == [(1, "failed"), (2, "finished")]
    assert [Path(step.output_path).parent for step in tried] == [done.folder, done.folder / "attempt-2"]
    assert all(Path(step.output_path).is_file() for step in tried)
    assert [workspace.tracker.status(step.mlflow_run_id) for step in tried] == ["FAILED", "FINISHED"]


def test_a_notebook_has_a_time_limit_and_what_it_finished_stands(
    workspace: Workspace, filled: Bench, books: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _before_recording(books, "import time; time.sleep(120)")
    with pytest.raises(NotebookFailed, match="longer than 8 seconds"):
        _go(_open(monkeypatch, notebook_seconds=8))
    assert _newest(workspace)[0].failure == "timeout"
    assert _runs(workspace, "RUNNING") == set()


def test_one_that_is_cancelled_stops_and_goes_on_only_when_told_to(
    workspace: Workspace, filled: Bench, books: Path, tmp_path: Path
) -> None:
    once = f"import pathlib, time; mark = pathlib.Path({str(tmp_path / 'mark')!r})\n"
    _before_recording(books, once + "if not mark.exists(): mark.touch(); time.sleep(600)")
    ended = threading.Thread(target=_cancel_at, args=(workspace, tmp_path / "mark"))
    ended.start()
    with pytest.raises(RetrainCancelled, match="--resume"):
        _go(workspace)
    ended.join()
    run, steps = _newest(workspace)
    assert (run.state, [step.state for step in steps]) == ("cancelled", ["finished", "cancelled"])
    killed = [str(run.mlflow_run_id), steps[-1].mlflow_run_id]
    assert [workspace.tracker.status(each) for each in killed] == ["KILLED", "KILLED"]
    done = _go(workspace, Asked(resume=run.id))
    assert (done.retraining, done.run_id, done.resumed) == (run.id, run.mlflow_run_id, True)
    assert [(step.notebook[:2], step.state) for step in _newest(workspace)[1]] == [
        ("01", "finished"),
        ("03", "cancelled"),
        ("03", "finished"),
        ("06", "finished"),
    ]
    assert workspace.tracker.status(done.run_id) == "FINISHED"


def _cancel_at(workspace: Workspace, mark: Path) -> None:
    while not mark.exists():
        time.sleep(0.1)
    assert cancel(workspace, _newest(workspace)[0].id, 60).state == "cancelled"


def test_a_second_retraining_is_told_who_holds_the_first(workspace: Workspace, filled: Bench, books: Path) -> None:
    _before_recording(books, "import time; time.sleep(600)")
    with _start(filled, books) as first:
        _until(first, "03_train")
        with pytest.raises(RetrainBusy, match=str(first.pid)):
            retrain(workspace, "small", ["complexity"], 0.1, lambda _: None)
        first.terminate()
        said = first.communicate()[1]
    assert first.returncode == 130, said
    assert _runs(workspace, "RUNNING") == set()


def test_after_a_kill_in_the_middle_the_same_command_goes_on_where_it_stopped(
    workspace: Workspace, filled: Bench, books: Path
) -> None:
    with _start(filled, books) as victim:
        _until(victim, "03_train")
        time.sleep(3)
        os.killpg(victim.pid, signal.SIGKILL)
    assert len(_runs(workspace, "RUNNING")) == 2
    models = _models(filled)
    done = _go(workspace)
    assert (done.resumed, len(done.swept)) == (True, 2)
    assert _runs(workspace, "RUNNING") == set()
    assert _models(filled) == models + 1
    first = [step.attempt for step in _newest(workspace)[1] if step.notebook.startswith("01")]
    assert first == [1]


def _start(bench: Bench, books: Path) -> subprocess.Popen[str]:
    words = ["retrain", "--dataset-version", "small", "--models", "complexity"]
    command = [sys.executable, "-c", RUNNER, str(books), *words]
    return subprocess.Popen(command, env=bench.env, start_new_session=True, **QUIET)


def _until(process: subprocess.Popen[str], word: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if word in line:
            return
    raise AssertionError(f"the process ended without saying {word!r}")
