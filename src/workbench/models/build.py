"""The estimator of a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import Any

from workbench.models.complexity import complexity_pipeline
from workbench.models.intent_pipeline import intent_pipeline
from workbench.models.technique import technique_pipeline
from workbench.records import Examples, Recipe, Technique


def estimator_for(recipe: Recipe, techniques: Sequence[Technique]) -> Any:
    """An unfitted pipeline over ``Examples.X``; ``recipe.options`` are its keyword arguments."""
    if recipe.model_type == "intent_classifier":
        return intent_pipeline(random_state=recipe.seed, **recipe.options)
    if recipe.model_type == "complexity_model":
        return complexity_pipeline(**recipe.options)
    codes = tuple(technique.code for technique in techniques)
    priors = tuple(technique.base_effectiveness for technique in techniques)
    return technique_pipeline(codes, priors, random_state=recipe.seed, **recipe.options)


def fit_parameters(estimator: Any, train: Examples) -> dict[str, Any]:
    """What the last step of a pipeline learns from besides X and y: secondary intents, if it takes any and some row has
    them."""
    name, head = estimator.steps[-1]
    if not any(train.secondary) or "secondary" not in signature(head.fit).parameters:
        return {}
    return {f"{name}__secondary": train.secondary}


def labels_of(estimator: Any) -> tuple[str, ...]:
    """The labels of the columns of ``predict_proba``."""
    return tuple(str(label) for label in estimator[-1].classes_)
