"""The estimator of a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.models.complexity import complexity_pipeline
from workbench.models.intent_pipeline import intent_pipeline
from workbench.models.selector import selector_pipeline
from workbench.models.selector_evidence import Evidence
from workbench.records import Examples, Recipe, Technique

# Options of the selector's recipe that say what it learns from, and not how.
OF_EVIDENCE = frozenset({"synthetic_outcomes"})


def estimator_for(recipe: Recipe, techniques: Sequence[Technique]) -> Any:
    """An unfitted pipeline over ``Examples.X``; ``recipe.options`` are its keyword arguments."""
    if recipe.model_type == "intent_classifier":
        return intent_pipeline(random_state=recipe.seed, **recipe.options)
    if recipe.model_type == "complexity_model":
        return complexity_pipeline(**recipe.options)
    codes = tuple(technique.code for technique in techniques)
    priors = tuple(technique.base_effectiveness for technique in techniques)
    options = {name: value for name, value in recipe.options.items() if name not in OF_EVIDENCE}
    return selector_pipeline(codes, priors, random_state=recipe.seed, **options)


def fit_parameters(
    estimator: Any, train: Examples, evidence: Evidence | None = None, is_prompt: NDArray[np.bool_] | None = None
) -> dict[str, Any]:
    """What the last step of a pipeline learns from besides X and y: secondary intents, if it takes any and some row has
    them; which rows are prompts, where some are not; logged outcomes and what techniques are described as."""
    name, head = estimator.steps[-1]
    taken = signature(head.fit).parameters
    found: dict[str, Any] = {}
    if any(train.secondary) and "secondary" in taken:
        found[f"{name}__secondary"] = train.secondary
    if is_prompt is not None and not is_prompt.all() and "prompts" in taken:
        found[f"{name}__prompts"] = is_prompt
    if evidence is not None and "evidence" in taken:
        found[f"{name}__evidence"] = evidence
    return found


def labels_of(estimator: Any) -> tuple[str, ...]:
    """The labels of the columns of ``predict_proba``."""
    return tuple(str(label) for label in estimator[-1].classes_)
