"""Which intents are taken for which, and by which words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from explained import pipeline, rows
from small_data import DIMENSIONS

from workbench.evaluation.confusions import worst_confusions
from workbench.evaluation.intervals import share
from workbench.models.heads import HEADS, HeadName
from workbench.records import Examples


def held(texts: list[str], truth: list[str]) -> Examples:
    X = pd.DataFrame({"prompt_text": texts, "embedding": [np.full(DIMENSIONS, 0.01, np.float32)] * len(texts)})
    return Examples(X, np.array(truth, dtype=object), tuple(f"h{n}" for n in range(len(texts))))


MISLED = held(
    ["Crash, crash!", "the crash", "weather hello chat", "joke laugh pun", "crash"],
    ["talk", "talk", "talk", "code.write", "unheard.of"],
)


@pytest.mark.parametrize("head", HEADS)
def test_the_most_frequent_confusion_comes_first_with_its_words(head: HeadName) -> None:
    found = worst_confusions(pipeline(head), MISLED)
    assert found.loc[0, ["truth", "predicted", "rows", "of"]].tolist() == ["talk", "code.debug", 2, 3]
    assert found.loc[0, "words"][0] == "crash"
    assert found.loc[0, "example"] in {"h0", "h1"}
    assert np.allclose(found.loc[0, ["share", "low", "high"]].tolist(), [2 / 3, share(2, 3).low, share(2, 3).high])


def test_with_a_label_only_its_own_confusions_are_shown_either_way_round() -> None:
    found = worst_confusions(pipeline(), MISLED, "code.write")
    assert found[["truth", "predicted"]].to_numpy().tolist() == [["code.write", "talk.small.joke"]]
    assert set(worst_confusions(pipeline(), MISLED, "code.debug")["truth"]) == {"talk", "unheard.of"}


def test_a_truth_that_the_model_does_not_know_has_no_words() -> None:
    found = worst_confusions(pipeline(), MISLED).set_index("truth")
    assert found.loc["unheard.of", "words"] == ()


def test_without_a_mistake_the_table_is_empty() -> None:
    found = worst_confusions(pipeline(), rows())
    assert found.empty
    assert "words" in found.columns
