"""Figures of a selector: every row is there, and what is synthetic says so."""

from __future__ import annotations

import pandas as pd
from drawing import drawn
from matplotlib.figure import Figure

from workbench.plots.rankings import ranking_leads
from workbench.plots.selector import cost_quality_frontier, what_is_known

FRONTIER = pd.DataFrame(
    [
        ("choice", "0", 0.0, 90.0, 0.1, 0.05, 0.15),
        ("choice", "1", 1.0, 20.0, 0.0, -0.01, 0.01),
        ("always", "steps", None, 80.0, 0.06, 0.0, 0.12),
        ("always", "plain", None, 20.0, 0.0, 0.0, 0.0),
    ],
    columns=["kind", "name", "cost_weight", "tokens", "gain", "low", "high"],
)
KNOWN = pd.DataFrame(
    {
        "technique": ["a", "b"],
        "gain": [0.1, -0.1],
        "low": [0.05, -0.2],
        "high": [0.15, 0.1],
        "labelled": [3, 0],
        "logged": [1200, 0],
    }
)


def shown(figure: Figure) -> Figure:
    drawn(figure)
    return figure


def test_the_frontier_names_what_is_chosen_and_what_is_always_used() -> None:
    (axes,) = shown(cost_quality_frontier(FRONTIER)).axes
    assert {text.get_text() for text in axes.texts} == {"steps", "plain"}
    assert axes.get_title(loc="left") == "Cost and quality"
    (marked,) = shown(cost_quality_frontier(FRONTIER, is_synthetic=True)).axes
    assert "synthetic" in marked.get_title(loc="left")


def test_each_technique_stands_with_what_is_known_of_it() -> None:
    (axes,) = shown(what_is_known(KNOWN, is_synthetic=True)).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a (3 / 1,200)", "b (0 / 0)"]
    assert "synthetic" in axes.get_title(loc="left")


def test_each_other_ranking_has_a_line_in_each_panel() -> None:
    rows = [
        (other, metric, 0.5, 0.4, 0.1, 0.05, 0.15, 0.01)
        for other in ("x", "y")
        for metric in ("ndcg_at_5", "map", "recall_at_5", "hit_at_1")
    ]
    columns = ["other", "metric", "ours", "theirs", "difference", "low", "high", "p_value"]
    figure = shown(ranking_leads(pd.DataFrame(rows, columns=columns)))
    assert len(figure.axes) == 3
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["x", "y"]
    assert all([text.get_text() for text in axes.texts] == ["+0.100", "+0.100"] for axes in figure.axes)
