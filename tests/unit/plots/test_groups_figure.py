"""What changed, class by class."""

from __future__ import annotations

import pandas as pd
from drawing import drawn

from workbench.plots.groups import largest_changes
from workbench.plots.style import BLUE, GREY, ORANGE


def table(*rows: tuple[str, str, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["kind", "group", "difference", "low", "high"]).assign(rows=8)


CHANGES = table(
    ("intent", "up", 0.4, 0.1, 0.7),
    ("branch", "down", -0.5, -0.8, -0.2),
    ("intent", "perhaps", -0.1, -0.4, 0.2),
    ("intent", "same", 0.0, -0.3, 0.3),
)


def test_losses_stand_on_top_and_what_stayed_is_left_out() -> None:
    figure = largest_changes(CHANGES)
    drawn(figure)
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["branch down (8)", "perhaps (8)", "up (8)"]


def test_what_may_be_chance_is_grey() -> None:
    lines = largest_changes(CHANGES).axes[0].lines[1:]
    assert [line.get_color() for line in lines[::2]] == [ORANGE, GREY, BLUE]


def test_of_many_the_largest_changes_are_shown() -> None:
    figure = largest_changes(CHANGES, most=2)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["branch down (8)", "up (8)"]
    assert "1 smaller changes not shown" in figure.axes[0].get_xlabel()


def test_where_nothing_changed_there_is_an_empty_picture() -> None:
    figure = largest_changes(CHANGES[CHANGES["group"] == "same"])
    drawn(figure)
    assert figure.axes[0].get_yticklabels() == []
