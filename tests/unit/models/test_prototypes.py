"""What is typical of an intent, and what looks like another's."""

from __future__ import annotations

import numpy as np
import pytest
from explained import pipeline, rows
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from workbench.models.columns import joined_columns
from workbench.models.heads import HEADS, HeadName, scores_of
from workbench.models.intent import HierarchicalIntentClassifier
from workbench.models.prototypes import UnseenScores, central, doubtful, prototypes, unseen_scores
from workbench.records import Examples, Split

HAND_MADE = UnseenScores(
    Examples(rows(4).X, np.array(["a", "a", "b", "b"], dtype=object), ("w", "x", "y", "z")),
    np.array(["a", "b", "c"], dtype=object),
    np.array([[0.9, 0.1, 0.0], [0.2, 0.1, 0.7], [0.0, 0.8, 0.1], [np.nan] * 3]),
)


def test_prototypes_are_the_surest_rows_of_the_label() -> None:
    found = prototypes(HAND_MADE, "a")
    assert list(found["id"]) == ["w", "x"]
    assert np.allclose(found["lead"], [0.8, -0.5])
    assert list(prototypes(HAND_MADE, "b")["id"]) == ["y"]


def test_a_row_that_scores_higher_for_another_label_is_doubtful() -> None:
    found = doubtful(HAND_MADE)
    assert list(found["id"]) == ["x"]
    assert found.loc[0, ["label", "other", "score", "other_score"]].tolist() == ["a", "c", 0.2, 0.7]
    assert doubtful(HAND_MADE, "b").empty


def test_unseen_scores_of_the_kernel_are_those_of_a_head_without_the_row() -> None:
    model, train = pipeline(), rows()
    X, kept = model[:-1].transform(train.X), np.arange(len(train.y)) != 7
    without = clone(model[-1].head_).fit(X[kept], train.y[kept])
    # The share of each label is part of the closed form with the row, and of the second fit without it.
    moved = without.prior_ - model[-1].head_.prior_
    assert np.allclose(unseen_scores(model, train).scores[7], scores_of(without, X[[7]])[0] - moved, atol=0.02)


@pytest.mark.parametrize("head", HEADS)
def test_a_wrong_label_is_the_most_doubtful(head: HeadName) -> None:
    y = rows().y.copy()
    y[12] = next(label for label in sorted(set(y)) if label != y[12])
    model = clone(pipeline(head)).fit(rows().X, y)
    found = doubtful(unseen_scores(model, Examples(rows().X, y, rows().ids)))
    assert found.loc[0, "id"] == rows().ids[12]
    assert found.loc[0, "other"] == rows().y[12]


@pytest.mark.parametrize("head", HEADS)
def test_the_most_central_row_is_most_like_the_others_of_its_label(head: HeadName) -> None:
    found = central(pipeline(head), rows(), "talk", most=100)
    assert set(found["label"]) == {"talk"}
    assert len(found) == 18
    assert (np.diff(found["similarity"]) <= 0).all()
    assert 0 < found["similarity"].iloc[0] < 1


def test_a_lone_row_is_central() -> None:
    lone = Examples(rows().X, np.array(["a", *["b"] * (len(rows().y) - 1)], dtype=object), rows().ids)
    assert central(pipeline(), lone, "a")["similarity"].tolist() == [1.0]


def test_a_label_without_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="no training row has the label 'tea'"):
        prototypes(HAND_MADE, "tea")


def test_rows_of_one_label_have_no_unseen_scores() -> None:
    y = np.array(["a"] * len(rows().y), dtype=object)
    model = Pipeline([("columns", joined_columns()), ("classifier", HierarchicalIntentClassifier())])
    with pytest.raises(ValueError, match="all rows have the label 'a'"):
        unseen_scores(model.fit(rows().X, y), Examples(rows().X, y, rows().ids))


def test_words_of_the_taxonomy_count_in_the_scores_of_prompts_and_have_none() -> None:
    train = rows()
    words = Examples(train.X.iloc[:1].assign(prompt_text="joke joke"), train.y[:1], ("talk: name",))
    both = Split(train, train, words)
    model = clone(pipeline()).fit(both.learnt.X, both.learnt.y)
    found = unseen_scores(model, train, words)
    assert found.scores.shape == (len(train.y), len(model[-1].classes_))
    assert not np.allclose(found.scores, unseen_scores(model, train).scores)
    assert set(prototypes(found, str(train.y[0]))["id"]) <= set(train.ids)
