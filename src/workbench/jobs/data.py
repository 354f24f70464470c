"""From the database to the two splits of a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.db.connection import connect
from workbench.errors import DatasetTooSmall, DatasetUnknown, LayersMissing
from workbench.models.intent_pipeline import OUT_OF_SCOPE
from workbench.records import Examples, ModelType, Recipe, Split, Technique, TrainingSet
from workbench.store import training, vectors

FEWEST_TRAINING_ROWS = 20


def load(url: str, version: str) -> TrainingSet:
    """All prompts of a dataset version, labels and embeddings.

    Raises:
        DatasetUnknown, EmbeddingsOfAnotherSpace
    """
    with connect(url) as connection:
        return training.load(connection, version)


def check_known(url: str, version: str) -> None:
    """
    Raises:
        DatasetUnknown: no prompt has that version; the message names those there are.
    """
    with connect(url) as connection:
        known = training.versions(connection)
    if version not in known:
        raise DatasetUnknown(version=version, known=", ".join(known) or "none")


def load_techniques(url: str) -> list[Technique]:
    with connect(url) as connection:
        return training.techniques(connection)


def split(training_set: TrainingSet, recipe: Recipe, techniques: list[Technique]) -> Split:
    """The labelled rows of the recipe's target; ``is_test`` alone decides the split.

    Raises:
        DatasetTooSmall: too few labelled rows to train on, one class only, or nothing to test on.
        LayersMissing: an intent model of any but the quick budget and a selector look at layers that nobody has
            encoded.
    """
    frame = training_set.frame
    if training_set.layers is None:
        _check_layers(training_set, recipe)
    target, labelled = _target(frame, recipe, [technique.code for technique in techniques])
    is_test = frame["is_test"].to_numpy(dtype=bool)
    train = _examples(training_set, target, labelled & ~is_test)
    test = _examples(training_set, target, labelled & is_test)
    _check(recipe, train, test)
    return Split(train, test, _words(training_set, recipe))


def test_part(training_set: TrainingSet, model_type: ModelType, codes: Sequence[str]) -> Examples:
    """The labelled test prompts of a model type, without its training prompts; ``codes`` name the techniques."""
    target, labelled = _target(training_set.frame, Recipe(model_type, training_set.version), list(codes))
    return _examples(training_set, target, labelled & training_set.frame["is_test"].to_numpy(dtype=bool))


def _target(frame: pd.DataFrame, recipe: Recipe, codes: list[str]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    if recipe.model_type == "intent_classifier":
        return frame["primary"].to_numpy(dtype=object), np.ones(len(frame), dtype=bool)
    if recipe.model_type == "complexity_model":
        complexity = frame["complexity"].to_numpy(dtype=float)
        return complexity, np.isfinite(complexity)
    named = np.array([[float(code in row) for code in codes] for row in frame["techniques"]])
    named = named.reshape(len(frame), len(codes))
    return named, named.sum(axis=1) > 0


def _examples(training_set: TrainingSet, target: NDArray[Any], chosen: NDArray[np.bool_]) -> Examples:
    rows = np.flatnonzero(chosen)
    texts = training_set.frame["prompt_text"].iloc[rows].reset_index(drop=True)
    X = pd.DataFrame({"prompt_text": texts, "embedding": list(training_set.embeddings[rows])})
    if training_set.layers is not None:
        X["layers"] = list(training_set.layers[rows])
    secondary = tuple(tuple(paths) for paths in training_set.frame["secondary"].iloc[rows])
    return Examples(X, target[rows], tuple(training_set.frame["id"].iloc[rows]), secondary)


def _words(training_set: TrainingSet, recipe: Recipe) -> Examples | None:
    """What intents are called, without the label of prompts that have none: its name says nothing of those prompts."""
    words = training_set.words
    if recipe.model_type != "intent_classifier" or words is None:
        return None
    rows = np.flatnonzero(words.y != recipe.options.get("out_of_scope", OUT_OF_SCOPE))
    return Examples(words.X.iloc[rows], words.y[rows], tuple(words.ids[row] for row in rows))


def _check_layers(training_set: TrainingSet, recipe: Recipe) -> None:
    place = {"version": recipe.dataset_version, "space": vectors.layers_of(training_set.embedding_space)}
    budget = recipe.options.get("budget", "standard")
    if recipe.model_type == "intent_classifier" and budget != "quick":
        raise LayersMissing(who=f"the {budget} budget", otherwise=", or take the quick budget", **place)
    if recipe.model_type == "technique_selector":
        raise LayersMissing(who="the technique selector", otherwise="", **place)


def _check(recipe: Recipe, train: Examples, test: Examples) -> None:
    place = {"version": recipe.dataset_version, "model_type": recipe.model_type}
    if len(train.ids) < FEWEST_TRAINING_ROWS:
        advice = "Import more labelled prompts into it."
        what = "labelled training prompts"
        raise DatasetTooSmall(found=len(train.ids), what=what, needed=FEWEST_TRAINING_ROWS, advice=advice, **place)
    if not test.ids:
        advice = "Import with --test-fraction 0.2 or --split-column, under a new version."
        raise DatasetTooSmall(found=0, what="labelled test prompts", needed=1, advice=advice, **place)
    if train.y.ndim == 1 and len(set(train.y)) < 2:
        advice = "A model of one class would always answer it. Import prompts of other intents into it."
        raise DatasetTooSmall(found=1, what="class", needed=2, advice=advice, **place)
