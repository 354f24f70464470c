"""Small intent pipelines of every head, to be explained."""

from __future__ import annotations

from functools import cache

from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from small_data import examples, frame

from workbench.models.columns import EmbeddingColumn, joined_columns
from workbench.models.heads import HeadName
from workbench.models.intent import HierarchicalIntentClassifier
from workbench.models.kernel import View
from workbench.records import Examples


@cache
def rows(count: int = 90, seed: int = 0) -> Examples:
    """Half as many of one intent: the labels' shares differ."""
    table = frame(count, seed)
    return examples(table[(table["primary"] != "talk.small.joke") | (table.index % 2 == 0)], "intent_classifier")


@cache
def without_words() -> Pipeline:
    """An embedding alone, as a dense matrix."""
    columns = ColumnTransformer([("embedding", EmbeddingColumn(), ["embedding"])])
    return Pipeline([("columns", columns), ("classifier", HierarchicalIntentClassifier())]).fit(rows().X, rows().y)


@cache
def pipeline(head: HeadName = "kernel", count: int = 90) -> Pipeline:
    """A curved view of the embedding and linear ones of everything else, as a trained model has them."""
    train = rows(count)
    columns = joined_columns().fit(train.X)
    at = columns.output_indices_
    views = (
        View(at["embedding"].start, at["embedding"].stop, "rbf", 1.0, 2.0),
        View(at["words"].start, at["characters"].stop, "linear", 0.5),
        View(at["linguistic"].start, at["linguistic"].stop, "linear", 0.2),
    )
    classifier = HierarchicalIntentClassifier(head, 0.5, views=views)
    return Pipeline([("columns", columns), ("classifier", classifier)]).fit(train.X, train.y)
