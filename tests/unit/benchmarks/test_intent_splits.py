"""Which rows the benchmark of intents trains and tests on."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from intent_parts.sets import LabelledSet, levels, read, repeats, why_not
from intent_parts.splits import few, normalised, split

LABELS = ["a"] * 60 + ["b.x"] * 37 + ["b.y"] * 3 + ["rare"]
TEXTS = [f"Prompt {n}" for n in range(len(LABELS))]


@given(
    st.lists(st.tuples(st.sampled_from(["Pay it", "pay  IT ", "stop", "Go on"]), st.sampled_from("abc")), min_size=5)
)
def test_the_same_text_never_stands_on_both_sides(rows: list[tuple[str, str]]) -> None:
    texts, labels = zip(*rows, strict=True)
    found = split(texts, labels, 0)
    seen, held = ({normalised(texts[row]) for row in side} for side in (found.train, found.test))
    assert seen & held == set()
    assert sorted([*found.train, *found.test]) == list(range(len(texts)))


def test_a_fifth_of_every_label_is_tested() -> None:
    for seed in range(20):
        tested = Counter(LABELS[row] for row in split(TEXTS, LABELS, seed).test)
        assert sum(tested.values()) in (20, 21)
        assert tested["a"] in (12, 13)
        assert tested["b.x"] in (7, 8)


def test_rare_labels_are_tested_as_often_as_others() -> None:
    tested = Counter(LABELS[row] for seed in range(1_000) for row in split(TEXTS, LABELS, seed).test)
    assert tested["rare"] / 1_000 == pytest.approx(0.2, abs=0.04)
    assert tested["b.y"] / 3_000 == pytest.approx(0.2, abs=0.03)


def test_a_seed_gives_one_split() -> None:
    first, again, other = (split(TEXTS, LABELS, seed) for seed in ([3, 1], [3, 1], [3, 2]))
    assert np.array_equal(first.test, again.test)
    assert not np.array_equal(first.test, other.test)


def test_few_rows_are_ten_of_each_label_and_the_test_stays() -> None:
    whole = split(TEXTS, LABELS, 1)
    found = few(whole, LABELS, 1)
    counts = Counter(LABELS[row] for row in found.train)
    assert (counts["a"], counts["b.x"]) == (10, 10)
    assert counts["b.y"] == sum(LABELS[row] == "b.y" for row in whole.train)
    assert set(found.train) <= set(whole.train)
    assert np.array_equal(found.test, whole.test)


def test_labels_become_paths_as_an_import_makes_them(tmp_path) -> None:
    (tmp_path / "few.csv").write_text("text,label,domain\na,Card Arrival,Banking\nb,oos,oos\nc,,\n", encoding="utf-8")
    found = read(LabelledSet("few", tmp_path / "few.csv", parent_column="domain"))
    assert found["label"].tolist() == ["banking.card_arrival", "oos", ""]
    assert levels(found) == 2


def test_a_set_with_a_row_a_label_cannot_be_judged() -> None:
    alone = pd.DataFrame({"label": ["a", "b", "c", "d", "d"]})
    assert why_not(alone) == "5 rows, 4 labels: 3 labels have a single row"
    assert why_not(pd.DataFrame({"label": ["a"] * 5})) == "5 rows, all of one label"
    assert why_not(pd.DataFrame({"label": LABELS})) is None


def test_small_sets_are_split_again_and_again() -> None:
    assert (repeats(pd.DataFrame({"label": LABELS})), repeats(pd.DataFrame({"label": LABELS * 10}))) == (20, 1)
