"""What is measured, in which order, and what is said at the end."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from intent_parts import sets as labelled
from intent_parts.blocks import BLOCKS
from intent_parts.compare import REFERENCE, on_one_split
from intent_parts.embeddings import embedded
from intent_parts.environments import Unavailable
from intent_parts.jobs import Job, Vectors, digest, run
from intent_parts.promises import print_promises, promises
from intent_parts.sets import LabelledSet
from intent_parts.store import Results, together
from intent_parts.summary import against_reference, contender_summary, ratios
from intent_parts.tables import print_set
from workbench.cli.output import progress, say

HICLASS = "hiclass cannot stop at an inner node: a row that is labelled with one is always answered wrongly."
STARRED = (
    "* embeds or fine-tunes by itself, so its seconds and memory hold the encoder; the others read stored vectors."
)


@dataclass(frozen=True)
class Plan:
    sets: list[LabelledSet]
    shared: Path
    seeds: int
    budgets: list[str]
    blocks: list[str]
    rivals: list[str]
    smoke: bool
    cache: Path
    out: Path

    @cached_property
    def results(self) -> Results:
        self.out.parent.mkdir(parents=True, exist_ok=True)
        return Results(self.out.with_suffix(".jsonl"))

    @cached_property
    def frames(self) -> dict[str, pd.DataFrame]:
        read = {one.name: labelled.read(one, self.shared) for one in self.sets}
        return {name: labelled.smoke(frame) for name, frame in read.items()} if self.smoke else read

    def contenders(self, one: LabelledSet, block: str) -> list[str]:
        frame = self.frames[one.name]
        if BLOCKS[block].most is not None:
            return [REFERENCE, *self.budgets, *(name for name in self.rivals if name == "setfit")] if one.ranked else []
        if not one.ranked:
            cheap = len(frame) >= labelled.SMALL
            return ["majority", REFERENCE, *(name for name in self.budgets if cheap or name != "thorough")]
        rivals = [name for name in self.rivals if name != "setfit"]
        if labelled.levels(frame) == 1:
            rivals = [name for name in rivals if name != "hiclass"]
        return ["majority", REFERENCE, "tfidf_svm", *self.budgets, *rivals]

    def seeds_of(self, one: LabelledSet) -> int:
        """A file's own split is one split, however often a model is fitted on it."""
        return 1 if one.tested else self.seeds

    def splits(self, one: LabelledSet) -> int:
        return labelled.repeats(self.frames[one.name]) if not self.smoke else 1 if one.ranked else 2

    def job(self, one: LabelledSet, block: str, seed: int, contender: str) -> Job:
        return Job(one.name, block, seed, contender, self.splits(one))

    def jobs(self, one: LabelledSet) -> list[Job]:
        """Seed by seed, so that what a stopped run has is whole splits."""
        if labelled.why_not(self.frames[one.name]):
            return []
        return [
            self.job(one, block, seed, contender)
            for seed in range(self.seeds_of(one))
            for block in self.blocks
            for contender in self.contenders(one, block)
        ]


def measure(plan: Plan) -> None:
    """Whatever is not known yet; a contender that cannot run is passed over once and for all seeds."""
    todo = [(one, job) for one in plan.sets for job in plan.jobs(one)]
    passed: dict[tuple[str, str, str], str] = {}
    with progress("measuring") as tick:
        for done, (one, job) in enumerate(todo):
            tick(done, len(todo), job.key)
            frame = plan.frames[one.name]
            place = (job.set_name, job.block, job.contender)
            if place in passed or plan.results.get(job.key, digest(job, frame)):
                continue
            try:
                result, rows = run(job, frame, _vectors(frame, plan.cache), plan.cache)
            except Unavailable as exc:
                passed[place] = str(exc)
                say(f"{job.key}: passed over: {exc}")
                continue
            plan.results.add(result, rows)
            first = result["splits"][0]
            say(f"{job.key}: {100 * first['accuracy']:.2f} %, {first['fit_seconds']:.1f} s")
        tick(len(todo), len(todo))
    plan.results.passed = passed


def _vectors(frame: pd.DataFrame, cache: Path) -> Vectors:
    called = labelled.called(frame)
    words = embedded(list(called.values()), cache).vectors
    return Vectors(embedded(frame["text"].tolist(), cache).vectors, list(called), list(called.values()), words)


def report(plan: Plan) -> None:
    """Print everything and write it as JSON."""
    found = [_set(plan, one) for one in plan.sets]
    for part in found:
        if part["why_not"]:
            print(f"{part['name']} cannot be judged: {part['why_not']}.\n")
        else:
            print_set(part)
    kept = [] if plan.smoke else promises(found)
    print_promises(kept)
    if plan.smoke:
        print("A few rows of a few labels: this run shows that every part works, its figures say nothing.")
    result = {
        "what": "the intent classifier's budgets beside baselines and rivals, on held-out fifths of public sets",
        "method": "95 % corrected resampled t intervals over splits (Nadeau and Bengio 2003)",
        "smoke_run": plan.smoke,
        "seeds": plan.seeds,
        "sets": found,
        "promises": kept,
        "machine": _machine(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    plan.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"Machine: {', '.join(f'{name} {value}' for name, value in result['machine'].items())}. Kept in {plan.out}.")


def _set(plan: Plan, one: LabelledSet) -> dict[str, Any]:
    frame = plan.frames[one.name]
    found = {"name": one.name, "rows": len(frame), "labels": frame["label"].nunique(), "levels": labelled.levels(frame)}
    found |= {"why_not": labelled.why_not(frame), "splits_a_seed": plan.splits(one), "blocks": {}, "notes": []}
    if found["why_not"]:
        return found
    cost = embedded(frame["text"].tolist(), plan.cache).cost
    found["embedding"] = cost
    found["notes"] = [*_notes(plan, one, found)]
    for block in plan.blocks:
        contenders = plan.contenders(one, block)
        found["blocks"][block] = {name: _contender(plan, one, block, name) for name in contenders}
    return found


def _notes(plan: Plan, one: LabelledSet, found: dict[str, Any]) -> Iterator[str]:
    cost = found["embedding"]
    yield (
        f"{found['rows']:,} rows, {found['labels']} labels. Embedding {cost['texts']:,} texts took "
        f"{cost['seconds']:.1f} s ({cost['cpu_seconds']:.1f} CPU s, {cost['memory_peak_mb']:,.0f} MB) once."
    )
    if found["splits_a_seed"] > 1:
        yield f"So few rows were split {found['splits_a_seed']} times a seed; an ECE of one split is mostly chance."
    if "hiclass" in plan.contenders(one, "all"):
        yield HICLASS
    elif one.ranked and "hiclass" in plan.rivals:
        yield "hiclass was not run: labels of one level are no hierarchy, it would be logistic regression."
    if one.ranked and {"setfit", "autointent"} & set(plan.rivals):
        yield STARRED


def _contender(plan: Plan, one: LabelledSet, block: str, name: str) -> dict[str, Any]:
    results = _results(plan, one, block, name)
    if len(results) < plan.seeds_of(one):
        reason = plan.results.passed.get(
            (one.name, block, name), "it was stopped, or its code changed since: run the same command again"
        )
        return {"unavailable": reason}
    rows = pd.concat([plan.results.rows_of(result["key"]) for result in results], ignore_index=True)
    found = contender_summary(results, rows)
    reference = _results(plan, one, block, REFERENCE)
    if name == REFERENCE or len(reference) < plan.seeds_of(one):
        return found
    pairs = zip(results, reference, strict=True)
    per_seed = {ours["seed"]: _paired(plan, ours, theirs) for ours, theirs in pairs} if len(rows) else {}
    found["ratios"] = ratios(results, reference)
    found["against"] = against_reference(results, reference, per_seed)
    return found


def _results(plan: Plan, one: LabelledSet, block: str, name: str) -> list[dict[str, Any]]:
    jobs = (plan.job(one, block, seed, name) for seed in range(plan.seeds_of(one)))
    known = (plan.results.get(job.key, digest(job, plan.frames[one.name])) for job in jobs)
    return [result for result in known if result]


def _paired(plan: Plan, ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Kept like a measurement, since the bootstrap takes its time. Rows that are tested again and again are not
    independent, so small sets are compared over splits only."""
    if len(ours["splits"]) > 1:
        return {}
    key, both = f"{ours['key']} against {REFERENCE}", together(ours["digest"], theirs["digest"])
    kept = plan.results.get(key, both)
    if kept is None:
        rows = (plan.results.rows_of(part["key"]) for part in (ours, theirs))
        kept = {"key": key, "digest": both, "found": on_one_split(*rows, ours["seed"])}
        plan.results.add(kept)
    return kept["found"]


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "threads": os.environ.get("OMP_NUM_THREADS", "as many as cores"),
        "platform": platform.platform(),
        "python": platform.python_version(),
    }
