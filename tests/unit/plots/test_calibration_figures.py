"""Pictures of stated and found: probabilities and conformal sets."""

from __future__ import annotations

import numpy as np
import pandas as pd
from drawing import drawn

from workbench.evaluation.calibration import reliability
from workbench.evaluation.ordinal import cumulative_reliability
from workbench.evaluation.sets import conditional_coverage
from workbench.plots.reliability import cumulative_calibration, reliability_panels
from workbench.plots.sets import conformal_sets, coverage_by_group
from workbench.plots.style import BLUE, ORANGE

CONFIDENCE = np.linspace(0.05, 0.95, 60)
CORRECT = np.arange(60) % 3 > 0
TABLE = reliability(CONFIDENCE, CORRECT, 5)


def test_each_bin_has_a_mark_its_interval_and_its_share_of_the_rows() -> None:
    axes = reliability_panels({"new": TABLE}).axes[0]
    marks = [line.get_xydata()[0] for line in axes.lines if line.get_marker() == "o"]
    assert np.allclose(marks, TABLE[["confidence", "accuracy"]])
    whiskers = [line.get_ydata() for line in axes.lines if line.get_color() == ORANGE]
    assert np.allclose(whiskers, TABLE[["accuracy_low", "accuracy_high"]])
    heights = np.array([bar.get_height() for bar in axes.patches])
    assert np.allclose(heights / heights.max(), TABLE["rows"] / TABLE["rows"].max())


def test_every_model_has_a_panel_of_its_own_and_no_panel_is_left_empty() -> None:
    figure = reliability_panels({f"model {n}": TABLE for n in range(5)})
    drawn(figure)
    assert [axes.get_title(loc="left") for axes in figure.axes if axes.get_visible()] == [
        f"model {n} (60 rows)" for n in range(5)
    ]


def test_complexity_has_a_panel_for_each_step_up() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(5), 80)
    truth = np.arange(80) % 5 + 1
    figure = cumulative_calibration(cumulative_reliability(probabilities, np.arange(1, 6), truth))
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        f"more complex than {k} (80 rows)" for k in range(1, 5)
    ]


SETS = pd.DataFrame(
    [
        ("subtree", 0.9, 0.92, 0.88, 0.95, 1.5),
        ("subtree", 0.95, 0.96, 0.93, 0.98, 2.0),
        ("labels", 0.9, 0.89, 0.84, 0.93, 1.2),
        ("labels", 0.95, 0.95, 0.92, 0.97, 1.4),
    ],
    columns=["shape", "stated", "coverage", "low", "high", "labels"],
)


def test_sets_show_coverage_and_size_at_each_stated_coverage() -> None:
    figure = conformal_sets(SETS)
    drawn(figure)
    left, right = figure.axes
    assert [list(line.get_ydata()) for line in left.lines[1:]] == [[0.92, 0.96], [0.89, 0.95]]
    assert [list(line.get_ydata()) for line in right.lines] == [[1.5, 2.0], [1.2, 1.4]]
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["as stated", "one subtree", "several labels"]


def test_sets_of_one_shape_can_be_drawn() -> None:
    drawn(conformal_sets(SETS[SETS["shape"] == "labels"]))


def test_groups_that_are_clear_of_the_stated_coverage_stand_out() -> None:
    truth = ["a"] * 50 + ["b.x"] * 50
    sets = [("a",)] * 45 + [("b",)] * 5 + [("a",)] * 50
    axes = coverage_by_group(conditional_coverage(sets, truth, "subtree", 0.9), 0.9).axes[0]
    marks = {line.get_ydata()[0]: line.get_color() for line in axes.lines if line.get_marker() in ("o", "s")}
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert {names[place]: colour for place, colour in marks.items()} == {
        "branch b (50)": ORANGE,
        "branch a (50)": BLUE,
        "depth 2 (50)": ORANGE,
        "depth 1 (50)": BLUE,
    }
