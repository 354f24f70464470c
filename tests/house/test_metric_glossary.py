"""Every name that is logged stands in the glossary of metrics, and every name in it is logged."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.evaluation.effectiveness import COLUMNS, Estimates
from workbench.evaluation.judge import judge_complexity, judge_intent, judge_selector
from workbench.features.tuning import Tuning
from workbench.jobs import estimate_effectiveness, registered_encoder, search, thorough, training, trial_runs
from workbench.jobs.encoder import SentenceEncoder
from workbench.jobs.estimate_effectiveness import EffectivenessResult, EstimateOptions
from workbench.jobs.thorough import TunedColumns
from workbench.jobs.tuned_encoder import TunedEncoder
from workbench.models.build import estimator_for, fit_parameters, labels_of
from workbench.models.search import Found, Range, Score, Trial, table_of
from workbench.records import DIMENSIONS, MODEL_TYPES, Examples, Fitted, ModelType, Recipe, Report, Split, Technique
from workbench.records import TrainingSet as Prompts
from workbench.tracking.items import Item, Metrics, Params, Tags
from workbench.tracking.views import METRICS

PAGE = (Path(__file__).resolve().parents[2] / "mlflow" / "metrics.md").read_text(encoding="utf-8")
TECHNIQUES = [Technique(code, code, code, 1, 0.5, 0.1, True) for code in ("one", "two", "three")]
TARGETS = {
    "intent_classifier": np.array(["a.x", "a.y", "oos"] * 20, dtype=object),
    "complexity_model": np.array([1.0, 3.0, 5.0] * 20),
    "technique_selector": np.tile(np.eye(3), (20, 1)),
}


def defined(*headings: str) -> set[str]:
    """The names in the first column of the tables below the headings that begin so."""
    parts = [part for part in PAGE.split("\n## ") if part.startswith(headings)]
    return {name for part in parts for name in re.findall(r"^\| `([^`]+)` \|", part, re.MULTILINE)}


def undefined(names: Iterable[str], glossary: set[str]) -> set[str]:
    patterns = [re.sub(r"<\w+>", "[a-z0-9_]+", name) for name in glossary]
    return {name for name in names if not any(re.fullmatch(pattern, name) for pattern in patterns)}


def unused(names: set[str], glossary: set[str]) -> set[str]:
    return {entry for entry in glossary if undefined(names, {entry}) == names}


@cache
def fitted(kind: ModelType) -> tuple[Fitted, Report]:
    random = np.random.default_rng(0)
    vectors = list(random.normal(0, 1, (60, DIMENSIONS)).astype(np.float32))
    frame = pd.DataFrame({"prompt_text": [f"some words {n % 3}" for n in range(60)], "embedding": vectors})
    frame["layers"] = [np.concatenate([vector, vector[::-1]]) for vector in vectors]
    part = Examples(frame, TARGETS[kind], tuple(str(n) for n in range(60)), (("a.x",), (), ("a.y",)) * 20)
    estimator = estimator_for(recipe(kind), TECHNIQUES)
    if kind == "intent_classifier":
        estimator[-1].set_params(out_of_scope="oos")
    estimator.fit(part.X, part.y, **fit_parameters(estimator, part))
    model, split = Fitted(estimator, labels_of(estimator), 0.1), Split(part, part)
    if kind == "technique_selector":
        return model, judge_selector(model, split, part.y, [["one"]] * 60, 1)
    judge = judge_intent if kind == "intent_classifier" else judge_complexity
    return model, judge(model, split, part.y, 1)


def recipe(kind: ModelType) -> Recipe:
    return Recipe(kind, "small", 1)


def logged_of_tuning(model: Fitted) -> list[Item]:
    vectors = np.eye(3, DIMENSIONS, dtype=np.float32)
    encoder = TunedEncoder(SentenceEncoder("space", Path()), ("a.x", "a.y", "oos"), vectors, 20.0, "base", "e" * 64)
    made = TunedColumns(pd.DataFrame(), (), encoder, Path(), Tuning(), 0.9, 1.0)
    return [*thorough.items_of(made, model), *thorough.not_tuned("few rows"), registered_encoder.version_item("1")]


def logged_by(kind: ModelType) -> list[Item]:
    model, report = fitted(kind)
    words = Examples(pd.DataFrame({"prompt_text": ["name"]}), np.array(["a.x"], dtype=object), ("a.x: name",))
    nothing = np.empty((0, DIMENSIONS), np.float32)
    prompts = Prompts("small", pd.DataFrame(), nothing, "space", "d" * 64, words=words)
    params = training.parameters(recipe(kind), prompts) | training._hyperparameters(model)
    found = [Params(params), *training._items(recipe(kind), prompts, report, {}), *training._scores(model, report, "m")]
    return found + (logged_of_tuning(model) if kind == "intent_classifier" else [])


def logged_by_effectiveness() -> list[Item]:
    row = dict.fromkeys(COLUMNS, 0.5) | {"intent": "a", "technique": "one", "language_model": "", "refused": None}
    found = Estimates(pd.DataFrame([row]), "recorded", 1.0, 0.0)
    result = EffectivenessResult(found, EstimateOptions(), 3, 3, 0, "d" * 64, 0.1)
    return list(estimate_effectiveness._items(result, {}))


def logged_by_search() -> list[Item]:
    space = (Range("gamma", 0.1, 10.0, 1.0),)
    trials = [Trial(0, {"gamma": 1.0}, Score(0.5, 0.9), 0.1), Trial(1, {"gamma": 2.0}, None, 0.1, "broke")]
    found = Found({"gamma": 1.0}, 0.5, 0.5, table_of(space, trials), 0)
    below = [item for trial in trials for item in trial_runs.items_of(trial)]
    return [*search.items_of(found, space), *below]


def names(items: Iterable[Item], kind: type[Metrics | Params | Tags]) -> set[str]:
    return {name for item in items if isinstance(item, kind) for name in item.values}


def everything() -> list[Item]:
    of_models = [item for kind in MODEL_TYPES for item in logged_by(kind)]
    return of_models + logged_by_effectiveness() + logged_by_search()


@pytest.mark.parametrize(
    ("kind", "section"),
    [
        ("intent_classifier", "Intent classifier"),
        ("complexity_model", "Complexity model"),
        ("technique_selector", "Technique selector"),
    ],
)
def test_every_metric_of_a_model_is_defined_where_one_looks_for_it(kind: ModelType, section: str) -> None:
    shared = "Intent classifier and complexity" if kind != "technique_selector" else section
    glossary = defined("Every model", section, shared)
    assert undefined(names(logged_by(kind), Metrics), glossary) == set()


def test_every_metric_of_technique_effectiveness_is_defined() -> None:
    assert names(logged_by_effectiveness(), Metrics) == defined("Technique effectiveness")


def test_every_metric_of_a_search_is_defined() -> None:
    assert names(logged_by_search(), Metrics) == defined("Search")


def test_every_parameter_and_tag_is_defined() -> None:
    assert undefined(names(everything(), Params), defined("Parameters")) == set()
    assert undefined(names(everything(), Tags), defined("Tags")) == set()


def test_the_glossary_defines_nothing_that_is_not_logged() -> None:
    metrics = defined("Every", "Intent", "Complexity", "Technique", "Search")
    assert unused(names(everything(), Metrics), metrics) == set()
    assert unused(names(everything(), Params), defined("Parameters")) == set()


def test_every_baseline_is_named() -> None:
    logged = {name.split("/")[1] for name in names(everything(), Metrics) if name.startswith("baseline/")}
    assert {name for name in logged if f"`{name}`" not in PAGE} == set()


@pytest.mark.parametrize("kind", MODEL_TYPES)
def test_the_reviewers_columns_are_metrics_that_are_logged(kind: ModelType) -> None:
    assert set(METRICS[kind]) <= names(logged_by(kind), Metrics)


def test_the_reviewers_columns_of_technique_effectiveness_are_logged() -> None:
    assert set(METRICS["technique_effectiveness"]) <= names(logged_by_effectiveness(), Metrics)


def test_every_metric_has_a_range_and_a_direction() -> None:
    lines = [line for line in PAGE.partition("\n## Parameters")[0].splitlines() if line.startswith("| `")]
    for _, name, said, unit, better, _, _ in (line.split("|") for line in lines):
        assert said.strip(), name
        assert unit.strip(), name
        assert better.strip() in {"↑", "↓", "–"}, name
