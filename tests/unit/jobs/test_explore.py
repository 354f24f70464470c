"""Tables about a dataset version, also of one that lacks labels or a split."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from small_data import frame, training_set

from workbench.features.linguistic import FEATURES
from workbench.jobs import explore
from workbench.records import DIMENSIONS


def table(embeddings: list[list[float]], primary: list[str], is_test: list[bool] | None = None) -> pd.DataFrame:
    full = np.zeros((len(primary), DIMENSIONS), dtype=np.float32)
    full[:, : len(embeddings[0])] = embeddings
    return frame(len(primary)).assign(embedding=list(full), primary=primary, is_test=is_test or [False] * len(primary))


def test_the_overview_counts_each_split() -> None:
    found = explore.overview(training_set(frame(15)))
    assert found.loc["train", ["prompts", "intents", "with complexity", "with techniques"]].tolist() == [10, 5, 10, 10]
    assert found.loc["test", ["prompts", "with secondary intents"]].tolist() == [5, 0]


def test_an_empty_split_has_a_row_of_nothing() -> None:
    found = explore.overview(training_set(frame(4).assign(is_test=False)))
    assert found.loc["test", "prompts"] == 0
    assert np.isnan(found.loc["test", "median words"])


def test_look_alikes_are_the_closest_pairs_of_different_intents() -> None:
    found = explore.look_alikes(training_set(table([[1, 0], [1, 0], [0.8, 0.6], [0, 1]], ["a", "a", "b", "c"])), most=5)
    assert found["cosine"].tolist() == [0.8]
    assert {found["intent"][0], found["its intent"][0]} == {"a", "b"}


def test_a_prompt_is_in_at_most_one_pair_and_no_pair_is_shown_twice() -> None:
    found = explore.look_alikes(training_set(), most=20)
    prompts = [*found["prompt"], *found["look-alike"]]
    assert len(prompts) == len(set(prompts)) > 0
    assert found["cosine"].is_monotonic_decreasing
    assert len(explore.look_alikes(training_set(), most=2)) == 2


def test_test_prompts_are_not_shown() -> None:
    hidden = table([[1, 0], [1, 0], [0, 1]], ["a", "b", "c"], [False, True, False])
    assert explore.look_alikes(training_set(hidden), most=5)["cosine"].tolist() == [0.0]


@pytest.mark.parametrize("change", [{"is_test": True}, {"primary": "one"}])
def test_where_nothing_can_be_paired_the_table_is_empty(change: dict[str, object]) -> None:
    found = explore.look_alikes(training_set(frame(6).assign(**change)), most=5)
    assert found.empty
    assert list(found.columns) == explore.LOOK_ALIKE


def test_of_a_large_version_a_fixed_sample_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore, "MOST_ROWS", 12)
    first, second = (explore.look_alikes(training_set(), most=9) for _ in range(2))
    assert 0 < len(first) <= 6
    assert first.equals(second)


def test_features_are_ordered_by_their_rank_correlation_with_complexity() -> None:
    found = explore.features_by_complexity(training_set(), most=4)
    strength = found["rank correlation"].abs()
    assert strength.is_monotonic_decreasing
    assert strength.iloc[0] > 0.8
    assert list(found.columns) == ["rank correlation", 1.0, 2.0, 3.0, 4.0, 5.0]
    assert set(found.index) <= set(FEATURES)


@pytest.mark.parametrize("complexity", [[float("nan")] * 6, [3.0] * 6, [1.0] + [float("nan")] * 5])
def test_without_differing_labels_no_feature_is_named(complexity: list[float]) -> None:
    assert explore.features_by_complexity(training_set(frame(6).assign(complexity=complexity)), most=4).empty
