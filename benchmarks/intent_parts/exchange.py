"""What goes to the process of a contender and what comes back, by files.

Needs nothing but the standard library and numpy: drivers run it in environments that have no workbench. A task is a
folder with ``task.json`` and one folder a part: ``train.csv`` (text, label), ``words.csv`` (what the labels are called:
text, label), ``test.csv`` (text), and ``vectors.npz`` (train, test, words: embeddings). Answers lie beside them as
``answers.npz`` and ``answers.json``; ``result.json`` says what the whole process took.
"""

from __future__ import annotations

import csv
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import numpy as np

csv.field_size_limit(sys.maxsize)
# Columns of the vectors: drivers in other environments cannot ask the workbench for them.
EMBEDDING, LAYERS = slice(0, 384), slice(384, None)


@dataclass(frozen=True)
class Words:
    texts: list[str]
    labels: np.ndarray
    vectors: np.ndarray
    layers: np.ndarray


@dataclass(frozen=True)
class Part:
    """``train_labels`` are dotted paths; ``words`` are what labels are called. ``options``: seed, out_of_scope, encoder
    (a folder), and what the contender takes besides."""

    train_texts: list[str]
    train_labels: np.ndarray
    test_texts: list[str]
    train_vectors: np.ndarray
    test_vectors: np.ndarray
    train_layers: np.ndarray
    test_layers: np.ndarray
    options: dict[str, Any]
    words: Words


@dataclass
class Answers:
    """``probabilities`` of shape (rows, classes), if the contender states any; ``outside`` are scores by name, higher
    is further out of scope; ``further`` is whatever else, as JSON."""

    predicted: np.ndarray
    classes: np.ndarray
    probabilities: np.ndarray | None = None
    outside: dict[str, np.ndarray] = field(default_factory=dict)
    further: dict[str, Any] = field(default_factory=dict)


class Contender(Protocol):
    """``fit`` and ``predict`` are measured, ``further`` is not."""

    def fit(self, part: Part) -> None: ...

    def predict(self, part: Part) -> Answers: ...

    def further(self, part: Part, answers: Answers) -> None: ...


def write_part(folder: Path, train: tuple[Any, Any, Any], test: tuple[Any, Any], words: tuple[Any, Any, Any]) -> None:
    """``train`` and ``words`` are texts, labels and vectors, ``test`` texts and vectors."""
    folder.mkdir(parents=True)
    _write_csv(folder / "train.csv", {"text": train[0], "label": train[1]})
    _write_csv(folder / "test.csv", {"text": test[0]})
    _write_csv(folder / "words.csv", {"text": words[0], "label": words[1]})
    np.savez(folder / "vectors.npz", train=train[2], test=test[1], words=words[2])


def read_answers(folder: Path) -> tuple[Answers, dict[str, float]]:
    """The answers of one part, and its seconds."""
    said = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    with np.load(folder / "answers.npz") as arrays:
        outside = {name.removeprefix("outside "): arrays[name] for name in arrays if name.startswith("outside ")}
        probabilities = arrays.get("probabilities")
        answers = Answers(arrays["predicted"], arrays["classes"], probabilities, outside, said["further"])
    return answers, said["seconds"]


def serve(make: Callable[[dict[str, Any]], Contender], packages: tuple[str, ...]) -> None:
    """Do the task in the folder that the command line names, with a new contender a part."""
    folder = Path(sys.argv[1])
    options = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    before = memory_now()
    for place in sorted(folder.glob("[0-9]*")):
        part = _read_part(place, options)
        contender = make(options)
        fit = measured(lambda: contender.fit(part))  # noqa: B023
        predict = measured(lambda: contender.predict(part))  # noqa: B023
        answers = predict.pop("result")
        peak = memory_peak()
        contender.further(part, answers)
        seconds = {f"fit_{name}": value for name, value in fit.items() if name != "result"}
        _write_answers(place, answers, seconds | {f"predict_{name}": value for name, value in predict.items()})
    result = {
        "memory_before_mb": before,
        "memory_peak_mb": peak,
        "packages": {name: metadata.version(name) for name in packages},
        "threads": os.environ.get("OMP_NUM_THREADS", "as many as cores"),
    }
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


def memory_peak() -> float:
    """MB at most so far, of this process.

    Where Linux says it, of this program alone: getrusage's figure starts at what the process that started it held.
    """
    return _status("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory_now() -> float:
    return _status("VmRSS") or memory_peak()


def _status(name: str) -> float:
    path = Path("/proc/self/status")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return next((float(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:")), 0.0)


def measured(do: Callable[[], Any]) -> dict[str, Any]:
    """``seconds`` by the clock, ``cpu_seconds`` of all threads and child processes, and the ``result``."""
    cpu, started = _cpu(), time.perf_counter()
    result = do()
    return {"seconds": time.perf_counter() - started, "cpu_seconds": _cpu() - cpu, "result": result}


def _cpu() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _read_part(folder: Path, options: dict[str, Any]) -> Part:
    train, test, said = (_read_csv(folder / f"{name}.csv") for name in ("train", "test", "words"))
    with np.load(folder / "vectors.npz") as vectors:
        labels = np.array([row["label"] for row in train], dtype=object)
        texts = ([row["text"] for row in train], [row["text"] for row in test])
        both = [vectors[name][:, part] for part in (EMBEDDING, LAYERS) for name in ("train", "test")]
        found = vectors["words"]
        named = [row["text"] for row in said], np.array([row["label"] for row in said], dtype=object)
        words = Words(*named, found[:, EMBEDDING], found[:, LAYERS])
        return Part(texts[0], labels, texts[1], *both, options, words)


def _write_answers(folder: Path, answers: Answers, seconds: dict[str, float]) -> None:
    arrays = {"predicted": answers.predicted.astype(str), "classes": answers.classes.astype(str)}
    if answers.probabilities is not None:
        arrays["probabilities"] = answers.probabilities
    arrays |= {f"outside {name}": score for name, score in answers.outside.items()}
    np.savez(folder / "answers.npz", **arrays)
    said = {"seconds": seconds, "further": answers.further}
    (folder / "answers.json").write_text(json.dumps(said), encoding="utf-8")


def _write_csv(path: Path, columns: dict[str, Any]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def _read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
