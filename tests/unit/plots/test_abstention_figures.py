"""Pictures of abstaining and of what is out of scope."""

from __future__ import annotations

import numpy as np
import pandas as pd
from drawing import drawn

from workbench.evaluation.abstention import coverage_risk, out_of_scope_row, out_of_scope_table
from workbench.plots.abstention import LEAST_COVERAGE, coverage_risk_curve, out_of_scope, out_of_scope_rules

RANDOM = np.random.default_rng(0)
OUTSIDE = np.arange(200) % 4 == 0
SCORE = RANDOM.normal(size=200) + 2 * OUTSIDE
RIGHT = RANDOM.random(200) < 0.9


def test_a_curve_ends_at_the_risk_of_answering_everything() -> None:
    curve = coverage_risk(-SCORE, RIGHT)
    axes = coverage_risk_curve({"new": curve, "live": curve}).axes[0]
    assert np.allclose(axes.lines[0].get_xydata()[-1], [1, np.mean(~RIGHT)])
    assert min(axes.lines[0].get_xdata()) >= LEAST_COVERAGE
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["new", "live"]


def test_two_curves_differ_in_more_than_colour() -> None:
    curve = coverage_risk(-SCORE, RIGHT)
    axes = coverage_risk_curve({"a": curve, "b": curve}).axes[0]
    assert axes.lines[0].get_linestyle() != axes.lines[1].get_linestyle()


def test_a_curve_of_one_point_can_be_drawn() -> None:
    drawn(coverage_risk_curve({"new": coverage_risk(np.array([0.5]), np.array([True]))}))


def test_the_score_is_shown_for_rows_in_and_out_of_scope() -> None:
    figure = out_of_scope(SCORE, OUTSIDE, RIGHT)
    drawn(figure)
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert legend == ["in scope (150)", "out of scope (50)"]
    assert np.allclose([patch.get_data().values.sum() for patch in figure.axes[0].patches], 1)
    assert figure.axes[1].texts[0].get_text().startswith("AUROC 0.9")


def test_each_rule_shows_recall_and_the_accuracy_that_is_left() -> None:
    table = out_of_scope_table(SCORE, OUTSIDE, RIGHT)
    decided = {"rule": "decided"} | out_of_scope_row(SCORE > 1, OUTSIDE, RIGHT)
    table = pd.concat([table, pd.DataFrame([decided])], ignore_index=True)
    axes = out_of_scope_rules(table).axes[0]
    recall, accuracy = (line.get_xdata() for line in axes.lines)
    assert np.allclose(recall, table["recall"])
    assert np.allclose(accuracy, table["in_scope_accuracy"])
    assert [text.get_text().replace("\n", " ") for text in axes.get_yticklabels()] == list(table["rule"])
