"""A home with a server of its own, a retraining in it that anybody may kill, and what must not have come of it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import nbformat

from workbench.db.server import LocalServer
from workbench.resources import shipped

Target = Literal["runner", "kernel", "postgresql"]
TARGETS: tuple[Target, ...] = ("runner", "kernel", "postgresql")
VERSION = "made-up"
WORDS = {
    1: "cat dog horse rabbit sparrow eagle trout salmon beetle spider tiger goat sheep hamster otter badger crow frog",
    3: "pancake omelette porridge muffin risotto goulash dumpling curry paella waffle quiche stew bread noodle salad "
    "pudding biscuit chowder",
    5: "theorem integral tensor manifold entropy proton eigenvalue topology lemma quark divergence matrix polynomial "
    "determinant neutrino gradient boson conjecture",
}
PLACES = "Lisbon Oslo Cairo Lima Dublin Kyoto Boston Prague Nairobi Havana Delhi Madrid".split()
PEOPLE = "a baker;a pilot;two nurses;my uncle;the mayor;a young singer;an old sailor;her lawyer;some tourists".split(
    ";"
)

# The shipped notebooks without what only shows: starting three kernels takes long enough.
SLIM = {
    "01_explore_training_data": ["print(explore.overview(data.load(open_database(), dataset_version)))"],
    "03_train_complexity_model": [
        "workspace = open_workspace()\nrun = workspace.claim('complexity_model', 'slim', run_id)",
        "recipe = Recipe('complexity_model', dataset_version, seed)",
        "training_set = data.load(workspace.url, dataset_version)\ntechniques = data.load_techniques(workspace.url)",
        "split = data.split(training_set, recipe, techniques)\nfitted = training.fit(recipe, split, techniques)",
        "report = training.judge(workspace.url, recipe, fitted, split, training_set)",
        "reference = training.record(workspace.tracker, run.run_id, recipe, training_set, fitted, report, {})",
        "training.write_back(workspace.url, recipe, training_set, report, reference)",
    ],
    "06_compare_and_promote": [
        "workspace = open_workspace()\nchosen = [SHORT_NAMES[name] for name in models.split(',')]",
        "verdicts = [promote.consider(workspace, model_type, dataset_version) for model_type in chosen]",
        "print([promote.promote(workspace, verdict) for verdict in verdicts])",
    ],
}
IMPORTS = {
    "01_explore_training_data": "from workbench.jobs import data, explore\n"
    "from workbench.jobs.workspace import open_database",
    "03_train_complexity_model": "from workbench.jobs import data, training\nfrom workbench.records import Recipe\n"
    "from workbench.jobs.workspace import open_workspace",
    "06_compare_and_promote": "from workbench.jobs import promote\nfrom workbench.records import SHORT_NAMES\n"
    "from workbench.jobs.workspace import open_workspace",
}
# The command line, with notebooks from another folder where one is named.
RUNNER = """
import sys
from pathlib import Path
from workbench.cli.main import main
from workbench.jobs import notebook
folder = sys.argv.pop(1)
if folder:
    notebook.shipped = lambda _, name: Path(folder) / name
main()
"""


def corpus(folder: Path) -> Path:
    """SYNTHETIC prompts in which a word decides the level, and other words than those learnt from decide the test."""
    draw = random.Random(1)
    (folder / "prompts").mkdir(parents=True)
    for path in shipped("data", "starter").glob("*.yaml"):
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    rows = []
    for level, text in WORDS.items():
        words = text.split()
        for number in range(65):
            split = "train" if number < 40 else "test"
            word = words[number % 10] if split == "train" else words[10 + number % (len(words) - 10)]
            told = f"In {draw.choice(PLACES)}, {draw.choice(PEOPLE)} told {draw.choice(PEOPLE)} about the {word} once"
            row = {"text": told, "primary": "creative", "secondary": [], "complexity": level, "techniques": []}
            rows.append(json.dumps(row | {"split": split}))
    (folder / "prompts" / "made_up.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def slim_notebooks(folder: Path) -> Path:
    folder.mkdir()
    for name, sources in SLIM.items():
        book = nbformat.read(shipped("notebooks", f"{name}.ipynb"), 4)
        tagged = [cell for cell in book.cells if "parameters" in cell.metadata.get("tags", [])]
        book.cells = tagged + [nbformat.v4.new_code_cell(source) for source in (IMPORTS[name], *sources)]
        nbformat.write(book, folder / f"{name}.ipynb")
    return folder


@dataclass(frozen=True)
class World:
    """``notebooks`` is a folder, or empty for the shipped ones."""

    home: Path
    notebooks: str

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
        return kept | {"WORKBENCH_HOME": str(self.home), "PYTHONWARNINGS": "ignore"}

    def start(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", RUNNER, self.notebooks, *words]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(command, env=self.env, start_new_session=True, **pipes)

    def run(self, *words: str) -> str:
        with self.start(*words) as process:
            said, _ = process.communicate(timeout=600)
        assert process.returncode == 0, said
        return said

    def retrain(self) -> subprocess.Popen[str]:
        return self.start("retrain", "--dataset-version", VERSION, "--models", "complexity", "--wait", "120")

    def kernels(self) -> list[int]:
        """Every living kernel of this home."""
        mark, found = f"WORKBENCH_HOME={self.home}".encode(), []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                is_kernel = b"ipykernel_launcher" in (folder / "cmdline").read_bytes()
                if is_kernel and mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
            except OSError:
                continue
        return found

    def kill(self, target: Target, runner: subprocess.Popen[str]) -> bool:
        """False where there is nothing of the kind, which may come yet."""
        pids = [runner.pid] if target == "runner" else self.kernels()
        if target == "postgresql":
            found = LocalServer(self.home).running()
            pids = [found.pid] if found else []
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                return False
        return bool(pids)


def retrain_and_kill(world: World, target: Target, after: float) -> tuple[bool, str]:
    """Whether the target was hit ``after`` so many seconds (or when it came), and what the retraining said."""
    runner = world.retrain()
    deadline = time.monotonic() + after
    hit = False
    while runner.poll() is None and not hit:
        time.sleep(0.02)
        hit = time.monotonic() >= deadline and world.kill(target, runner)
    said, _ = runner.communicate(timeout=600)
    return hit, f"exit code {runner.returncode}: {said}"
