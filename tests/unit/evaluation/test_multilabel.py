"""Scores of sets of intents: scikit-learn's numbers, paired on the same rows, beside two plain baselines."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from drawing import drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, precision_recall_fscore_support
from sklearn.preprocessing import MultiLabelBinarizer
from small_data import TECHNIQUES, frame, recipe, training_set
from small_data import fitted as plainly_fitted
from small_data import split as plain_split

from workbench.evaluation.baselines import companions
from workbench.evaluation.judge import judge_intent
from workbench.evaluation.multilabel import PRIMARY_ONLY, SCOPES, USUAL, multilabel_of, set_scores
from workbench.jobs import data, training
from workbench.jobs.describe import describe
from workbench.jobs.figures import report_figures
from workbench.plots.intent_sets import scores_of_sets
from workbench.records import Fitted, Report, Split

LABELS = st.lists(st.sampled_from("abcde"), max_size=3, unique=True).map(tuple)
ROWS = st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=25)


@cache
def judged() -> tuple[Split, Fitted, Report]:
    """Every other prompt also wants the intent before its own, and its embedding leans there."""
    table = frame(150)
    names = sorted(set(table["primary"]))
    other = [(names.index(label) - 1) % len(names) for label in table["primary"]]
    table["secondary"] = [[names[label]] if row % 2 else [] for row, label in enumerate(other)]
    lean = [0.6 * (row % 2) * np.eye(384, dtype=np.float32)[label] for row, label in enumerate(other)]
    table["embedding"] = [vector + more for vector, more in zip(table["embedding"], lean, strict=True)]
    parts = data.split(training_set(table), recipe("intent_classifier"), TECHNIQUES)
    model = training.fit(recipe("intent_classifier"), parts, TECHNIQUES)
    return parts, model, judge_intent(model, parts, parts.test.y, 0)


@settings(max_examples=60)
@given(ROWS, st.integers(0, 999))
def test_the_scores_are_scikit_learns_on_any_resample(pairs: list[tuple[tuple[str, ...], ...]], seed: int) -> None:
    rows = np.random.default_rng(seed).integers(0, len(pairs), len(pairs))
    weights = np.bincount(rows, minlength=len(pairs)).astype(float)[None, :]
    found = {name: float(score(weights)[0]) for name, score in multilabel_of(*zip(*pairs, strict=True)).items()}
    drawn_rows = [pairs[row] for row in rows]
    hot = MultiLabelBinarizer().fit([labels for pair in drawn_rows for labels in pair])
    true, given_ = (hot.transform([pair[side] for pair in drawn_rows]) for side in (0, 1))
    if not hot.classes_.size:
        assert found == dict.fromkeys(found, 0.0) | {"jaccard": 1.0, "exact_set": 1.0}
        return
    for average in ("micro", "macro"):
        # Of a single label scikit-learn would also score its absence.
        over = average if len(hot.classes_) > 1 else "binary"
        expected = precision_recall_fscore_support(true, given_, average=over, zero_division=0)[:3]
        assert [found[f"{average}_{name}"] for name in ("precision", "recall", "f1")] == pytest.approx(expected)
    assert found["exact_set"] == pytest.approx(accuracy_score(true, given_))
    both, either = (true & given_).sum(axis=1), (true | given_).sum(axis=1)
    assert found["jaccard"] == pytest.approx(np.where(either > 0, both / np.maximum(either, 1), 1).mean())


def test_a_label_said_twice_counts_once() -> None:
    once, twice = (multilabel_of([("a", "b")], [given]) for given in (("a",), ("a", "a")))
    weights = np.ones((1, 1))
    assert {name: score(weights) for name, score in once.items()} == {
        name: score(weights) for name, score in twice.items()
    }


def test_a_missed_primary_given_as_a_secondary_one_is_right_together_and_wrong_alone() -> None:
    found = set_scores([("a",), ("b",)], [("b", "a"), ("b",)], {PRIMARY_ONLY: [("b",), ("b",)]}, 0)
    assert found.metrics["all_intents_micro_recall"] == 1
    assert found.metrics["secondary_micro_precision"] == 0
    assert found.metrics["secondary_exact_set"] == 0.5


def test_the_difference_is_paired_and_zero_between_equals() -> None:
    random = np.random.default_rng(0)
    truth = [("a", "b") if more else ("a",) for more in random.random(80) < 0.5]
    ours = [labels if right else ("a",) for labels, right in zip(truth, random.random(80) < 0.8, strict=True)]
    found = set_scores(truth, ours, {"twin": ours, "none": [("a",)] * 80}, 0).tables
    against = found["intent_sets_against"].set_index(["of", "other", "metric"]).sort_index()
    assert (against.loc["all_intents", "twin"][["difference", "low", "high"]] == 0).all(axis=None)
    row = against.loc[("all_intents", "none", "micro_f1")]
    assert 0 < row["low"] < row["difference"] < row["high"]
    alone = found["intent_sets"].set_index(["of", "who", "score"]).loc[("all_intents", "this model", "micro_f1")]
    other = found["intent_sets"].set_index(["of", "who", "score"]).loc[("all_intents", "none", "micro_f1")]
    assert row["difference"] == pytest.approx(alone["value"] - other["value"])
    assert row["high"] - row["low"] < alone["high"] - alone["low"] + other["high"] - other["low"]


def test_every_score_lies_in_its_interval() -> None:
    table = judged()[2].tables["intent_sets"]
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()
    assert set(table["of"]) == set(SCOPES)
    assert set(table["who"]) == {"this model", PRIMARY_ONLY, USUAL}


def test_a_report_judges_the_models_own_secondary_intents() -> None:
    parts, model, report = judged()
    answers = model.estimator[-1].predict_secondary(model.estimator[:-1].transform(parts.test.X))
    exact = [set(given) == set(true) for given, true in zip(answers, parts.test.secondary, strict=True)]
    assert report.metrics["secondary_exact_set"] == pytest.approx(np.mean(exact))
    assert 0 < np.mean([bool(given) for given in answers]) < 1
    none = report.tables["intent_sets"].set_index(["of", "who", "score"]).loc[("secondary", PRIMARY_ONLY, "micro_f1")]
    assert none["value"] == 0
    assert report.metrics["secondary_micro_f1"] > 0.6


def test_nothing_is_judged_where_no_test_prompt_has_any_or_the_model_gives_none() -> None:
    parts, model, _ = judged()
    silent = replace(parts, test=replace(parts.test, secondary=((),) * len(parts.test.ids)))
    assert "intent_sets" not in judge_intent(model, silent, parts.test.y, 0).tables

    class Plain:
        predict_proba = staticmethod(model.estimator.predict_proba)

    other = judge_intent(Fitted(Plain(), model.labels, 0.1), parts, parts.test.y, 0)
    assert "intent_sets" not in other.tables
    assert not any(name.startswith("secondary") for name in other.metrics)


def test_a_model_that_learnt_none_is_judged_as_giving_none() -> None:
    parts = judged()[0]
    bare = Split(replace(parts.train, secondary=()), parts.test)
    report = judge_intent(training.fit(recipe("intent_classifier"), bare, TECHNIQUES), bare, parts.test.y, 0)
    assert report.metrics["secondary_micro_f1"] == 0
    table = report.tables["intent_sets_against"]
    assert (table[table["other"].isin([PRIMARY_ONLY, USUAL])]["difference"] == 0).all()


def test_a_split_keeps_the_secondary_intents_of_its_rows() -> None:
    parts = judged()[0]
    for part in (parts.train, parts.test):
        odd = [int(name.removeprefix("row-")) % 2 == 1 for name in part.ids]
        assert [bool(further) for further in part.secondary] == odd
    assert plain_split("intent_classifier").test.secondary == ()


def test_the_usual_companions_are_those_that_help_the_other_rows() -> None:
    labels = np.array(["a"] * 10 + ["b"] * 10 + ["c"] * 3, dtype=object)
    further = [("x",)] * 8 + [()] * 2 + [("y",)] + [()] * 9 + [("x", "z")] * 3
    found = companions(labels, further, np.array(["a", "b", "c", "new"], dtype=object))
    assert found == [("x",), (), ("x", "z"), ()]


def test_companions_that_never_come_again_are_none() -> None:
    labels = np.array(["a", "a", "b", "c"], dtype=object)
    assert companions(labels, [("x",), ("y",), ("z",), ()], labels) == [()] * 4
    assert companions(labels, [()] * 4, labels) == [()] * 4


def test_the_description_says_what_secondary_intents_are_worth() -> None:
    _, _, report = judged()
    text = describe(recipe("intent_classifier"), training_set(), report)
    (line,) = [line for line in text.splitlines() if line.startswith("Secondary intents: F1 ")]
    assert f"F1 {report.metrics['secondary_micro_f1']:.3f}; with the primary one" in line
    assert f"{report.metrics['all_intents_micro_f1']:.3f}, against" in line
    assert f"of {PRIMARY_ONLY} (difference +" in line
    parts, model = plain_split("intent_classifier"), plainly_fitted("intent_classifier")
    plain = describe(recipe("intent_classifier"), training_set(), judge_intent(model, parts, parts.test.y, 0))
    assert "Secondary intents" not in plain


def test_sets_of_intents_are_drawn_with_a_mark_for_everybody() -> None:
    figure = report_figures(judged()[2])["intent_sets"]
    drawn(figure)
    left, right = figure.axes
    assert [text.get_text() for text in left.get_yticklabels()][:3] == ["micro precision", "micro recall", "micro f1"]
    assert len(left.lines) == len(right.lines) == 3
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["this model", PRIMARY_ONLY, USUAL]
    table = judged()[2].tables["intent_sets"]
    drawn(scores_of_sets(table[table["who"] == "this model"]))
