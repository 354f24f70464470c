"""What a fine-tuned encoder adds to a head: as much as helps on rows that neither has seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from explained import rows
from scipy.special import log_softmax, softmax
from sklearn.compose import ColumnTransformer
from sklearn.metrics import log_loss
from sklearn.pipeline import Pipeline
from small_data import WORDS

from workbench.models import prototypes
from workbench.models.columns import EmbeddingColumn, TunedColumn, joined_columns
from workbench.models.explain import explain
from workbench.models.fusion import fusion_weight
from workbench.models.heads import HEADS, HeadName
from workbench.models.intent import HierarchicalIntentClassifier
from workbench.records import DIMENSIONS, Matrix, Vector

LABELS = ("a", "a.x", "b", "b.y")
HEAT = np.geomspace(0.1, 10, 400)


def views_of(count: int, seed: int, noise: tuple[float, float] = (0.6, 0.6)) -> tuple[Vector, Matrix, np.ndarray]:
    """Columns and log-probabilities of rows that each of the two tells apart half-way."""
    random = np.random.default_rng(seed)
    y = np.array(LABELS, dtype=object)[np.arange(count) % len(LABELS)]
    hot = (y[:, None] == np.array(LABELS, dtype=object)).astype(float)
    columns, logits = (hot + random.normal(0, size, hot.shape) for size in noise)
    return columns, log_softmax(6 * logits, axis=1), y


def joined(columns: Vector, logs: Matrix) -> Vector:
    return np.hstack([columns, logs])


def fused(head: HeadName = "kernel", labels: Any = LABELS) -> HierarchicalIntentClassifier:
    return HierarchicalIntentClassifier(head, tuned_labels=labels)


# the weight


def test_two_views_of_equal_worth_are_weighed_alike() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 5, 4000)
    one, other = (random.normal(0, 1, (4000, 5)) + 2 * np.eye(5)[truth] for _ in range(2))
    assert fusion_weight(one, other, truth) == pytest.approx(1.0, abs=0.1)
    assert fusion_weight(one, 10 * other, truth) == pytest.approx(0.1, abs=0.01)


def test_what_says_nothing_or_the_opposite_gets_no_weight() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 5, 4000)
    scores = random.normal(0, 1, (4000, 5)) + 2 * np.eye(5)[truth]
    assert fusion_weight(scores, random.normal(0, 1, (4000, 5)), truth) < 0.05
    assert fusion_weight(scores, -scores, truth) == 0.0
    assert fusion_weight(scores, np.zeros((4000, 5)), truth) == 0.0


def test_no_other_weight_has_a_lower_brier_score() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 5, 2000)
    scores = random.normal(0, 1, (2000, 5)) + 2 * np.eye(5)[truth]
    logs = log_softmax(3 * random.standard_t(2, (2000, 5)) + 2 * np.eye(5)[truth], axis=1)

    def brier(weight: float) -> float:
        loss = [
            np.square(softmax((scores + weight * logs) / t, axis=1) - np.eye(5)[truth]).sum(axis=1).mean() for t in HEAT
        ]
        return float(min(loss))

    found = fusion_weight(scores, logs, truth)
    assert 0.01 < found < 1.0
    assert brier(found) <= min(brier(found * 0.7), brier(found * 1.4)) + 1e-7


@pytest.mark.parametrize("head", HEADS)
def test_both_together_are_better_calibrated_and_right_more_often_than_the_head_alone(head: HeadName) -> None:
    columns, logs, y = views_of(600, 1)
    new_columns, new_logs, truth = views_of(2000, 2)
    alone = HierarchicalIntentClassifier(head).fit(columns, y)
    both = fused(head).fit(joined(columns, logs), y)
    one, two = alone.predict_proba(new_columns), both.predict_proba(joined(new_columns, new_logs))
    assert (both.predict(joined(new_columns, new_logs)) == truth).mean() > (alone.predict(new_columns) == truth).mean()
    assert log_loss(truth, two, labels=both.classes_) < log_loss(truth, one, labels=alone.classes_) - 0.1


def test_log_probabilities_that_lie_on_new_rows_are_seen_through_on_unseen_ones() -> None:
    columns, _, y = views_of(600, 1)
    noise = log_softmax(np.random.default_rng(3).normal(0, 4, (600, 4)), axis=1)
    model = fused().fit(joined(columns, noise), y)
    assert model.head_.weight_ < 0.005


def test_too_few_rows_leave_the_head_alone() -> None:
    columns, logs, y = views_of(44, 1)
    model = fused().fit(joined(columns, logs), y)
    assert model.head_.weight_ == 0.0
    assert (model.predict_proba(joined(columns, logs)) == model.predict_proba(joined(columns, logs - 1))).all()


# the columns


@pytest.mark.parametrize("head", HEADS)
def test_the_inner_head_does_not_look_at_the_last_columns(head: HeadName) -> None:
    columns, logs, y = views_of(200, 1)
    first = fused(head).fit(joined(columns, logs), y)
    alone = HierarchicalIntentClassifier(head).fit(columns, y)
    added = first.decision_function(joined(columns, logs)) - first.head_.weight_ * logs
    assert np.allclose(added, alone.decision_function(columns), atol=1e-9)


def test_a_label_without_a_row_leaves_the_others_in_their_columns() -> None:
    columns, logs, y = views_of(600, 1, (2.0, 0.1))
    kept = y != "a.x"
    model = fused().fit(joined(columns, logs)[kept], y[kept])
    assert (model.predict(joined(columns, logs)[kept]) == y[kept]).mean() > 0.95


def test_labels_that_the_encoder_never_heard_of_are_named() -> None:
    columns, logs, y = views_of(60, 1)
    with pytest.raises(ValueError, match=r"nothing of b, b\.y"):
        fused(labels=("a", "a.x", "c", "d")).fit(joined(columns, logs), y)


def test_secondary_intents_are_learnt_without_the_last_columns() -> None:
    columns, logs, y = views_of(400, 1)
    secondary = [["b"] if row % 3 == 0 and y[row] == "a" else ["a"] if row % 5 == 0 else [] for row in range(400)]
    model = fused().fit(joined(columns, logs), y, secondary=secondary)
    assert model.secondary_head_.weight_ == 0.0
    assert model.predict_all_proba(joined(columns, logs)).shape == (400, 4)


# explanations


@pytest.fixture(scope="module")
def explained() -> tuple[Pipeline, pd.DataFrame]:
    train = rows(200)
    labels = tuple(sorted(WORDS))
    logs = log_softmax(np.random.default_rng(0).normal(0, 1, (len(train.y), 5)) + 3 * _hot(train.y, labels), axis=1)
    X = train.X.assign(tuned=list(logs.astype(np.float32)))
    columns = joined_columns(tuned=TunedColumn("space", 5))
    return Pipeline([("columns", columns), ("classifier", fused(labels=labels))]).fit(X, train.y), X


def _hot(y: Any, labels: Any) -> Vector:
    return (y[:, None] == np.array(labels, dtype=object)).astype(float)


def test_the_tuned_encoder_is_a_view_and_all_views_add_up_to_the_lead(explained: tuple[Pipeline, pd.DataFrame]) -> None:
    model, X = explained
    train = type(rows())(X, rows(200).y, rows(200).ids)
    for row in range(0, 60, 7):
        found = explain(model, X.iloc[[row]], train, most=len(train.y))
        amounts = found.views.set_index("view")["amount"]
        assert np.isclose(found.before + amounts.sum(), found.lead, rtol=0, atol=1e-5)
        assert abs(amounts["tuned encoder"]) > 1e-3
        pulls = found.before + found.examples["pull"].sum() + amounts["tuned encoder"]
        assert np.isclose(pulls, found.lead, rtol=0, atol=1e-5)


def test_prototypes_are_found_in_a_model_with_a_tuned_encoder(explained: tuple[Pipeline, pd.DataFrame]) -> None:
    model, X = explained
    train = type(rows())(X, rows(200).y, rows(200).ids)
    unseen = prototypes.unseen_scores(model, train)
    assert (unseen.classes[unseen.scores.argmax(axis=1)] == train.y).mean() > 0.9
    assert len(prototypes.central(model, train, "talk")) == 5


def test_a_column_of_log_probabilities_becomes_a_matrix_with_and_without_rows() -> None:
    assert TunedColumn("space", 3).fit_transform(pd.DataFrame({"tuned": [np.zeros(3)] * 2})).shape == (2, 3)
    assert TunedColumn("space", 3).fit_transform(pd.DataFrame({"tuned": []})).shape == (0, 3)


def test_an_embedding_alone_can_be_fused_too() -> None:
    train = rows(200)
    labels = tuple(sorted(WORDS))
    X = train.X.assign(tuned=list(log_softmax(4 * _hot(train.y, labels), axis=1).astype(np.float32)))
    columns = ColumnTransformer(
        [("embedding", EmbeddingColumn(), ["embedding"]), ("tuned encoder", TunedColumn("space", 5), ["tuned"])]
    )
    model = Pipeline([("columns", columns), ("classifier", fused(labels=labels))]).fit(X, train.y)
    assert model[-1].head_.others(model[:-1].transform(X)).shape[1] == DIMENSIONS
    assert (model.predict(X) == train.y).all()
