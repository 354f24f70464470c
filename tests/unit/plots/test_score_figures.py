"""Figures of a report show the report's numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawing import drawn
from matplotlib.figure import Figure

from workbench.evaluation.intervals import share
from workbench.plots.scores import MOST_CLASSES, against_baselines, calibration, confusion, per_class_f1
from workbench.records import Report


def report(truth: list[str], predicted: list[str]) -> Report:
    table = pd.DataFrame({"truth": truth, "predicted": predicted})
    table["correct"] = table["truth"] == table["predicted"]
    table["confidence"] = np.linspace(0, 1, len(table))
    names = sorted(set(truth))
    classes = pd.DataFrame({"label": names, "f1": np.linspace(1, 0, len(names)), "support": 1})
    baselines = {"majority": {"accuracy": 0.2, "macro_f1": 0.1}, "nearest": {"accuracy": 0.0, "macro_f1": 0.0}}
    accuracy = float(table["correct"].mean())
    return Report("intent_classifier", accuracy, 0.5, {}, baselines, classes, table, 10, len(table))


def many(classes: int) -> Report:
    return report([f"c{n:02d}" for n in range(classes)], [f"c{(n + 1) % classes:02d}" for n in range(classes)])


SMALL = report(["a.x", "a.y", "a.y", "b"], ["a.x", "a.x", "b", "b"])


def ticks(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_yticklabels()]


@pytest.mark.parametrize("draw", [against_baselines, per_class_f1, confusion, calibration])
@pytest.mark.parametrize("shown", [SMALL, report(["a"], ["a"]), report(["a"], ["b"]), many(100)])
def test_every_figure_can_be_drawn(draw: object, shown: Report) -> None:
    drawn(draw(shown))


def test_the_model_stands_above_its_baselines() -> None:
    figure = against_baselines(SMALL)
    assert ticks(figure) == ["nearest", "majority", "this model"]
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.000", "0.200", "0.500"]


def test_the_weakest_class_stands_first_and_the_hidden_ones_are_counted() -> None:
    figure = per_class_f1(many(MOST_CLASSES + 2))
    assert len(ticks(figure)) == MOST_CLASSES
    assert ticks(figure)[0] == "c41 (1)"
    assert figure.axes[0].patches[0].get_y() > figure.axes[0].patches[-1].get_y()
    assert figure.axes[0].get_xlabel().endswith("; 2 better ones not shown")


def test_a_class_without_test_prompts_has_no_bar() -> None:
    unsupported = SMALL.per_class.assign(support=[0, 1, 1])
    assert ticks(per_class_f1(replace(SMALL, per_class=unsupported))) == ["b (1)", "a.y (1)"]


def test_confusion_is_between_branches_with_rows_that_sum_to_one() -> None:
    axes = confusion(SMALL).axes[0]
    assert np.allclose(axes.images[0].get_array(), [[2 / 3, 1 / 3], [0, 1]])
    assert [text.get_text() for text in axes.get_xticklabels()] == ["a", "b"]
    assert [text.get_text() for text in axes.texts] == ["67", "33", "100"]


def test_confusion_can_go_down_to_whole_labels() -> None:
    assert ticks(confusion(SMALL, level=None)) == ["a.x", "a.y", "b"]
    assert ticks(confusion(replace(SMALL, predictions=SMALL.predictions.assign(truth=1.0, predicted=2.0)), None)) == [
        "1.0",
        "2.0",
    ]


def test_of_many_classes_those_with_the_most_errors_are_shown() -> None:
    names = [f"c{n:02d}" for n in range(60)]
    shown = ticks(confusion(report(names, [*names[:58], "c59", "c58"])))
    assert len(shown) == MOST_CLASSES
    assert shown[-2:] == ["c58", "c59"]
    assert len(ticks(confusion(report(names, names)))) == MOST_CLASSES


def test_calibration_shows_a_mark_and_the_number_of_prompts_for_each_bin() -> None:
    axes = calibration(SMALL).axes[0]
    assert [text.get_text() for text in axes.texts] == ["1"] * 4
    marks = [line.get_xydata()[0] for line in axes.lines if line.get_marker() == "o"]
    assert np.allclose(marks, [[0, 1], [1 / 3, 0], [2 / 3, 0], [1, 1]])


def test_calibration_shows_the_interval_of_each_bin() -> None:
    sure = replace(SMALL, predictions=SMALL.predictions.assign(confidence=0.95))
    bar = next(
        line for line in calibration(sure).axes[0].lines if len(line.get_xdata()) == 2 and line.get_linewidth() == 2
    )
    assert np.allclose(bar.get_xydata(), [[0.95, share(2, 4).low], [0.95, share(2, 4).high]])
