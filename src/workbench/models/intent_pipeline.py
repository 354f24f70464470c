"""From prompts to intents: which columns a budget looks at, and how rows are compared in them."""

from __future__ import annotations

from collections.abc import Sequence

from sklearn.pipeline import Pipeline

from workbench.models.columns import TunedColumn, embedding_columns, joined_columns, joint_views
from workbench.models.heads import HeadName
from workbench.models.intent import HierarchicalIntentClassifier
from workbench.models.kernel import View
from workbench.records import LAYERS, Budget

# The label of prompts that no intent fits, where there are any.
OUT_OF_SCOPE = "oos"


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
    out_of_scope: str | None = OUT_OF_SCOPE,
    random_state: int = 0,
    tuned_labels: Sequence[str] = (),
    tuned_space: str = "",
) -> Pipeline:
    """Prompts with embeddings (see ``Examples.X``) to intents.

    ``quick`` looks at the embedding alone. ``standard`` joins it with the layers below it, words, characters and
    linguistic features: embedding and layers through radial kernels of width ``gamma`` and ``layer_gamma``, the rest
    through inner products, each block times its weight. ``thorough`` is the same and, where there are ``tuned_labels``,
    adds what an encoder says that was fine-tuned on the training rows; ``tuned_space`` names that encoder.
    """
    if budget == "quick":
        columns = embedding_columns()
        views: tuple[View, ...] = (View(0, None, "rbf", 1.0, gamma),)
    elif budget in ("standard", "thorough"):
        tuned = TunedColumn(tuned_space, len(tuned_labels)) if tuned_labels else None
        columns = joined_columns(word_weight, character_weight, linguistic_weight, LAYERS, tuned)
        views = joint_views(gamma, layer_weight, layer_gamma)
    else:
        raise ValueError(f"budget is {budget!r}; it has to be quick, standard or thorough")
    classifier = HierarchicalIntentClassifier(head, strength, views, out_of_scope, random_state, tuned_labels)
    return Pipeline([("columns", columns), ("classifier", classifier)])
