"""`workbench train`: one model, without a notebook, by the same steps."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from workbench.jobs import data, training
from workbench.jobs.embed import fill_all
from workbench.jobs.encoder import find_encoder
from workbench.jobs.figures import report_figures
from workbench.jobs.tune import choose
from workbench.jobs.workspace import Workspace
from workbench.models.search import Found
from workbench.records import Recipe, Report, RunRef


@dataclass(frozen=True)
class Trained:
    recipe: Recipe
    report: Report
    run: RunRef
    seconds: float
    found: Found | None = None

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
            "seconds": self.seconds,
        }

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


def train(workspace: Workspace, recipe: Recipe, tell: Any = lambda _: None, trials: int | None = None) -> Trained:
    """Train, judge, log and write back one model. The MLflow run ends FINISHED, or FAILED if anything raises.

    ``trials`` sets of parameters are tried on the training split before; None takes as many as the budget has.

    Raises:
        DatasetUnknown, DatasetTooSmall, EmbeddingsOfAnotherSpace, SearchFailed
    """
    started = time.perf_counter()
    tell("embedding")
    fill_all(workspace.url, find_encoder(workspace.settings), recipe.dataset_version)
    training_set = data.load(workspace.url, recipe.dataset_version)
    techniques = data.load_techniques(workspace.url)
    split = data.split(training_set, recipe, techniques)
    run = workspace.claim(recipe.model_type, f"train {recipe.dataset_version}")
    found = None
    try:
        recipe, found = choose(workspace, run.run_id, recipe, training_set, split, trials, tell)
        tell("fitting")
        fitted = training.fit(recipe, split, techniques)
        tell("judging")
        report = training.judge(workspace.url, recipe, fitted, split, training_set)
        tell("recording")
        figures = report_figures(report)
        reference = training.record(workspace.tracker, run.run_id, recipe, training_set, fitted, report, figures)
        training.write_back(workspace.url, recipe, training_set, report, reference)
    except BaseException:
        run.finish("FAILED")
        raise
    run.finish()
    return Trained(recipe, report, reference, time.perf_counter() - started, found)
