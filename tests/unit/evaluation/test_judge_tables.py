"""What a report holds beyond its numbers, and of whom."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from small_data import WORDS, fitted, split

from workbench.evaluation.intervals import share
from workbench.evaluation.judge import judge_complexity, judge_intent
from workbench.models.build import labels_of
from workbench.models.intent import OUT_OF_SCOPE
from workbench.records import Examples, Fitted, Report, Split

OUTSIDE = "talk.small.joke"
SHARED = {"per_class", "coverage_risk", "risk_at_coverage", "reliability", "against_others"}


@cache
def with_outside() -> tuple[Fitted, Report]:
    """One of the intents is declared to be no intent."""
    parts = split("intent_classifier")
    estimator = clone(fitted("intent_classifier").estimator)
    estimator[-1].set_params(out_of_scope=OUTSIDE)
    model = Fitted(estimator.fit(parts.train.X, parts.train.y), labels_of(estimator), 0.1)
    return model, judge_intent(model, parts, parts.test.y, 0)


@cache
def complexity() -> Report:
    parts = split("complexity_model")
    return judge_complexity(fitted("complexity_model"), parts, parts.test.y, 0)


class Plain:
    """Nothing but probabilities."""

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        return np.tile(np.arange(1.0, 6.0) / 15, (len(X), 1))


class Uncalibrated(Plain):
    def predict_set(self, *_: object, **__: object) -> list[tuple[str, ...]]:
        raise ValueError("no training row could be held out")

    def decide(self, _: pd.DataFrame) -> np.ndarray:
        raise ValueError("no training row could be held out")


def judged(estimator: object, parts: Split | None = None) -> Report:
    parts = parts or split("intent_classifier")
    return judge_intent(Fitted(estimator, tuple(sorted(WORDS)), 0.1), parts, parts.test.y, 0)


def test_an_intent_report_has_its_tables() -> None:
    expected = SHARED | {"per_branch", "confusion", "sets", "set_coverage", "decisions", "out_of_scope"}
    assert set(with_outside()[1].tables) == expected
    assert all(len(table) for table in with_outside()[1].tables.values())


def test_a_complexity_report_has_its_tables() -> None:
    assert set(complexity().tables) == SHARED | {"cumulative_calibration", "cumulative_reliability"}


@pytest.mark.parametrize("estimator", [Plain(), Uncalibrated()])
def test_who_has_only_probabilities_is_judged_by_those(estimator: object) -> None:
    found = judged(estimator)
    assert set(found.tables) == SHARED | {"per_branch", "confusion"}
    assert not any("set" in name or "decided" in name for name in found.metrics)


def test_every_interval_holds_its_point() -> None:
    for found in (with_outside()[1], complexity()):
        scores = {
            **found.metrics,
            "accuracy": found.accuracy,
            "macro_f1": found.macro_f1,
            "ece": found.metrics["ece_debiased"],
        }
        named = {name.removesuffix("_low") for name in found.metrics if name.endswith("_low")}
        assert len(named) > 6
        for name in named:
            assert scores[f"{name}_low"] <= scores[name] + 1e-12, name
            assert scores[name] <= scores[f"{name}_high"] + 1e-12, name


def test_sets_and_decisions_are_the_models_own() -> None:
    model, found = with_outside()
    matrix, truth = model.estimator[:-1].transform(split("intent_classifier").test.X), split("intent_classifier").test.y
    sets = model.estimator[-1].predict_set(matrix, coverage=0.9, shape="labels")
    held = np.mean([label in nodes for nodes, label in zip(sets, truth, strict=True)])
    assert found.metrics["labels_set_coverage"] == pytest.approx(held)
    decided = model.estimator[-1].decide(matrix)
    assert found.metrics["decided_answered"] == pytest.approx(np.mean((decided != OUT_OF_SCOPE) & (decided != "")))
    recall = np.mean(decided[truth == OUTSIDE] == OUT_OF_SCOPE)
    assert found.metrics["out_of_scope_decided_recall"] == pytest.approx(recall)


def test_nobody_outside_in_the_test_rows_leaves_no_recall() -> None:
    model, _ = with_outside()
    parts = split("intent_classifier")
    rows = np.flatnonzero(parts.test.y != OUTSIDE)
    test = Examples(parts.test.X.iloc[rows], parts.test.y[rows], tuple(parts.test.ids[row] for row in rows))
    found = judge_intent(model, replace(parts, test=test), test.y, 0)
    assert "out_of_scope" not in found.tables
    assert "decisions" in found.tables


def test_a_complexity_model_is_compared_with_those_that_do_without_order_or_text() -> None:
    table = complexity().tables["against_others"]
    others = {"prompt length", "rounded ridge regression", "multinomial logistic regression"}
    assert others <= set(table["other"])
    assert {"accuracy", "quadratic_kappa", "mean_absolute_error"} <= set(table["metric"])
    told = table[(table["other"] == "nearest neighbour (pgvector)") & (table["metric"] == "accuracy")].iloc[0]
    assert told["theirs"] == 1
    assert told["difference"] == pytest.approx(complexity().accuracy - 1)


def test_the_probability_of_the_truth_is_kept_for_later_comparisons() -> None:
    table = complexity().predictions
    right = table["correct"].to_numpy(bool)
    assert np.allclose(table.loc[right, "probability_of_truth"], table.loc[right, "confidence"])
    assert -np.log(table["probability_of_truth"]).mean() == pytest.approx(complexity().metrics["log_loss"])


def test_the_right_branch_is_a_share_like_any_other() -> None:
    found = with_outside()[1]
    truth, predicted = (found.predictions[name].str.split(".").str[0] for name in ("truth", "predicted"))
    interval = share(int((truth == predicted).sum()), len(truth))
    assert (found.metrics["level_1_accuracy"], found.metrics["level_1_accuracy_low"]) == (interval.point, interval.low)
