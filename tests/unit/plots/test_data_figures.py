"""Figures of the training data, also of data that lack labels."""

from __future__ import annotations

import pandas as pd
import pytest
from drawing import drawn
from small_data import frame

from workbench.evaluation.intervals import Interval
from workbench.evaluation.learning import CurvePoint
from workbench.plots.data import MOST_CLASSES, class_balance, complexity_and_length, learning_curve, technique_shares

UNLABELLED = frame(6).assign(complexity=float("nan"), techniques=[[] for _ in range(6)])


@pytest.mark.parametrize("draw", [class_balance, complexity_and_length, technique_shares])
@pytest.mark.parametrize("table", [frame(), frame(1), UNLABELLED, frame().assign(is_test=True)])
def test_every_figure_can_be_drawn(draw: object, table: pd.DataFrame) -> None:
    drawn(draw(table))


def test_a_bar_holds_the_training_and_the_test_prompts_of_an_intent() -> None:
    axes = class_balance(frame(15)).axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()][-1] == "code"
    train, test = ([bar.get_width() for bar in bars] for bars in axes.containers)
    assert [a + b for a, b in zip(train, test, strict=True)] == [3] * 5
    assert sum(test) == 5


def test_of_many_intents_the_largest_are_shown() -> None:
    names = [f"i{n:03d}" for n in range(MOST_CLASSES + 5)]
    table = pd.DataFrame({"primary": names + names[5:], "is_test": False})
    shown = [text.get_text() for text in class_balance(table).axes[0].get_yticklabels()]
    assert sorted(shown) == names[5:]


def test_each_level_says_how_many_prompts_it_has() -> None:
    table = frame(4).assign(complexity=[1.0, 5.0, 5.0, float("nan")])
    axes = complexity_and_length(table).axes[0]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["1\n(1)", "5\n(2)"]


def test_a_technique_is_shown_by_the_share_of_prompts_that_name_it() -> None:
    table = frame(4).assign(techniques=[["x", "y"], ["x"], [], ["x"]])
    axes = technique_shares(table).axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["y", "x"]
    assert [bar.get_width() for bar in axes.patches] == [1 / 4, 3 / 4]


def test_a_learning_curve_names_each_accuracy() -> None:
    points = [CurvePoint(10, Interval(0.5, 0.4, 0.6)), CurvePoint(40, Interval(0.75, 0.7, 0.8))]
    figure = learning_curve(points)
    drawn(figure)
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.500", "0.750"]
    drawn(learning_curve([]))
