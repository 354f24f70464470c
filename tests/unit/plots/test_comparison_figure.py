"""One model beside another."""

from __future__ import annotations

from dataclasses import replace

from drawing import drawn

from workbench.evaluation.paired import Comparison
from workbench.plots.comparison import SideBySide, differences, side_by_side
from workbench.plots.style import BLUE, GREY, ORANGE


def test_each_model_type_has_a_line_the_first_on_top() -> None:
    figure = side_by_side([SideBySide("intent", 0.9, 0.8, 0.7), SideBySide("complexity", 0.5, 0.6, 0.4)])
    drawn(figure)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["complexity", "intent"]
    marks = {(line.get_label(), *line.get_xydata()[0]) for line in figure.axes[0].lines}
    assert {("new", 0.9, 1), ("live", 0.8, 1), ("best baseline", 0.4, 0)} <= marks


def test_the_legend_names_each_contender_once() -> None:
    figure = side_by_side([SideBySide("intent", 0.9, 0.8, 0.7), SideBySide("complexity", 0.5, None, 0.4)])
    names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert sorted(names) == ["best baseline", "live", "new"]


def test_without_a_champion_there_is_no_mark_for_it() -> None:
    figure = side_by_side([SideBySide("intent", 0.9, None, 0.7)])
    assert [line.get_label() for line in figure.axes[0].lines] == ["best baseline", "new"]


ACCURACY = Comparison("accuracy", 0.94, 0.93, 0.01, 0.004, 0.016, 0.01, "Tango interval, McNemar mid-p")
ERROR = Comparison("ece", 0.03, 0.02, 0.01, 0.004, 0.016, 0.01, "paired bootstrap")


def test_to_the_right_is_better_whatever_the_score() -> None:
    more, less = differences([ACCURACY, ERROR]).axes
    assert more.get_xlim()[0] < more.get_xlim()[1]
    assert less.get_xlim()[0] > less.get_xlim()[1]
    assert [axes.lines[-1].get_color() for axes in (more, less)] == [BLUE, ORANGE]


def test_a_difference_whose_interval_holds_0_is_grey_and_its_numbers_are_written() -> None:
    axes = differences([replace(ACCURACY, low=-0.001)]).axes[0]
    assert axes.lines[-1].get_color() == GREY
    assert [text.get_text() for text in axes.texts] == ["+0.0100 (-0.0010 to +0.0160), p = 0.010"]


def test_models_without_any_difference_can_be_drawn() -> None:
    for rows in ([], [replace(ACCURACY, difference=0.0, low=0.0, high=0.0)]):
        drawn(differences(rows))
