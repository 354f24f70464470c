"""One measurement: a contender on the splits of one seed, in a process of its own."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import workbench
from intent_parts import environments, ours
from intent_parts.blocks import BLOCKS
from intent_parts.environments import Unavailable
from intent_parts.exchange import read_answers, write_part
from intent_parts.judging import rows_of, scores_of
from intent_parts.sets import OUT_OF_SCOPE
from intent_parts.splits import by_the_file, few, split
from workbench.jobs.encoder import find_encoder
from workbench.settings import read_settings

HERE = Path(__file__).resolve().parent
PACKAGE = Path(workbench.__file__).parent
RIVALS = ("hiclass", "autointent", "setfit")
OPTIONS: dict[str, dict[str, Any]] = {"hiclass": {"strengths": [1.0, 10.0, 100.0]}, "setfit": {"iterations": 5}}


@dataclass(frozen=True)
class Job:
    """``block`` is a name of ``BLOCKS``; ``splits`` is their number for the seed."""

    set_name: str
    block: str
    seed: int
    contender: str
    splits: int = 1

    @property
    def key(self) -> str:
        return f"{self.set_name} {self.block} {self.seed} {self.contender}"


def digest(job: Job, frame: pd.DataFrame) -> str:
    """Of the rows and of the code that the result depends on: a result is used again only while neither changes."""
    found = hashlib.sha256(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    shared = [HERE / f"{name}.py" for name in ("exchange", "splits", "judging")]
    for path in [*shared, *_code(job.contender)]:
        found.update(path.read_bytes())
    found.update(json.dumps([job.key, job.splits, OPTIONS.get(job.contender)]).encode())
    return found.hexdigest()[:16]


@dataclass(frozen=True)
class Vectors:
    """Of the rows of a frame, and of what its ``labels`` are ``called``."""

    rows: np.ndarray
    labels: list[str]
    called: list[str]
    words: np.ndarray


def run(job: Job, frame: pd.DataFrame, vectors: Vectors, cache: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    """What was measured, and one row a tested prompt.

    Raises:
        Unavailable: the contender cannot run here, ended with an error, or its code changed meanwhile.
    """
    command, env = _command(job, cache)
    before = digest(job, frame)
    texts, labels = frame["text"].to_numpy(), frame["label"].to_numpy()
    seeds = [[job.seed, repeat] for repeat in range(job.splits)]
    if "tested" in frame:
        rows = [by_the_file(texts, frame["tested"].to_numpy(bool))]
    else:
        rows = [split(texts, labels, seed) for seed in seeds]
    pools = [len(part.train) for part in rows]
    block = BLOCKS[job.block]
    if block.most is not None:
        rows = [few(part, labels, seed, block.most) for part, seed in zip(rows, seeds, strict=True)]
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as name:
        folder = Path(name)
        options = {"contender": job.contender, "seed": job.seed, "out_of_scope": OUT_OF_SCOPE}
        options |= {"encoder": str(find_encoder(read_settings()).folder), **OPTIONS.get(job.contender, {})}
        (folder / "task.json").write_text(json.dumps(options), encoding="utf-8")
        for number, part in enumerate(rows):
            train = texts[part.train], labels[part.train], vectors.rows[part.train]
            said = len(vectors.called) if block.named else 0
            words = vectors.called[:said], vectors.labels[:said], vectors.words[:said]
            write_part(folder / f"{number:03d}", train, (texts[part.test], vectors.rows[part.test]), words)
        _call([*command, str(folder)], folder, env)
        process = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        answers = [read_answers(folder / f"{number:03d}") for number in range(len(rows))]
    if digest(job, frame) != before:
        raise Unavailable("its code was edited while it ran; measure in a checkout that nobody edits")
    splits, tables = [], []
    for number, (part, (found, seconds)) in enumerate(zip(rows, answers, strict=True)):
        truth = labels[part.test]
        sizes = {"train_rows": len(part.train), "pool_rows": pools[number], "chosen": found.further.get("chosen")}
        splits.append(sizes | seconds | scores_of(found, truth, set(labels[part.train])))
        tables.append(rows_of(found, truth, part.test, f"{job.seed}.{number}"))
    result = {"key": job.key, "seed": job.seed, "digest": before, "splits": splits, **process}
    result |= {"load": round(os.getloadavg()[0], 2), "at": datetime.now(UTC).isoformat(timespec="seconds")}
    return result, pd.concat(tables, ignore_index=True)


def _code(contender: str) -> list[Path]:
    if contender in RIVALS:
        return [environments.driver(contender), environments.pins(contender)]
    if contender not in ours.NAMES:
        return [HERE / "baselines.py"]
    rooms = (PACKAGE / room for room in ours.ROOMS)
    return [HERE / "ours.py", *(path for room in rooms for path in sorted(room.glob("*.py")))]


def _command(job: Job, cache: Path) -> tuple[list[str], dict[str, str]]:
    if job.contender in RIVALS:
        python = environments.python_of(job.contender, cache)
        return [str(python), str(environments.driver(job.contender))], environments.environment(with_workbench=False)
    if job.contender in ours.NAMES and not ours.known(job.contender):
        raise Unavailable("this version of the workbench has no such budget")
    return [sys.executable, "-m", "intent_parts.contender"], environments.environment(with_workbench=True)


def _call(command: list[str], folder: Path, env: dict[str, str]) -> None:
    """Whatever a rival keeps, it keeps in the task's folder: nothing is warm for the next one."""
    env = env | {"XDG_CACHE_HOME": str(folder / "cache.d"), "HF_HOME": str(folder / "cache.d" / "hf")}
    log = folder / "log.txt"
    with log.open("w", encoding="utf-8") as said:
        code = subprocess.run(command, cwd=folder, env=env, stdout=said, stderr=subprocess.STDOUT).returncode
    if code:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise Unavailable(f"it ended with exit code {code}: {' / '.join(lines[-2:]) if lines else 'nothing said'}")
