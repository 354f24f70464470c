"""The figures of notebook 05 say what they show and leave nothing out silently."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from workbench.evaluation.effectiveness_views import by_model, least_known, refusals
from workbench.evaluation.support import Thresholds
from workbench.plots.estimates import changes_chart, least_known_chart, models_chart
from workbench.plots.support import support_map


def cell(intent: str, technique: str, score: float, **values: object) -> dict[str, object]:
    least = {
        "intent": intent,
        "technique": technique,
        "language_model": "",
        "score": score,
        "standard_error": 0.05,
        "low": score - 0.1,
        "high": score + 0.1,
        "sample_size": 40,
        "decisions": 100,
        "effective_n": 30.0,
        "overlap": 0.9,
        "refused": None,
    }
    return least | values


@pytest.fixture
def estimates() -> pd.DataFrame:
    few = "effective sample size 3.0 is below 10"
    cells = [
        cell("", "cot", 0.6, decisions=300),
        cell("a", "cot", 0.6, decisions=200),
        cell("a.x", "cot", 0.6),
        cell("a.x", "pal", 0.55, standard_error=0.2, high=0.9),
        cell("a.x", "zero", 0.2, effective_n=3.0, refused=few),
        cell("a.y", "cot", 0.5, decisions=5, effective_n=4.0, refused="effective sample size 4.0 is below 10"),
        cell("a.y", "pal", 0.5, decisions=5, effective_n=0.0, refused="overlap 0.10 is below 0.5"),
        cell("", "cot", 0.7, language_model="large"),
        cell("", "cot", 0.4, language_model="small"),
        cell("", "pal", 0.5, language_model="small"),
    ]
    return pd.DataFrame(cells)


def title(axes: Axes) -> str:
    return axes.get_title("left")


def labels(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.get_yticklabels()]


def test_least_known_are_techniques_that_may_be_the_best_of_much_asked_intents(estimates: pd.DataFrame) -> None:
    table = least_known(estimates, 9)
    assert list(zip(table["intent"], table["technique"], strict=True))[:2] == [("a.x", "pal"), ("a.x", "cot")]
    assert "zero" not in set(table["technique"])
    assert set(table["intent"]) == {"a.x", "a.y"}
    assert table["best"][0] == "cot"


def test_refusals_are_counted_by_reason_with_an_example(estimates: pd.DataFrame) -> None:
    table = refusals(estimates)
    assert table.values.tolist() == [
        ["effective sample size is below its threshold", 2, 100, "zero for a.x"],
        ["overlap is below its threshold", 1, 5, "pal for a.y"],
    ]


def test_without_refusals_the_table_of_them_is_empty(estimates: pd.DataFrame) -> None:
    assert refusals(estimates.assign(refused=None)).empty


def test_the_least_known_are_named_with_their_traffic(estimates: pd.DataFrame) -> None:
    axes = least_known_chart(estimates, 2).axes[0]
    assert labels(axes) == ["pal · a.x (100)", "cot · a.x (100)"]


def test_the_support_map_counts_what_is_refused_and_leaves_out_the_root(estimates: pd.DataFrame) -> None:
    axes = support_map(estimates, Thresholds(), is_synthetic=True).axes[0]
    said = [text.get_text() for text in axes.get_legend().get_texts()]
    assert said == ["refused (3)", "may be written (3)"]
    assert title(axes).endswith("(synthetic history)")


def test_models_stand_side_by_side_under_their_names(estimates: pd.DataFrame) -> None:
    axes = models_chart(estimates).axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["small", "large"]
    assert labels(axes) == ["cot", "pal"]
    assert len(by_model(estimates)) == 3


def test_the_largest_change_stands_first_and_what_may_not_change_is_left_out() -> None:
    def change(intent: str, old: float, new: float, **values: object) -> dict[str, object]:
        row = {"intent": intent, "technique": "cot", "stands": not np.isnan(old), "old_score": old, "score": new}
        row |= {"low": new - 0.1, "high": new + 0.1, "sample_size": 9, "differs": True, "refusal": None}
        return row | values

    changes = pd.DataFrame(
        [
            change("small", 0.5, 0.51),
            change("large", 0.5, 0.9),
            change("new", float("nan"), 0.5),
            change("same", 0.5, 0.5, differs=False),
            change("refused", 0.1, 0.9, refusal="support"),
        ]
    )
    axes = changes_chart(changes).axes[0]
    assert labels(axes) == ["cot · large", "cot · small", "cot · new"]
    assert title(axes) == "What would change (3 of 3)"


def test_nothing_to_change_is_an_empty_chart() -> None:
    nothing = pd.DataFrame(columns=["intent", "technique", "stands", "old_score", "score", "low", "high"])
    empty = nothing.assign(sample_size=[], differs=pd.Series([], dtype=bool), refusal=[])
    assert title(changes_chart(empty).axes[0]) == "What would change (0 of 0)"
