"""A report's tables become pictures."""

from __future__ import annotations

import pytest
from drawing import drawn
from small_data import fitted, split

from workbench.evaluation.judge import judge_complexity, judge_intent
from workbench.jobs.figures import report_figures
from workbench.records import ModelType

COMMON = {"against_baselines", "per_class_f1", "calibration", "reliability", "coverage_risk"}
OF_THEIR_OWN: dict[ModelType, set[str]] = {
    "intent_classifier": {"confusion", "sets", "per_branch"},
    "complexity_model": {"confusion", "cumulative_calibration"},
}


@pytest.mark.parametrize("kind", list(OF_THEIR_OWN))
def test_every_table_that_a_person_would_rather_look_at_is_drawn(kind: ModelType) -> None:
    judge = judge_intent if kind == "intent_classifier" else judge_complexity
    parts = split(kind)
    figures = report_figures(judge(fitted(kind), parts, parts.test.y, 0))
    assert set(figures) >= COMMON | OF_THEIR_OWN[kind]
    for figure in figures.values():
        drawn(figure)
