"""Calibration, out of scope, support, rules: each refuses what it is there for, and nothing else."""

from __future__ import annotations

import tomllib

import numpy as np
import pandas as pd
import pytest

from workbench.evaluation import gate_guards
from workbench.evaluation.abstention import auroc
from workbench.evaluation.gate_rules import Groups, Rules, rules_of
from workbench.evaluation.paired_auroc import auroc_difference
from workbench.evaluation.verdict import Check
from workbench.records import MODEL_TYPES
from workbench.resources import shipped

RULES = Rules()


def stating(confidence: float, correct: np.ndarray, of_truth: float = 0.8) -> pd.DataFrame:
    columns = {"confidence": confidence, "probability_of_truth": of_truth}
    return pd.DataFrame({"truth": "a", "predicted": "a", "correct": correct, **columns})


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


RIGHT = np.arange(400) % 10 < 8


def test_a_model_that_became_overconfident_is_refused() -> None:
    found = by_name(gate_guards.calibration(stating(0.95, RIGHT), stating(0.8, RIGHT), RULES))
    assert not found["ece"].passed
    assert found["ece"].values["point"] == pytest.approx(0.15)
    assert "more than that, and more than chance explains" in found["ece"].sentence
    assert found["log_loss"].passed


def test_a_model_that_gives_the_truth_less_is_refused() -> None:
    found = by_name(gate_guards.calibration(stating(0.8, RIGHT, 0.7), stating(0.8, RIGHT, 0.8), RULES))
    assert found["log_loss"].values["point"] == pytest.approx(np.log(0.8 / 0.7))
    assert not found["log_loss"].passed
    assert found["ece"].passed


def test_a_better_calibrated_model_passes() -> None:
    found = gate_guards.calibration(stating(0.8, RIGHT, 0.9), stating(0.95, RIGHT, 0.8), RULES)
    assert [check.passed for check in found] == [True, True]


def test_a_harm_that_chance_explains_does_not_show() -> None:
    random = np.random.default_rng(0)
    few = np.arange(30) % 10 < 8
    ours, theirs = (stating(0.8, few).assign(confidence=random.uniform(0.6, 1, 30)) for _ in range(2))
    found = by_name(gate_guards.calibration(ours, theirs, Rules.model_validate({"calibration": {"ece": 0.0}})))
    assert found["ece"].passed
    assert found["ece"].values["low"] < 0 < found["ece"].values["high"]


def test_a_model_without_probabilities_is_not_asked_for_them() -> None:
    plain = pd.DataFrame({"truth": "a", "predicted": "a", "correct": RIGHT})
    assert gate_guards.calibration(plain, plain, RULES) == []
    assert gate_guards.stated(plain, RULES) == []


def test_a_first_model_has_to_be_calibrated_too() -> None:
    assert gate_guards.stated(stating(1.0, RIGHT), RULES)[0].passed
    (check,) = gate_guards.stated(stating(1.0, np.arange(400) % 10 < 7), RULES)
    assert not check.passed
    assert check.sentence == "Calibration error 0.300, at most 0.25 is allowed."


# out of scope


def asked(recognised: int, alarms: int, score: np.ndarray | None = None) -> pd.DataFrame:
    """100 prompts out of scope, 400 in scope."""
    predicted = ["oos"] * recognised + ["a"] * (100 - recognised) + ["oos"] * alarms + ["a"] * (400 - alarms)
    frame = pd.DataFrame({"truth": ["oos"] * 100 + ["a"] * 400, "predicted": predicted})
    return frame if score is None else frame.assign(out_of_scope_score=score)


def test_what_is_out_of_scope_has_to_be_recognised_as_often() -> None:
    found = by_name(gate_guards.out_of_scope(asked(70, 4), asked(90, 4), RULES))
    assert [name for name, check in found.items() if not check.passed] == ["out_of_scope"]
    assert found["out_of_scope"].values["point"] == pytest.approx(0.2)


def test_prompts_in_scope_may_not_be_sent_away_instead() -> None:
    found = by_name(gate_guards.out_of_scope(asked(95, 40), asked(90, 4), RULES))
    assert [name for name, check in found.items() if not check.passed] == ["false_alarms"]


def test_the_two_have_to_be_told_apart_as_well_as_before() -> None:
    random = np.random.default_rng(1)
    apart = np.concatenate([random.normal(3, 1, 100), random.normal(0, 1, 400)])
    blurred = apart + random.normal(0, 3, 500)
    found = by_name(gate_guards.out_of_scope(asked(90, 4, blurred), asked(90, 4, apart), RULES))
    assert not found["out_of_scope_auroc"].passed
    assert all(c.passed for c in gate_guards.out_of_scope(asked(90, 4, apart), asked(90, 4, blurred), RULES))


def test_without_prompts_out_of_scope_nothing_is_asked() -> None:
    assert gate_guards.out_of_scope(asked(90, 4)[100:], asked(90, 4)[100:], RULES) == []


def test_the_difference_of_two_areas_is_that_of_the_areas() -> None:
    random = np.random.default_rng(2)
    outside = np.arange(300) < 100
    scores = [outside * lift + random.normal(size=300) for lift in (1.5, 1.0)]
    found = auroc_difference(*scores, outside)
    areas = [auroc(score, outside).point for score in scores]
    assert found.point == pytest.approx(areas[0] - areas[1])
    assert auroc_difference(scores[0], 10 * scores[0], outside).point == 0


def test_the_interval_of_two_areas_covers_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    outside = np.arange(240) < 80
    missed = 0
    for _ in range(400):
        shared = random.normal(size=240) + outside
        found = auroc_difference(shared + random.normal(size=240), shared + random.normal(size=240), outside)
        missed += not found.low <= 0 <= found.high
    assert 8 <= missed <= 34


def test_areas_need_rows_on_both_sides() -> None:
    with pytest.raises(ValueError, match="1 of 3 rows are outside"):
        auroc_difference(np.arange(3.0), np.arange(3.0), np.array([True, False, False]))


# support and rules


def test_what_matters_needs_prompts_of_its_own() -> None:
    rules = Rules(groups=Groups(important=("a", "b")))
    frame = pd.DataFrame({"truth": ["a"] * 40 + ["b"] * 9})
    checks = gate_guards.support("intent_classifier", frame, rules)
    assert [check.passed for check in checks] == [True, False]
    assert checks[1].sentence == "Test prompts of what matters: b (9); 10 each are needed: too few."


def test_the_shipped_rules_are_read_and_those_of_one_type_change_no_other() -> None:
    shipped_rules = tomllib.loads(shipped("mlflow", "gates.toml").read_text(encoding="utf-8"))
    assert set(rules_of(shipped_rules)) == set(MODEL_TYPES)
    found = rules_of(shipped_rules | {"only": {"complexity_model": {"groups": {"class_margin": 0.2}}}})
    assert found["complexity_model"].groups.class_margin == 0.2
    assert found["complexity_model"].groups.branch_margin == found["intent_classifier"].groups.branch_margin
    assert found["intent_classifier"].groups.class_margin == 0.1


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ({"suport": {}}, "suport"),
        ({"groups": {"class_margins": 0.1}}, "class_margins"),
        ({"better": {"level": 0.9}}, "0.5"),
        ({"only": {"poetry": {}}}, "poetry"),
        ({"cost": {"megabytes": "much"}}, "megabytes"),
    ],
)
def test_a_rule_that_nobody_knows_is_refused(content: dict[str, object], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        rules_of(content)
