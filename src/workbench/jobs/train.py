"""`workbench train`: one model, without a notebook, by the same steps."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.jobs import data, training
from workbench.jobs.consider import consider_run
from workbench.jobs.embed import fill_all
from workbench.jobs.encoder import SentenceEncoder, find_encoder
from workbench.jobs.figures import report_figures
from workbench.jobs.registered_encoder import record_encoder
from workbench.jobs.review import keep_review
from workbench.jobs.selector_evidence import load_evidence
from workbench.jobs.thorough import TunedColumns, few, not_tuned, tune_split
from workbench.jobs.tune import budget_of, choose
from workbench.jobs.workspace import Workspace
from workbench.models.search import Found
from workbench.records import Recipe, Report, RunRef, Split
from workbench.tracking.encoders import RegisteredEncoder


@dataclass(frozen=True)
class Trained:
    recipe: Recipe
    report: Report
    run: RunRef
    seconds: float
    found: Found | None = None
    encoder: RegisteredEncoder | None = None

    def as_json(self) -> dict[str, Any]:
        """The keys that `train --json` promises."""
        return {
            "model_type": self.recipe.model_type,
            "model_name": self.run.model_name,
            "model_version": self.run.model_version,
            "run_id": self.run.run_id,
            "dataset_version": self.recipe.dataset_version,
            "n_train": self.report.n_train,
            "n_test": self.report.n_test,
            "accuracy": self.report.accuracy,
            "macro_f1": self.report.macro_f1,
            "metrics": dict(self.report.metrics),
            "baselines": {name: dict(scores) for name, scores in self.report.baselines.items()},
            "search": self._search(),
            "encoder": self._encoder(),
            "seconds": self.seconds,
        }

    def _encoder(self) -> dict[str, str] | None:
        found = self.encoder
        return {"name": found.name, "version": found.version, "sha256": found.sha256} if found else None

    def _search(self) -> dict[str, Any] | None:
        if self.found is None:
            return None
        return {
            "trials": len(self.found.trials),
            "failed": self.found.failed,
            "reused": self.found.reused,
            "loss": self.found.loss,
            "parameters": dict(self.found.parameters),
        }


def train(
    workspace: Workspace,
    recipe: Recipe,
    tell: Any = lambda _: None,
    trials: int | None = None,
    tick: Callable[[int, int], None] = lambda *_: None,
) -> Trained:
    """Train, judge, log and write back one model, and keep the page by which a reviewer decides whether it goes live.
    The MLflow run ends FINISHED, or FAILED if anything raises before the results are written.

    ``trials`` sets of parameters are tried on the training split before; None takes as many as the budget has. ``tick``
    is told how far the fine-tuning of an encoder is, which the thorough budget does.

    Raises:
        DatasetUnknown, DatasetTooSmall, EmbeddingsOfAnotherSpace, SearchFailed
        GatesInvalid: the model is trained and written, but there are no rules to ask.
    """
    started = time.perf_counter()
    tell("embedding")
    encoder = find_encoder(workspace.settings)
    fill_all(workspace.url, encoder, recipe.dataset_version)
    training_set = data.load(workspace.url, recipe.dataset_version)
    techniques = data.load_techniques(workspace.url)
    split = data.split(training_set, recipe, techniques)
    run = workspace.claim(recipe.model_type, f"train {recipe.dataset_version}")
    found = None
    try:
        recipe, found = choose(workspace, run.run_id, recipe, training_set, split, trials, tell)
        with tempfile.TemporaryDirectory() as scratch:
            recipe, split, made = _tuned(workspace, run.run_id, encoder, recipe, split, Path(scratch), tell, tick)
            tell("fitting")
            evidence = load_evidence(workspace, recipe, techniques)
            fitted = training.fit(recipe, split, techniques, evidence)
            tell("judging")
            report = training.judge(workspace.url, recipe, fitted, split, training_set)
            tell("recording")
            kept = record_encoder(workspace, run.run_id, recipe, made, fitted) if made else None
        figures = report_figures(report)
        reference = training.record(workspace.tracker, run.run_id, recipe, training_set, fitted, report, figures)
        training.write_back(workspace.url, recipe, training_set, report, reference)
    except BaseException:
        run.finish("FAILED")
        raise
    run.finish()
    tell("asking the gate")
    keep_review(workspace, consider_run(workspace, reference.run_id))
    return Trained(recipe, report, reference, time.perf_counter() - started, found, kept)


def _tuned(
    workspace: Workspace,
    run_id: str,
    encoder: SentenceEncoder,
    recipe: Recipe,
    split: Split,
    scratch: Path,
    tell: Any,
    tick: Callable[[int, int], None],
) -> tuple[Recipe, Split, TunedColumns | None]:
    """What the thorough budget adds to a recipe and its split, where there are rows enough."""
    if recipe.model_type != "intent_classifier" or budget_of(recipe) != "thorough":
        return recipe, split, None
    if reason := few(split.train.y):
        tell(f"leaving the encoder as it is, since {reason}")
        workspace.tracker.log(run_id, not_tuned(reason))
        return recipe, split, None
    tell("fine-tuning the encoder")
    return tune_split(encoder, recipe, split, scratch / "encoder", tick=tick)
