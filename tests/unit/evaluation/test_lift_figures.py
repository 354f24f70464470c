"""The figures of effectiveness say what they show."""

from __future__ import annotations

import pandas as pd
import pytest
from made_up import BASE, log_of, outcomes, truth

from workbench.evaluation.effectiveness import estimate_effectiveness
from workbench.evaluation.pooling import Effort
from workbench.plots.effectiveness import effectiveness_map
from workbench.plots.lift import lift_forest


@pytest.fixture(scope="module")
def estimates() -> pd.DataFrame:
    return estimate_effectiveness(log_of(outcomes(truth(), 2_000)), BASE, effort=Effort(2, 50, 100)).table


def test_a_figure_of_simulated_history_says_so(estimates: pd.DataFrame) -> None:
    titles = [f(estimates, is_synthetic=True).axes[0].get_title("left") for f in (lift_forest, effectiveness_map)]
    assert all(title.endswith("(synthetic history)") for title in titles)
    assert "synthetic" not in effectiveness_map(estimates).axes[0].get_title("left")


def test_the_forest_has_one_labelled_row_a_technique(estimates: pd.DataFrame) -> None:
    labels = [text.get_text() for text in lift_forest(estimates, "a").axes[0].get_yticklabels()]
    assert sorted(label.split(" (")[0] for label in labels) == sorted(BASE)


def test_the_map_shows_branches_only_and_leaves_gaps_blank(estimates: pd.DataFrame) -> None:
    some = estimates[~((estimates["intent"] == "a") & (estimates["technique"] == "t00"))]
    axes = effectiveness_map(some).axes[0]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["a", "b", "c"]
    assert len(axes.texts) == 3 * len(BASE) - 1
