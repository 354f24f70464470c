"""Promise: beside hiclass at least equal on a rectangular taxonomy and far better on a ragged one, beside a flat
classifier with the same head never worse.

Each taxonomy is learned by our classifier, by hiclass' local classifier per parent node and by a flat one, all with
logistic regression and each with its own C, chosen on training rows by the same folds; and by our kernel head. hiclass
as it is never stops at a node that has children; it is also given a taxonomy in which every label that is no leaf has a
made-up leaf for "stop here". Two taxonomies have synthetic vectors, the third is the starter corpus, embedded.
Prints one JSON object: exact paths and hierarchical F1 with 95 % intervals, differences on the same test rows, and over
the seeds their mean with the t interval. hiclass runs in an environment of its own, which is made at the first use.

    python benchmarks/rivals/hiclass_compare.py --seeds 5
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HICLASS = "hiclass==5.0.8"
STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0)
FOLDS = 3
DIMENSIONS = 48
SCATTER = {"rectangular": 0.5, "ragged": 0.5}
ROWS_A_LABEL = {"train": 12, "test": 12}
TEST_SHARE = 3
STOP = "stop!"
Data = dict[str, np.ndarray]


# what both environments need: the folds and the choice of C


def chosen_strength(data: Data, seed: int, answer: Callable[[Data, float], np.ndarray]) -> float:
    """The C with the most exact paths on held-out folds of the training rows; the smallest of equals."""
    rows = np.random.default_rng(seed).permutation(len(data["y"]))
    hits = dict.fromkeys(STRENGTHS, 0)
    for fold in range(FOLDS):
        held, seen = rows[fold::FOLDS], np.concatenate([rows[n::FOLDS] for n in range(FOLDS) if n != fold])
        part = {"X": data["X"][seen], "y": data["y"][seen], "test_X": data["X"][held]}
        for strength in STRENGTHS:
            hits[strength] += int(np.sum(answer(part, strength) == data["y"][held]))
    return max(STRENGTHS, key=lambda strength: (hits[strength], -strength))


def logistic(strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=1000)


# inside the environment of hiclass


def by_hiclass(data: Data, strength: float) -> np.ndarray:
    """The deepest node of each predicted path."""
    return _by_hiclass(data, strength, "")


def by_hiclass_with_stops(data: Data, strength: float) -> np.ndarray:
    return _by_hiclass(data, strength, STOP)


def _by_hiclass(data: Data, strength: float, stop: str) -> np.ndarray:
    from hiclass import LocalClassifierPerParentNode

    depth = max(label.count(".") + 1 for label in data["y"])
    paths = np.array([levels(label, depth, stop) for label in data["y"]])
    found = LocalClassifierPerParentNode(local_classifier=logistic(strength)).fit(data["X"], paths)
    predicted = np.asarray(found.predict(data["test_X"])).reshape(len(data["test_X"]), depth)
    return np.array([[node for node in row if node and STOP not in node][-1] for row in predicted])


def levels(label: str, depth: int, stop: str) -> list[str]:
    segments = label.split(".")
    below = [f"{label}.{stop}{level}" if stop else "" for level in range(len(segments), depth)]
    return [".".join(segments[: level + 1]) for level in range(len(segments))] + below


IN_HICLASS = {"hiclass, logistic": by_hiclass, "hiclass with stops, logistic": by_hiclass_with_stops}


def inside(folder: Path, seed: int) -> None:
    for path in sorted(folder.glob("*.npz")):
        data = dict(np.load(path))
        found = {name: by(data, chosen_strength(data, seed, by)) for name, by in IN_HICLASS.items()}
        path.with_suffix(".json").write_text(json.dumps({name: list(map(str, y)) for name, y in found.items()}))


# in ours


def rectangular() -> list[str]:
    """6 x 4 x 4 labels, all of them three levels deep."""
    return [f"r{root}.i{inner}.l{leaf}" for root in range(6) for inner in range(4) for leaf in range(4)]


def ragged() -> list[str]:
    """Labels at roots, at inner nodes and at leaves, branches of one to four levels, only children among them."""
    found = []
    for root in range(8):
        found.append(f"r{root}")
        for inner in range(root % 4 + 1):
            found.append(f"r{root}.i{inner}")
            found += [f"r{root}.i{inner}.l{leaf}" for leaf in range((root + inner) % 4)]
            found += [f"r{root}.i{inner}.l0.deep"] if (root + inner) % 4 else []
    return found


def synthetic(labels: list[str], scatter: float, seed: int) -> Data:
    """A node lies around its parent, each level half as far as the one before; rows around their label."""
    random = np.random.default_rng([seed, len(labels)])
    nodes = sorted({label.rsplit(".", cut)[0] for label in labels for cut in range(label.count(".") + 1)})
    points: dict[str, np.ndarray] = {}
    for node in nodes:
        above = points.get(node.rpartition(".")[0], np.zeros(DIMENSIONS))
        points[node] = above + random.normal(size=DIMENSIONS) / 2 ** node.count(".")
    made: Data = {}
    for part, rows in ROWS_A_LABEL.items():
        y = np.repeat(labels, rows)
        X = np.stack([points[label] for label in y]) + scatter * random.normal(size=(len(y), DIMENSIONS))
        made |= {"X": X, "y": y} if part == "train" else {"test_X": X, "test_y": y}
    return made


def starter(seed: int, cache: dict[str, np.ndarray]) -> Data:
    """The starter corpus, another third of it held out with every seed."""
    from workbench.resources import shipped

    if not cache:
        from workbench.features.embedding import embed
        from workbench.jobs.encoder import find_encoder
        from workbench.settings import read_settings

        files = sorted(shipped("data", "starter", "prompts").glob("*.jsonl"), key=lambda path: path.name)
        lines = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]
        cache["y"] = np.array([line["primary"] for line in lines])
        cache["X"] = np.empty((len(lines), 384), np.float32)
        for rows, vectors in embed([line["text"] for line in lines], find_encoder(read_settings())):
            cache["X"][rows] = vectors
    rows = np.random.default_rng(seed).permutation(len(cache["y"]))
    test, train = rows[: len(rows) // TEST_SHARE], rows[len(rows) // TEST_SHARE :]
    return {"X": cache["X"][train], "y": cache["y"][train], "test_X": cache["X"][test], "test_y": cache["y"][test]}


def by_ours(data: Data, strength: float) -> np.ndarray:
    from workbench.models.intent import HierarchicalIntentClassifier

    return HierarchicalIntentClassifier("logistic", strength).fit(data["X"], data["y"]).predict(data["test_X"])


def by_flat(data: Data, strength: float) -> np.ndarray:
    return logistic(strength).fit(data["X"], data["y"]).predict(data["test_X"])


def by_kernel(data: Data) -> np.ndarray:
    """Width from the data's own scale, penalty as in the pipelines."""
    from workbench.models.intent import HierarchicalIntentClassifier
    from workbench.models.kernel import View

    width = 1.0 / float(np.mean(np.square(data["X"] - data["X"].mean(axis=0)).sum(axis=1)))
    model = HierarchicalIntentClassifier("kernel", 0.1, (View(0, None, "rbf", 1.0, width),))
    return model.fit(data["X"], data["y"]).predict(data["test_X"])


def answers(data: Data, seed: int, hiclass: dict[str, list[str]]) -> dict[str, np.ndarray]:
    return {
        "ours, logistic": by_ours(data, chosen_strength(data, seed, by_ours)),
        "ours, kernel": by_kernel(data),
        "flat, logistic": by_flat(data, chosen_strength(data, seed, by_flat)),
        **{name: np.array(labels) for name, labels in hiclass.items()},
    }


def scores(truth: np.ndarray, predicted: np.ndarray, seed: int) -> dict[str, float]:
    from workbench.evaluation.intervals import share
    from workbench.evaluation.resampling import intervals
    from workbench.evaluation.weighted import hierarchical_of

    exact = share(int(np.sum(truth == predicted)), len(truth))
    f1 = {"f1": hierarchical_of(list(truth), list(predicted))["hierarchical_f1"]}
    found = {"exact": exact, "hierarchical_f1": intervals(f1, len(truth), seed)["f1"]}
    return {
        f"{name}{end}": round(value, 4)
        for name, interval in found.items()
        for end, value in (("", interval.point), ("_low", interval.low), ("_high", interval.high))
    }


def differences(truth: np.ndarray, found: dict[str, np.ndarray], seed: int) -> list[dict[str, Any]]:
    """Ours minus each other, on the same rows: exact paths (Tango's interval, McNemar's mid-p), hierarchical F1."""
    import pandas as pd

    from workbench.evaluation.paired import compare

    def table(predicted: np.ndarray) -> pd.DataFrame:
        frame = pd.DataFrame({"id": np.arange(len(truth)).astype(str), "truth": truth, "predicted": predicted})
        return frame.astype({"truth": object, "predicted": object}).assign(correct=truth == predicted)

    rows = []
    for ours in ("ours, logistic", "ours, kernel"):
        for theirs in ("flat, logistic", *IN_HICLASS):
            for one in compare(table(found[ours]), table(found[theirs]), seed):
                if one.metric in ("accuracy", "hierarchical_f1"):
                    numbers = {name: round(getattr(one, name), 4) for name in ("difference", "low", "high", "p_value")}
                    rows.append({"ours": ours, "theirs": theirs, "score": one.metric, **numbers})
    return rows


def over_seeds(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The mean of each difference over the seeds with its t interval, and in how many the paired interval is clear."""
    import pandas as pd
    from scipy.stats import t

    keys = ["taxonomy", "ours", "theirs", "score"]
    if len({case["seed"] for case in cases}) < 2:
        return []
    table = pd.DataFrame([{"taxonomy": case["taxonomy"], **row} for case in cases for row in case["differences"]])
    rows = []
    for names, part in table.groupby(keys, sort=False):
        mean, count = float(part["difference"].mean()), len(part)
        half = float(t.ppf(0.975, count - 1) * part["difference"].std(ddof=1) / count**0.5)
        clear = {"better": int((part["low"] > 0).sum()), "worse": int((part["high"] < 0).sum())}
        ends = {"low": round(mean - half, 4), "high": round(mean + half, 4)}
        rows.append({**dict(zip(keys, names, strict=True)), "mean": round(mean, 4), **ends, "seeds": count, **clear})
    return rows


def environment(given: str | None) -> Path:
    """The interpreter that has hiclass."""
    from platformdirs import user_cache_path

    if given:
        return Path(given)
    folder = user_cache_path("workbench") / "rivals" / HICLASS.replace("==", "-")
    if not (folder / ".ready").exists():
        print(f"making the environment of hiclass in {folder} ...", file=sys.stderr, flush=True)
        venv.create(folder, with_pip=True)
        subprocess.run(
            [folder / "bin" / "python", "-m", "pip", "install", "-q", HICLASS], check=True, stdout=sys.stderr
        )
        (folder / ".ready").touch()
    return folder / "bin" / "python"


def measure(python: Path, taxonomies: list[str], seeds: int) -> list[dict[str, Any]]:
    embeddings: dict[str, np.ndarray] = {}
    makers: dict[str, Callable[[int], Data]] = {
        "rectangular": lambda seed: synthetic(rectangular(), SCATTER["rectangular"], seed),
        "ragged": lambda seed: synthetic(ragged(), SCATTER["ragged"], seed),
        "starter": lambda seed: starter(seed, embeddings),
    }
    cases = []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as scratch:
            made = {name: makers[name](seed) for name in taxonomies}
            for name, data in made.items():
                np.savez(Path(scratch) / f"{name}.npz", **data)
            # The other environment has a scikit-learn of its own: nothing of this one's path may reach it.
            clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
            subprocess.run([python, __file__, "--inside", scratch, "--seeds", str(seed)], check=True, env=clean)
            hiclass = {name: json.loads((Path(scratch) / f"{name}.json").read_text()) for name in made}
        for name, data in made.items():
            found = answers(data, seed, hiclass[name])
            cases.append(
                {
                    "taxonomy": name,
                    "data": "starter corpus" if name == "starter" else "synthetic",
                    "seed": seed,
                    "labels": len(set(data["y"])),
                    "rows": {"train": len(data["y"]), "test": len(data["test_y"])},
                    "scores": {method: scores(data["test_y"], answer, seed) for method, answer in found.items()},
                    "differences": differences(data["test_y"], found, seed),
                }
            )
            exact = ", ".join(f"{method} {case['exact']:.3f}" for method, case in cases[-1]["scores"].items())
            print(f"{name}, seed {seed}: {exact}", file=sys.stderr, flush=True)
    return cases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = ["rectangular", "ragged", "starter"]
    parser.add_argument("--taxonomies", nargs="+", choices=kinds, default=kinds)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--python", help="an interpreter that has hiclass; without it one is made")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        inside(given.inside, given.seeds)
        return
    cases = measure(environment(given.python), given.taxonomies, given.seeds)
    result = {
        "what": "exact paths and hierarchical F1 beside hiclass and a flat classifier",
        "hiclass": HICLASS.partition("==")[2],
        "cases": cases,
        "over_seeds": over_seeds(cases),
        "machine": {"cores": os.cpu_count(), "platform": platform.platform(), "python": platform.python_version()},
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
