"""Fit, judge and record one model: the lines that a notebook shows and that `workbench train` runs."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from pandas import DataFrame

from workbench.db.connection import connect
from workbench.evaluation.judge import judge_complexity, judge_intent, judge_selector
from workbench.evaluation.learning import CurvePoint, Growth, grow
from workbench.evaluation.learning import learning_curve as curve
from workbench.evaluation.selector_regret import real_log, regret_table
from workbench.jobs.describe import best_baseline, describe, in_a_line
from workbench.jobs.taxonomy_words import words_used
from workbench.models.build import estimator_for, fit_parameters, labels_of
from workbench.models.selector_evidence import Evidence
from workbench.records import Fitted, Recipe, Report, RunRef, Split, Technique, TrainingSet
from workbench.store import decisions, performance, training
from workbench.tracking.items import DatasetItem, Item, Metrics, Note, Params, Picture, TableItem, Tags, Title
from workbench.tracking.models import register, save_model
from workbench.tracking.runs import Tracker

PREDICTIONS = "predictions.json"


def fit(recipe: Recipe, split: Split, techniques: Sequence[Technique], evidence: Evidence | None = None) -> Fitted:
    """Fit the recipe's estimator on the training split, an intent classifier also on what the taxonomy says of its
    labels, the selector on what else there is to learn from."""
    started = time.perf_counter()
    estimator, learnt = estimator_for(recipe, techniques), split.learnt
    with _few_rows_a_class():
        estimator.fit(learnt.X, learnt.y, **fit_parameters(estimator, learnt, evidence, split.is_prompt))
    return Fitted(estimator, labels_of(estimator), time.perf_counter() - started)


def learning_curve(recipe: Recipe, split: Split, techniques: Sequence[Technique]) -> list[CurvePoint]:
    """Whether more labels would help, without a look at the test split."""
    return curve(estimator_for(recipe, techniques), split.train, recipe.seed)


def growth(recipe: Recipe, split: Split, techniques: Sequence[Technique]) -> Growth:
    """What a learning curve is drawn from, and what says for which labels more rows would help."""
    return grow(estimator_for(recipe, techniques), split.train, recipe.seed, words=split.words)


def judge(url: str, recipe: Recipe, fitted: Fitted, split: Split, training_set: TrainingSet) -> Report:
    """Judge once on the test split, beside the baselines; two of those ask the database."""
    neighbour = _neighbour_labels(url, recipe.dataset_version, split)
    if recipe.model_type == "intent_classifier":
        with _few_rows_a_class():
            return judge_intent(fitted, split, neighbour, recipe.seed)
    if recipe.model_type == "complexity_model":
        return judge_complexity(fitted, split, neighbour, recipe.seed)
    choice = _seeds_choice(url, fitted, split, training_set)
    report = judge_selector(fitted, split, neighbour, choice, recipe.seed)
    return replace(report, tables={**report.tables, **_regret(url, recipe)})


def record(
    tracker: Tracker,
    run_id: str,
    recipe: Recipe,
    training_set: TrainingSet,
    fitted: Fitted,
    report: Report,
    figures: dict[str, Figure],
) -> RunRef:
    """Everything a reviewer needs into MLflow, and the model as a registered version."""
    decided = parameters(recipe, training_set) | _hyperparameters(fitted)
    model_id = save_model(tracker, run_id, recipe.model_type, fitted, decided)
    tracker.log(run_id, [Params(decided), *_items(recipe, training_set, report, figures)])
    tracker.log(run_id, _scores(fitted, report, model_id))
    reference = register(tracker, run_id, recipe.model_type, model_id, in_a_line(recipe, report))
    tracker.log(run_id, [Title(f"v{reference.model_version} {recipe.dataset_version} {report.accuracy:.3f}")])
    return reference


def write_back(url: str, recipe: Recipe, training_set: TrainingSet, report: Report, run: RunRef) -> bool:
    """One transaction into ml_model_performance; False when this run was written before."""
    with connect(url) as connection:
        return performance.write(connection, recipe, report, run, parameters(recipe, training_set))


def parameters(recipe: Recipe, training_set: TrainingSet) -> dict[str, Any]:
    """What decided the result; the same in MLflow and in ml_model_performance."""
    return {
        "dataset_version": recipe.dataset_version,
        "dataset_sha256": training_set.digest,
        "embedding_space": training_set.embedding_space,
        "seed": recipe.seed,
        **(words_used(training_set) if recipe.model_type == "intent_classifier" else {}),
        **{f"option_{name}": value for name, value in recipe.options.items() if name != "tuned_labels"},
    }


@contextmanager
def _few_rows_a_class() -> Iterator[None]:
    """scikit-learn warns that classes of one or two rows each may be numbers; ours are names."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        yield


def _items(recipe: Recipe, training_set: TrainingSet, report: Report, figures: dict[str, Figure]) -> Iterator[Item]:
    yield Tags({"model_type": recipe.model_type, "dataset_version": recipe.dataset_version})
    if recipe.options.get("synthetic_outcomes"):
        yield Tags({"synthetic": "true"})
    columns = ("prompt_text", "primary", "secondary", "complexity", "techniques")
    source = f"ml_training_data, dataset_version {recipe.dataset_version}"
    for part, context, rows in (("train", "training", report.n_train), ("test", "testing", report.n_test)):
        # One name each: MLflow keeps a single context for a dataset's name and digest.
        name = f"{recipe.dataset_version}/{part}"
        yield DatasetItem(name, training_set.digest, source, context, rows, columns)
    yield TableItem("per_class.json", report.per_class)
    yield TableItem(PREDICTIONS, report.predictions)
    for name, table in report.tables.items():
        yield TableItem(f"tables/{name}.json", table)
    for path, figure in figures.items():
        yield Picture(f"figures/{path}.png", figure)
    yield Note(describe(recipe, training_set, report))


def _scores(fitted: Fitted, report: Report, model_id: str) -> Iterator[Item]:
    interval = {name: report.metrics[name] for name in ("accuracy_low", "accuracy_high")}
    best = {"best_baseline": best_baseline(report.baselines)[1]}
    yield Metrics({"accuracy": report.accuracy} | interval | best | {"macro_f1": report.macro_f1}, model_id)
    yield Metrics({name: value for name, value in report.metrics.items() if name not in interval}, model_id)
    yield Metrics({"n_train": report.n_train, "n_test": report.n_test, "fit_seconds": fitted.seconds}, model_id)
    for name, scores in report.baselines.items():
        yield Metrics({f"baseline/{_slug(name)}/{score}": value for score, value in scores.items()}, model_id)


def _hyperparameters(fitted: Fitted) -> dict[str, object]:
    head = fitted.estimator[-1].get_params(deep=False)
    return {name: value for name, value in head.items() if isinstance(value, int | float | str)}


def _slug(name: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in name.lower()).split()
    return "_".join(words)


def _neighbour_labels(url: str, version: str, split: Split) -> NDArray[Any]:
    """The label of the closest training prompt of each test prompt; the first label where the closest has none."""
    with connect(url) as connection:
        nearest = training.nearest_training_rows(connection, version, split.test.ids)
    row = {identity: index for index, identity in enumerate(split.train.ids)}
    positions = np.array([row.get(nearest.get(identity, ""), 0) for identity in split.test.ids])
    labels: NDArray[Any] = split.train.y[positions]
    return labels


def _regret(url: str, recipe: Recipe) -> dict[str, DataFrame]:
    """Beside the best fixed and the best per intent, where there are outcomes to tell by."""
    with connect(url) as connection:
        log = real_log(decisions.read_log(connection), bool(recipe.options.get("synthetic_outcomes")))
    table = regret_table(log, recipe.seed)
    return {} if table.empty else {"regret": table}


def _seeds_choice(url: str, fitted: Fitted, split: Split, training_set: TrainingSet) -> list[list[str]]:
    frame = training_set.frame.set_index("id").loc[list(split.test.ids)]
    complexity = frame["complexity"].fillna(3).astype(int)
    wanted = list(zip(frame["primary"], complexity, strict=True))
    with connect(url) as connection:
        ranking = training.optimal_techniques(connection, wanted)
    known = set(fitted.labels)
    return [[code for code in ranking[key] if code in known] for key in wanted]
