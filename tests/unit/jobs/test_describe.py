"""What a reviewer reads first agrees with the report."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_data import recipe, training_set

from workbench.jobs.describe import HEADLINE, describe
from workbench.records import MODEL_TYPES, Examples, ModelType, Report

CLASSES = pd.DataFrame(
    {"label": ["a.x", "b", "c", "unseen"], "f1": [0.9, 0.25, 0.25, 0.0], "support": [30, 4, 6, 0], "precision": 1.0}
)
METRICS = {
    **dict.fromkeys([name for _, _, names in HEADLINE.values() for name in names], 0.5),
    "accuracy_low": 0.7,
    "accuracy_high": 0.9,
}


def report(model_type: ModelType = "intent_classifier", best: float = 0.5) -> Report:
    baselines = {"majority": {"accuracy": 0.1, "macro_f1": 0.01}, "nearest": {"accuracy": best, "macro_f1": 0.4}}
    return Report(model_type, 0.8, 0.75, METRICS, baselines, CLASSES, pd.DataFrame(), 100, 40)


def described(found: Report) -> str:
    return describe(recipe(found.model_type), training_set(), found)


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_every_model_type_is_described(model_type: ModelType) -> None:
    text = described(report(model_type))
    assert text.startswith(f"## {HEADLINE[model_type][0]} on `small`")
    assert "**Accuracy 0.800** (95 % interval 0.700 to 0.900; " in text
    assert "macro F1 0.750, on 40 test prompts after 100 training prompts." in text


def test_every_baseline_has_a_row_below_the_model() -> None:
    rows = [line for line in described(report()).splitlines() if line.startswith("|")]
    assert rows[2:] == [
        "| **this model** | **0.800** | **0.750** |",
        "| majority | 0.100 | 0.010 |",
        "| nearest | 0.500 | 0.400 |",
    ]


@pytest.mark.parametrize(
    ("best", "verdict"),
    [
        (0.5, "The best baseline (nearest) lies 30.0 points lower, below the interval."),
        (0.75, "The best baseline (nearest) lies 5.0 points lower, but **within the interval**."),
        (0.7, "The best baseline (nearest) lies 10.0 points lower, but **within the interval**."),
        (0.8, "**It does not beat the best baseline** (nearest, 0.800)."),
        (0.9, "**It does not beat the best baseline** (nearest, 0.900)."),
    ],
)
def test_the_verdict_says_whether_the_best_baseline_is_beaten(best: float, verdict: str) -> None:
    assert verdict in described(report(best=best)).splitlines()


def test_the_weakest_classes_that_were_tested_are_named() -> None:
    weak = "Weakest classes (F1, test prompts): `b` 0.25 (4), `c` 0.25 (6), `a.x` 0.90 (30)."
    assert weak in described(report()).splitlines()
    many = pd.concat([CLASSES.assign(label=CLASSES["label"] + str(n)) for n in range(9)])
    assert described(replace(report(), per_class=many)).count("0.25") == 5


def test_sets_that_hold_the_truth_less_often_than_stated_are_told_of() -> None:
    found = {"subtree_set_coverage": 0.7, "subtree_set_coverage_low": 0.55, "subtree_set_coverage_high": 0.82}
    assert "held it in 70.0 % (55.0 to 82.0)" in described(replace(report(), metrics=METRICS | found))
    assert "hold the truth" not in described(report())


def test_the_data_and_the_encoder_are_named() -> None:
    assert "sha256 `dddddddddddddddd…`, embeddings by `made up@0`, seed 7." in described(report())


def test_a_ranking_is_described_beside_others_and_by_what_outcomes_say() -> None:
    against = pd.DataFrame(
        {"other": ["most popular"] * 2, "metric": ["ndcg_at_5", "map"], "difference": 0.35, "low": 0.32, "high": 0.38}
    )
    regret = pd.DataFrame(
        {
            "language_model": ["", "m"],
            "policy": ["selector", "selector"],
            "decisions": [1200, 700],
            "over_best_fixed": [0.012, 0.0],
            "fixed_low": [0.002, -0.01],
            "fixed_high": [0.022, 0.01],
            "synthetic": [1200, 0],
            "problem": ["", ""],
        }
    )
    found = replace(report("technique_selector"), tables={"ranking_against": against, "regret": regret})
    lines = described(found).splitlines()
    assert "NDCG@5 beside others, paired: +0.350 (+0.320 to +0.380) to most popular." in lines
    said = [line for line in lines if line.startswith("On ")]
    assert said[0] == (
        "On 1,200 logged decisions (1,200 of them synthetic) choosing by outcomes is worth +0.012 (+0.002 to +0.022) "
        "over the best fixed arm."
    )
    assert said[1].startswith("On 700 logged decisions of m (0 of them synthetic)")
    assert not any("SYNTHETIC" in line for line in lines)
    learnt = replace(recipe("technique_selector"), options={"synthetic_outcomes": True})
    assert "SYNTHETIC outcomes" in describe(learnt, training_set(), found)


def test_words_of_the_taxonomy_are_counted_where_a_model_learnt_from_them() -> None:
    words = Examples(pd.DataFrame({"prompt_text": ["small talk"]}), np.array(["talk"], dtype=object), ("talk: name",))
    learnt = replace(training_set(), words=words)
    said = "Learnt from 1 names, keywords and descriptions of intents too."
    assert said in describe(recipe("intent_classifier"), learnt, report())
    assert said not in describe(recipe("complexity_model"), learnt, report("complexity_model"))
    assert said not in described(report())
