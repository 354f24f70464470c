"""The picture of a search, also of one that went badly."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from drawing import drawn
from matplotlib.figure import Figure

from workbench.models.search import Choice, Found, Range, Score, Trial, best_of, table_of
from workbench.plots.search import search_history

SPACE = (Range("alpha", 0.01, 100, 1.0, log=True), Range("degree", 1, 4, 2, whole=True), Choice("flag", (True, False)))


def found(losses: Sequence[float | None]) -> Found:
    trials = [
        Trial(n, {"alpha": 10 ** (n % 5 - 2), "degree": 1 + n % 4, "flag": n % 2 == 0}, loss and Score(loss), 0.1, "")
        for n, loss in enumerate(losses)
    ]
    best = best_of(trials)
    assert best is not None
    assert best.score is not None
    default = math.nan if losses[0] is None else losses[0]
    return Found(best.parameters, best.score.loss, default, table_of(SPACE, trials), 0)


def title(figure: Figure) -> str:
    return str(figure.get_suptitle())


def test_one_panel_for_the_trials_and_one_for_each_parameter() -> None:
    figure = search_history(found([0.5, 0.4, 0.6, 0.3]), SPACE)
    assert [axes.get_xlabel() for axes in figure.axes if axes.get_visible()] == ["trial", "alpha", "degree", "flag"]
    assert title(figure) == "4 trials: lowest loss 0.3 in trial 03, 0.2 below the defaults"
    drawn(figure)


def test_a_loss_far_from_the_others_does_not_flatten_them() -> None:
    figure = search_history(found([0.5, 0.4, 40.0, 0.3, 0.45, 0.35]), SPACE)
    drawn(figure)
    assert figure.axes[0].get_ylim()[1] < 1.0


@pytest.mark.parametrize("losses", [[0.5], [None, 0.5], [0.5, None, None], [None, None, 0.2, 0.2], [0.4, 0.4, 0.4]])
def test_a_search_that_went_badly_is_drawn_too(losses: list[float | None]) -> None:
    figure = search_history(found(losses), SPACE)
    assert ("the defaults failed" in title(figure)) == (losses[0] is None)
    drawn(figure)
