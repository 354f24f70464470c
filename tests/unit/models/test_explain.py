"""The parts of an explanation add up to the decision that they explain."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from explained import pipeline, rows, without_words
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from small_data import DIMENSIONS, WORDS, fitted

from workbench.models.columns import joined_columns
from workbench.models.explain import explain
from workbench.models.heads import HEADS, HeadName
from workbench.models.intent import HierarchicalIntentClassifier
from workbench.models.kernel import KernelRidgeClassifier
from workbench.records import Examples, Split

SPOKEN = " ".join(WORDS.values()).split()
PROMPTS = st.lists(st.sampled_from(SPOKEN) | st.text(max_size=9), max_size=12).map(" ".join)
LABELS = sorted(WORDS)


def prompt(text: str, seed: int = 0) -> pd.DataFrame:
    embedding = np.random.default_rng(seed).normal(0, 0.05, DIMENSIONS).astype(np.float32)
    return pd.DataFrame({"prompt_text": [text], "embedding": [embedding]})


@settings(max_examples=20)
@given(PROMPTS, st.integers(0, 99), st.permutations(LABELS), st.sampled_from(HEADS))
def test_views_and_what_stands_before_add_up_to_the_lead(
    text: str, seed: int, labels: list[str], head: HeadName
) -> None:
    model, asked = pipeline(head), prompt(text, seed)
    found = explain(model, asked, rows(), labels[0], labels[1])
    scores = dict(zip(LABELS, model.decision_function(asked)[0], strict=True))
    assert np.isclose(found.lead, scores[labels[0]] - scores[labels[1]], rtol=0, atol=1e-9)
    assert np.isclose(found.before + found.views["amount"].sum(), found.lead, rtol=0, atol=1e-5)


@settings(max_examples=12)
@given(PROMPTS, st.sampled_from(HEADS))
def test_words_and_features_add_up_to_their_views(text: str, head: HeadName) -> None:
    found = explain(pipeline(head), prompt(text), rows())
    of = found.views.set_index("view")["amount"]
    assert list(found.words["word"]) == text.split()
    assert np.isclose(found.words["amount"].sum(), of["words"] + of["characters"], rtol=0, atol=1e-5)
    assert np.isclose(found.features["amount"].sum(), of["linguistic"], rtol=0, atol=1e-5)


@settings(max_examples=12)
@given(PROMPTS, st.integers(0, 99))
def test_the_pulls_of_all_training_rows_add_up_to_the_lead(text: str, seed: int) -> None:
    found = explain(pipeline(), prompt(text, seed), rows(), most=len(rows().y))
    assert np.isclose(found.before + found.examples["pull"].sum(), found.lead, rtol=0, atol=1e-5)


@pytest.mark.parametrize("head", HEADS)
def test_two_labels_can_be_told_apart_by_any_head(head: HeadName) -> None:
    pair = rows(4)
    model = Pipeline([("columns", joined_columns()), ("classifier", HierarchicalIntentClassifier(head))])
    y = np.array(["a", "b", "a", "b"], dtype=object)
    found = explain(model.fit(pair.X, y), pair.X.iloc[:1], type(pair)(pair.X, y, pair.ids))
    assert (found.label, found.rival) == ("a", "b")
    assert found.lead > 0
    assert np.isclose(found.before + found.views["amount"].sum(), found.lead, rtol=0, atol=1e-5)


@pytest.mark.parametrize("head", HEADS)
def test_the_word_of_an_intent_speaks_for_it_and_anothers_against(head: HeadName) -> None:
    found = explain(pipeline(head), prompt("please crash the weather"), rows(), "code.debug", "talk")
    amount = found.words.set_index("word")["amount"]
    assert amount["crash"] > amount["please"] > amount["weather"]
    assert amount["crash"] > 0 > amount["weather"]


def test_the_predicted_label_is_explained_against_the_runner_up() -> None:
    asked = rows().X.iloc[:1]
    scores = pd.Series(pipeline().decision_function(asked)[0], index=LABELS).sort_values(ascending=False)
    found = explain(pipeline(), asked, rows())
    assert [found.label, found.rival] == list(scores.index[:2])
    assert found.label_probability > found.rival_probability > 0


def test_what_speaks_for_one_label_speaks_against_the_other() -> None:
    there, back = (explain(pipeline(), prompt("joke crash"), rows(), *pair) for pair in [LABELS[:2], LABELS[1::-1]])
    assert np.isclose(there.lead, -back.lead)
    assert np.allclose(there.words["amount"], -back.words["amount"])


def test_the_rows_that_carry_a_decision_are_named_with_their_labels() -> None:
    found = explain(pipeline(), rows().X.iloc[[3]], rows(), most=2).examples
    place = {identity: position for position, identity in enumerate(rows().ids)}
    assert list(found["text"]) == [rows().X["prompt_text"].iloc[place[identity]] for identity in found["id"]]
    assert list(found["label"]) == [rows().y[place[identity]] for identity in found["id"]]
    assert (found["pull"] > 0).tolist() == [True, True, False, False]
    assert found["pull"].iloc[0] >= found["pull"].iloc[1]
    assert found["pull"].iloc[2] <= found["pull"].iloc[3]


def test_a_row_is_most_similar_to_itself() -> None:
    for head in HEADS:
        found = explain(pipeline(head), rows().X.iloc[[3]], rows()).examples.set_index("id")
        assert np.isclose(found.loc[rows().ids[3], "similarity"], 1, atol=1e-5)
        assert found["similarity"].max() < 1 + 1e-5


@pytest.mark.parametrize("head", ["svm", "logistic"])
def test_a_linear_head_names_the_most_similar_rows_of_both_labels_without_a_pull(head: HeadName) -> None:
    found = explain(pipeline(head), prompt("crash"), rows(), "code.debug", "talk", most=3).examples
    assert list(found["label"]) == ["code.debug"] * 3 + ["talk"] * 3
    assert found["pull"].isna().all()
    assert (np.diff(found["similarity"].iloc[:3]) <= 0).all()


def test_landmarks_name_the_most_similar_rows_without_a_pull() -> None:
    model, X = pipeline(), pipeline()[:-1].transform(rows().X)
    exact = model[-1].head_
    model[-1].head_ = KernelRidgeClassifier(exact.views, most_exact=10, landmarks=20).fit(X, rows().y)
    try:
        found = explain(model, prompt("crash joke"), rows())
    finally:
        model[-1].head_ = exact
    assert found.examples["pull"].isna().all()
    assert np.isclose(found.before + found.views["amount"].sum(), found.lead, rtol=0, atol=1e-5)


def test_a_model_of_the_embedding_alone_is_explained_by_it_and_by_its_rows() -> None:
    found = explain(without_words(), prompt("joke"), rows(), most=len(rows().y))
    assert list(found.views["view"]) == ["embedding"]
    assert np.isclose(found.before + found.views["amount"].sum(), found.lead, rtol=0, atol=1e-5)
    assert np.isclose(found.before + found.examples["pull"].sum(), found.lead, rtol=0, atol=1e-5)
    assert found.words["amount"].tolist() == [0.0]
    assert found.features.empty


def test_features_show_what_was_counted_and_the_largest_first() -> None:
    found = explain(pipeline(), prompt("Why? Why? Why?"), rows()).features
    assert found.set_index("feature").loc["question_marks", "value"] == 3
    assert (np.diff(found["amount"].abs()) <= 0).all()


def test_an_empty_prompt_has_an_explanation_without_words() -> None:
    assert explain(pipeline(), prompt(""), rows()).words.empty


def test_other_training_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="not the rows that the model was trained on"):
        explain(pipeline(), prompt("joke"), rows(seed=1))


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"label": "tea"}, "'tea' is none of the model's 5 labels"),
        ({"label": "talk", "rival": "talk"}, "are both 'talk'"),
        ({"prompt": rows().X.iloc[:2]}, "takes one prompt, got 2"),
    ],
)
def test_what_cannot_be_explained_is_refused(wanted: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        explain(pipeline(), **({"prompt": prompt("joke"), "train": rows()} | wanted))


def test_a_model_of_one_label_and_a_model_of_another_kind_are_refused() -> None:
    alone = Pipeline([("columns", joined_columns()), ("classifier", HierarchicalIntentClassifier())])
    with pytest.raises(ValueError, match="knows one label, 'a'"):
        explain(alone.fit(rows().X, np.array(["a"] * len(rows().y), dtype=object)), prompt("joke"), rows())
    with pytest.raises(ValueError, match="intent classifier can be explained"):
        explain(fitted("complexity_model").estimator, prompt("joke"), rows())


def test_a_word_of_the_taxonomy_is_named_where_it_carries_the_decision() -> None:
    train = rows()
    words = Examples(train.X.iloc[[3]].assign(prompt_text="said of it"), train.y[[3]], ("it: name",))
    both = Split(train, train, words)
    model = clone(pipeline()).fit(both.learnt.X, both.learnt.y)
    found = explain(model, rows().X.iloc[[3]], both.learnt, most=2).examples
    assert "said of it" in set(found.loc[found["id"] == "it: name", "text"])
