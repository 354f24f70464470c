"""Notebooks that fail, kernels that die, runners that are killed: nothing half-written, nothing left RUNNING."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest

from conftest import PROGRAM, Bench
from workbench.errors import NotebookFailed, NotebookParameterUnknown, RetrainBusy
from workbench.jobs import notebook
from workbench.jobs.retrain import retrain
from workbench.jobs.workspace import Workspace, open_workspace
from workbench.resources import shipped

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def filled(bench: Bench, small_corpus: Path) -> Bench:
    bench.run("db", "migrate")
    bench.run("import", str(small_corpus), "--dataset-version", "small")
    bench.run("embed")
    return bench


@pytest.fixture
def workspace(filled: Bench, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    for name, value in filled.env.items():
        monkeypatch.setenv(name, value)
    return open_workspace()


def _with_last_cell(folder: Path, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the notebooks in which 03 runs ``source`` right before it records."""
    folder.mkdir()
    for path in shipped("notebooks").glob("*.ipynb"):
        book = nbformat.read(path, 4)
        if path.name.startswith("03"):
            book.cells[-1].source = source
        nbformat.write(book, folder / path.name)
    monkeypatch.setattr(notebook, "shipped", lambda _, name: folder / name)


def _runs(workspace: Workspace, status: str) -> set[str]:
    client = workspace.tracker.client
    everywhere = [experiment.experiment_id for experiment in client.search_experiments()]
    return {run.info.run_id for run in client.search_runs(everywhere, f"attributes.status = '{status}'")}


def _models(bench: Bench) -> int:
    ((count,),) = bench.rows("SELECT count(*) FROM ml_model_performance")
    return int(count)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('the disk is full')", "the disk is full"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "kernel died"),
        ("import sys; sys.exit(1)", "SystemExit"),
        (
            "import os, signal; workspace.tracker.open('complexity_model', 'trial 00', {});"
            "os.kill(os.getpid(), signal.SIGKILL)",
            "kernel died",
        ),
    ],
    ids=["raised", "killed", "exited", "killed in a trial"],
)
def test_a_failing_notebook_stops_the_run_and_is_kept(
    source: str, reason: str, workspace: Workspace, filled: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_last_cell(tmp_path / "books", source, monkeypatch)
    models, failed = _models(filled), _runs(workspace, "FAILED")
    with pytest.raises(NotebookFailed, match=reason) as caught:
        retrain(workspace, "small", ["complexity"], 5, lambda _: None)
    assert Path(str(caught.value.fields["output"])).is_file()
    assert _models(filled) == models
    assert len(_runs(workspace, "FAILED") - failed) == 2 + ("trial" in source)
    assert _runs(workspace, "RUNNING") == set()


def test_an_unknown_parameter_is_refused_before_the_kernel_starts() -> None:
    with pytest.raises(NotebookParameterUnknown, match="passwort"):
        notebook.check_parameters("02_train_intent_classifier", {"passwort": "x"})


def test_a_second_retraining_is_told_who_holds_the_first(workspace: Workspace, filled: Bench) -> None:
    with subprocess.Popen([PROGRAM, "retrain", "--dataset-version", "small"], env=filled.env, **QUIET) as first:
        _until(first, "1/")
        with pytest.raises(RetrainBusy, match=str(first.pid)):
            retrain(workspace, "small", ["complexity"], 0.1, lambda _: None)
        first.terminate()


def test_after_a_kill_in_the_middle_the_next_retraining_completes(workspace: Workspace, filled: Bench) -> None:
    words = [PROGRAM, "retrain", "--dataset-version", "small", "--models", "complexity"]
    with subprocess.Popen(words, env=filled.env, start_new_session=True, **QUIET) as victim:
        _until(victim, "03_train")
        time.sleep(3)
        os.killpg(victim.pid, signal.SIGKILL)
    assert len(_runs(workspace, "RUNNING")) == 2
    models = _models(filled)
    done = filled.json("retrain", "--dataset-version", "small", "--models", "complexity")
    assert len(done["swept"]) == 2
    assert _runs(workspace, "RUNNING") == set()
    assert _models(filled) == models + 1


QUIET: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}


def _until(process: subprocess.Popen[str], word: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if word in line:
            return
    raise AssertionError(f"the process ended without saying {word!r}")
