"""Choose parameters by trying them; every trial is a run of its own below the owner's, and none is tried twice."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence

from workbench.db.connection import mlflow_database_url
from workbench.errors import SearchFailed
from workbench.jobs.taxonomy_words import words_used
from workbench.jobs.trial_runs import TrialRuns
from workbench.jobs.workspace import Workspace
from workbench.models.search import (
    Found,
    Objective,
    Parameters,
    Score,
    Space,
    Trial,
    best_of,
    check_space,
    digest_of,
    table_of,
)
from workbench.plots.search import search_history
from workbench.records import Recipe, TrainingSet
from workbench.store import studies
from workbench.store.studies import Study
from workbench.tracking.items import Item, Metrics, Picture, TableItem

LONGEST_ERROR = 500
Tick = Callable[[int, int, str], None]


def study_of(recipe: Recipe, training_set: TrainingSet, method: str) -> str:
    """What two searches have to share to be one: the model, the data, what the recipe sets by hand, and the objective.

    ``method`` names the objective and changes with whatever changes its scores.
    """
    options = ",".join(f"{name}={value}" for name, value in sorted(recipe.options.items()))
    words = words_used(training_set).get("taxonomy_words_sha256", "no words")[:16]
    data = f"{training_set.digest[:16]} {words} {training_set.embedding_space}"
    return " ".join(part for part in (recipe.model_type, method, data, options) if part)


def search(
    workspace: Workspace,
    run_id: str,
    study_name: str,
    space: Space,
    objective: Objective,
    trials: int,
    seed: int,
    tick: Tick = lambda *_: None,
) -> Found:
    """Try ``trials`` sets of parameters, the defaults first, and log the search to the run ``run_id``.

    Trials are kept under ``study_name``, ``space`` and ``seed``: another search of the same begins with those that are
    there, whatever became of the process that made them, and more trials go on from fewer. A second process waits for
    the first. A trial whose objective raises is failed and not tried again.

    Raises:
        SearchFailed: no trial came to a score; the next search starts from nothing.
        ValueError: the space or the number of trials makes no sense.
        DatabaseUnreachable, SchemaNotCreated, StudiesUnusable, RunUnknown
    """
    check_space(space)
    if trials < 1:
        raise ValueError(f"trials is {trials}; a search takes at least 1")
    name = f"{study_name} {digest_of(space, seed)}"
    waited: list[str] = []

    def refused(_: float, who: str, since: str) -> None:
        if not waited:
            waited.append(who)
            tick(0, trials, f"waiting for the same search ({who}, since {since})")

    url = mlflow_database_url(workspace.settings, start=False)
    with studies.opened(url, name, space, seed, refused) as study:
        done = study.trials()[:trials]
        reused = len(done)
        runs = TrialRuns(workspace.tracker, run_id, name)
        for trial in done:
            runs.take_over(trial)
        while len(done) < trials:
            done.append(_try_next(study, runs, objective, done))
            tick(len(done), trials, _told(done))
        best = best_of(done)
        if best is None:
            study.forget()
            raise SearchFailed(total=len(done), study=name, reason=done[-1].error, run_id=run_id)
    found = _found(space, done, best, reused)
    workspace.tracker.log(run_id, items_of(found, space))
    return found


def _try_next(study: Study, runs: TrialRuns, objective: Objective, done: Sequence[Trial]) -> Trial:
    proposal = study.ask()
    run_id = ""
    try:
        run_id = runs.open(proposal.number, proposal.parameters)
        started = time.perf_counter()
        outcome = _outcome(objective, proposal.parameters, done)
    except BaseException:
        study.give_up(proposal)
        if run_id:
            runs.stop(run_id)
        raise
    trial = study.tell(proposal, outcome, time.perf_counter() - started)
    runs.close(run_id, trial)
    return trial


def _outcome(objective: Objective, parameters: Parameters, done: Sequence[Trial]) -> Score | str:
    """A score, or why there is none."""
    for trial in done:
        if trial.parameters == parameters:
            return trial.score or trial.error
    try:
        score = objective(parameters)
    except Exception as exc:
        return " ".join(f"{type(exc).__name__}: {exc}".replace("\0", "").split())[:LONGEST_ERROR]
    return score if math.isfinite(score.loss) else f"its loss is {score.loss}"


def _told(done: Sequence[Trial]) -> str:
    best = best_of(done)
    return "failed" if best is None or best.score is None else f"best loss {best.score.loss:.3f}"


def _found(space: Space, done: Sequence[Trial], best: Trial, reused: int) -> Found:
    table = table_of(space, done)
    loss, default_loss = float(table["loss"][best.number]), float(table["loss"][0])
    return Found(best.parameters, loss, default_loss, table, reused)


def items_of(found: Found, space: Space) -> Iterator[Item]:
    """What the run of whoever searched says of the search."""
    counts = {"search_trials": len(found.trials), "search_failed_trials": found.failed}
    losses = {"search_loss": found.loss}
    if math.isfinite(found.default_loss):
        losses["search_default_loss"] = found.default_loss
    yield Metrics(counts | losses | {"search_seconds": float(found.trials["seconds"].sum())})
    yield TableItem("tables/trials.json", found.trials)
    yield Picture("figures/search.png", search_history(found, space))
