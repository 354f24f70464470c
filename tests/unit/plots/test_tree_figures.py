"""Pictures of where in the tree a model is weak, and where labels would help."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from drawing import drawn
from matplotlib.axes import Axes

from workbench.evaluation.label_gain import LabelGain
from workbench.evaluation.label_gain import label_gain as gain_of
from workbench.evaluation.learning import Growth
from workbench.evaluation.per_group import branch_table, class_table
from workbench.plots.branches import scores_with_intervals
from workbench.plots.confusion import ELSEWHERE, tree_confusion
from workbench.plots.label_gain import label_gain
from workbench.plots.style import BLUE, ORANGE

TRUTH = ["a", "a.x", "a.x", "a.x", "b.y", "b.y", "c"]
FOUND = ["a", "a.x", "a", "b.y", "b.y", "c", "c"]
ROWS = pd.DataFrame({"truth": TRUTH, "predicted": FOUND})


def ticks(axes: Axes) -> tuple[list[str], list[str]]:
    return tuple([text.get_text() for text in names] for names in (axes.get_yticklabels(), axes.get_xticklabels()))


def test_only_mistakes_are_coloured_and_every_count_is_written() -> None:
    axes = tree_confusion(ROWS).axes[0]
    assert ticks(axes) == (["a (1)", "a.x (3)", "b.y (2)", "c (1)"], ["a", "a.x", "b.y", "c"])
    shares = axes.images[0].get_array().filled(0)
    assert np.allclose(shares, [[0, 0, 0, 0], [1 / 3, 0, 1 / 3, 0], [0, 0, 0, 1 / 2], [0, 0, 0, 0]])
    written = {(text.get_position()[1], text.get_position()[0]): text.get_text() for text in axes.texts}
    assert written == {(0, 0): "1", (1, 0): "1", (1, 1): "1", (1, 2): "1", (2, 2): "1", (2, 3): "1", (3, 3): "1"}


def test_lines_part_the_branches() -> None:
    axes = tree_confusion(ROWS).axes[0]
    assert sorted(line.get_ydata()[0] for line in axes.lines if line.get_ydata()[0] == line.get_ydata()[1]) == [
        1.5,
        2.5,
    ]


def test_a_branch_shows_its_own_labels_and_the_rest_as_elsewhere() -> None:
    axes = tree_confusion(ROWS, "a").axes[0]
    assert ticks(axes) == (["a (1)", "a.x (3)"], ["a", "a.x", ELSEWHERE])
    assert np.isnan(axes.images[0].get_array().filled(np.nan)[:, 2]).all()


def test_of_many_labels_those_with_the_most_mistakes_are_shown() -> None:
    names = [f"l{n:02d}" for n in range(30)]
    swapped = [*names[:28], "l29", "l28"]
    rows = pd.DataFrame({"truth": names, "predicted": swapped})
    assert ticks(tree_confusion(rows, most=2).axes[0])[0] == ["l28 (1)", "l29 (1)"]


@pytest.mark.parametrize("rows", [ROWS.head(1), ROWS.assign(predicted="new"), ROWS.assign(predicted=TRUTH)])
def test_any_predictions_can_be_drawn(rows: pd.DataFrame) -> None:
    drawn(tree_confusion(rows))


def test_a_branch_without_prompts_is_refused() -> None:
    with pytest.raises(ValueError, match="no predictions to show for the branch 'tea'"):
        tree_confusion(ROWS, "tea")


def test_the_weakest_is_on_top_and_what_is_surely_below_the_overall_score_stands_out() -> None:
    truth = np.array(["good"] * 90 + ["bad"] * 90)
    table = class_table(truth, np.where(np.arange(180) % 3 == 0, "good", truth))
    axes = scores_with_intervals(table, "recall", overall=0.9).axes[0]
    assert ticks(axes)[0] == ["bad (90)", "good (90)"]
    marks = [(line.get_marker(), line.get_color()) for line in axes.lines if line.get_marker() in ("o", "s")]
    assert marks == [("s", ORANGE), ("o", BLUE)]


def test_branches_have_scores_too_and_the_hidden_ones_are_counted() -> None:
    axes = scores_with_intervals(branch_table(TRUTH, FOUND), "exact", by="branch", most=2).axes[0]
    assert ticks(axes)[0] == ["a (4)", "b (2)"]
    assert axes.get_xlabel().endswith("1 better ones not shown")


def gain(siblings: bool) -> LabelGain:
    random = np.random.default_rng(0)
    truth = np.repeat(np.array(["a.x", "a.y", "b", "c", "d", "e"], dtype=object), 40)
    other = np.where(truth == "a.x", "a.y" if siblings else "b", truth)
    answers = [np.where(random.random(240) < part, other, truth) for part in (0.9, 0.6, 0.3)]
    learnt = [random.permutation(np.tile(truth, 4))[:size] for size in (240, 480, 960)]
    return gain_of(Growth(truth, tuple(answers), tuple(learnt), np.array([a == truth for a in answers])), 0)


def test_the_largest_gain_is_on_top_and_drawn_as_a_curve() -> None:
    found = gain(siblings=False)
    left, right = label_gain(found, "intents").axes
    assert ticks(right)[0][0].startswith("a.x (")
    named = left.get_legend().get_texts()
    assert [text.get_text() for text in named] == list(found.intents["label"].head(4))
    first = next(line for line in left.lines if line.get_label() == "a.x")
    assert np.allclose(first.get_ydata(), found.curves.query("label == 'a.x'").sort_values("fraction")["accuracy"])


def test_errors_between_siblings_are_told_from_others() -> None:
    for siblings in (True, False):
        right = label_gain(gain(siblings), "intents").axes[1]
        hollow = [line for line in right.lines if line.get_marker() == "D"]
        assert len(hollow) == siblings
        assert ("hollow" in right.get_xlabel()) == siblings


def test_branches_are_ranked_and_the_hidden_ones_are_counted() -> None:
    figure = label_gain(gain(siblings=True), most=2)
    drawn(figure)
    assert ticks(figure.axes[1])[0][0].startswith("a (")
    assert figure.axes[1].get_xlabel().endswith("3 with less to gain not shown")
