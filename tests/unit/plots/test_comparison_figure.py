"""Challenger, champion and baseline side by side."""

from __future__ import annotations

from workbench.plots.comparison import SideBySide, side_by_side


def test_each_model_type_has_a_line_the_first_on_top() -> None:
    figure = side_by_side([SideBySide("intent", 0.9, 0.8, 0.7), SideBySide("complexity", 0.5, 0.6, 0.4)])
    figure.canvas.draw()
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
