"""From prompts to intents: which columns a budget looks at, and how rows are compared in them."""

from __future__ import annotations

from sklearn.pipeline import Pipeline

from workbench.models.columns import embedding_columns, joined_columns
from workbench.models.heads import HeadName
from workbench.models.intent import HierarchicalIntentClassifier
from workbench.models.kernel import View
from workbench.records import DIMENSIONS, LAYERS, Budget


def joint_views(gamma: float, layer_weight: float, layer_gamma: float) -> tuple[View, ...]:
    """How rows of ``joined_columns`` are compared."""
    ends = [DIMENSIONS * (place + 1) for place in range(LAYERS + 1)]
    layers = (View(end, end + DIMENSIONS, "rbf", layer_weight, layer_gamma) for end in ends[:-1])
    return (View(0, DIMENSIONS, "rbf", 1.0, gamma), *layers, View(ends[-1], None, "linear", 1.0))


def intent_pipeline(
    budget: Budget = "standard",
    head: HeadName = "kernel",
    strength: float = 0.1,
    gamma: float = 1.0,
    layer_weight: float = 0.5,
    layer_gamma: float = 3.0,
    word_weight: float = 0.6,
    character_weight: float = 0.3,
    linguistic_weight: float = 0.02,
    out_of_scope: str | None = "oos",
    random_state: int = 0,
) -> Pipeline:
    """Prompts with embeddings (see ``Examples.X``) to intents.

    ``quick`` looks at the embedding alone. ``standard`` joins it with the layers below it, words, characters and
    linguistic features: embedding and layers through radial kernels of width ``gamma`` and ``layer_gamma``, the rest
    through inner products, each block times its weight.
    """
    if budget == "quick":
        columns = embedding_columns()
        views: tuple[View, ...] = (View(0, None, "rbf", 1.0, gamma),)
    elif budget == "standard":
        columns = joined_columns(word_weight, character_weight, linguistic_weight, LAYERS)
        views = joint_views(gamma, layer_weight, layer_gamma)
    else:
        raise ValueError(f"budget is {budget!r}; it has to be quick or standard")
    classifier = HierarchicalIntentClassifier(head, strength, views, out_of_scope, random_state)
    return Pipeline([("columns", columns), ("classifier", classifier)])
