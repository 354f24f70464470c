"""Promise: an intent classifier of 1,000 intents and 100,000 training prompts fits and answers within 6 GiB.

Each case is a process of its own on synthetic prompts (benchmarks/made_up_intents.py); the peak of resident memory is
what the kernel counted for it, data, libraries and all. Prints and keeps seconds and peak of every step beside the
promise.

    python benchmarks/intent_scale.py --rows 16000 --intents 200 --budgets standard
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PROMISE_GIB = 6.0
BUDGETS = ("quick", "standard")
STEPS = ("data", "fit", "predict", "predict_proba", "predict_set", "decide", "out_of_scope_score", "save", "judge")
TEST_ROWS = 20_000


def steps_of(given: argparse.Namespace) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Everything that a case does, one after the other: probabilities for as many rows as it was fitted on, sets and
    decisions for the test rows."""
    import made_up_intents as made_up
    import numpy as np
    from skops import io

    from workbench.evaluation.judge import judge_intent
    from workbench.models.build import labels_of
    from workbench.models.intent_pipeline import intent_pipeline
    from workbench.records import Examples, Fitted, Split

    held: dict[str, Any] = {}

    def data() -> None:
        labels = made_up.paths(given.intents)
        held["train"] = made_up.prompts(given.rows, labels, seed=1, words=given.words)
        held["test"] = made_up.prompts(min(given.rows, TEST_ROWS), labels, seed=2, words=given.words)

    def fit() -> None:
        held["model"] = intent_pipeline(budget=given.case).fit(held["train"].X, held["train"].y)

    def method(name: str, part: str) -> Callable[[], int]:
        return lambda: len(_ask(held["model"], name, held[part].X))

    def judge() -> float:
        parts = [Examples(p.X, p.y, tuple(map(str, range(len(p.y))))) for p in (held["train"], held["test"])]
        fitted = Fitted(held["model"], labels_of(held["model"]), 0.0)
        neighbour = np.random.default_rng(0).permutation(held["test"].y)
        return judge_intent(fitted, Split(*parts), neighbour, 0).accuracy

    yield "data", data
    yield "fit", fit
    for name in ("predict", "predict_proba"):
        yield name, method(name, "train")
    for name in ("predict_set", "decide", "out_of_scope_score"):
        yield name, method(name, "test")
    yield "save", lambda: len(io.dumps(held["model"]))
    yield "judge", judge


def _ask(model: Any, name: str, X: Any) -> Any:
    """A method of the pipeline's last step on the raw prompts; scikit-learn hands on only those that it knows."""
    return getattr(model[-1], name)(model[:-1].transform(X))


def peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def forget_peak() -> None:
    """On Linux the count of the peak can begin anew, so that each step has its own; elsewhere it only ever rises."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")


def run_case(given: argparse.Namespace) -> None:
    """In a process of its own: one JSON line a step."""
    for name, work in steps_of(given):
        if name not in (*given.steps, "data", "fit"):
            continue
        forget_peak()
        started = time.perf_counter()
        answer = work()
        seconds = round(time.perf_counter() - started, 1)
        line = {"step": name, "seconds": seconds, "peak_gib": round(peak_gib(), 3), "answer": answer}
        print(json.dumps(line), flush=True)


def cases(given: argparse.Namespace) -> list[dict[str, Any]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    found = []
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns) as progress:
        for budget in given.budgets:
            bar = progress.add_task(budget, total=len({"data", "fit", *given.steps}))
            words = [sys.executable, __file__, "--case", budget, "--rows", str(given.rows)]
            words += ["--intents", str(given.intents), "--words", str(given.words), "--steps", *given.steps]
            steps = []
            with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
                assert child.stdout is not None
                for line in child.stdout:
                    step = json.loads(line)
                    steps.append(step)
                    said = f"{step['step']:<20} {step['seconds']:8.1f} s  peak {step['peak_gib']:6.2f} GiB"
                    progress.console.print(f"{budget:<10} {said}", highlight=False)
                    progress.advance(bar)
            if child.returncode:
                raise SystemExit(f"{budget}: the process ended with {child.returncode} after {len(steps)} steps")
            peak = max(step["peak_gib"] for step in steps)
            found.append({"budget": budget, "peak_gib": peak, "met": peak <= PROMISE_GIB, "steps": steps})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--intents", type=int, default=1_000)
    parser.add_argument("--words", type=int, default=12, help="median number of words a prompt")
    parser.add_argument("--budgets", nargs="+", choices=BUDGETS, default=list(BUDGETS))
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    parser.add_argument("--case", choices=BUDGETS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.case:
        run_case(given)
        return
    load = os.getloadavg()[0]
    result = {
        "what": "seconds and peak resident memory of an intent classifier, step by step, on synthetic prompts",
        "data": "synthetic",
        "rows": given.rows,
        "intents": given.intents,
        "words": given.words,
        "promise_gib": PROMISE_GIB,
        "cases": cases(given),
        "machine": {
            "cores": os.cpu_count(),
            "threads": os.environ.get("OMP_NUM_THREADS", "all"),
            "load_before": round(load, 2),
            "platform": platform.platform(),
            "python": platform.python_version(),
        },
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    target = Path(__file__).with_name("results") / "intent_scale.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    for case in result["cases"]:
        verdict = "kept" if case["met"] else "BROKEN"
        print(f"{case['budget']}: peak {case['peak_gib']:.2f} GiB, promise of {PROMISE_GIB:g} GiB {verdict}")


if __name__ == "__main__":
    main()
