"""Linguistic features: as documented, finite for any text, and never more work than the text is long."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.features.linguistic import FEATURES, feature_matrix, linguistic_features

LONG = 50_000


def long(unit: str) -> str:
    return (unit * LONG)[:LONG]


@pytest.fixture
def little_work() -> Iterator[None]:
    """Three seconds of processor time, whatever the clock says: linear work needs a hundredth, quadratic many times."""

    def refuse(*_: Any) -> None:
        pytest.fail("the work grows faster than the text")

    before = signal.signal(signal.SIGVTALRM, refuse)
    signal.setitimer(signal.ITIMER_VIRTUAL, 3)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


@given(st.text())
def test_every_feature_of_any_text_is_finite_and_in_the_documented_order(text: str) -> None:
    values = linguistic_features(text)
    assert list(values) == list(FEATURES)
    assert all(np.isfinite(value) and value >= 0 for value in values.values())


@given(st.text())
def test_a_share_lies_between_nothing_and_all(text: str) -> None:
    values = linguistic_features(text)
    shares = [name for name, meaning in FEATURES.items() if "(0 to 1)" in meaning]
    assert len(shares) == 6
    assert all(values[name] <= 1 for name in shares)


@pytest.mark.usefixtures("little_work")
@pytest.mark.parametrize(
    "unit", [*" ;|\t\"\n.{-_1a'“«‘(", "\r\n", " \n", "\n ", "\n\t", "; ", "; \n", "| ", "|\n", "\t|"]
)
def test_one_mark_repeated_costs_work_in_proportion(unit: str) -> None:
    assert linguistic_features(long(unit))["characters"] == LONG


@pytest.mark.usefixtures("little_work")
@pytest.mark.parametrize(
    "unit",
    ['"a', "“a", "«“", "1.", "1,", "a'", "an", "n't ", "- ", "-\n", "1)\n", ".\n", "!?", ';|\t" \n', "\x85 ", "\u2028"],
)
def test_a_mixture_repeated_costs_work_in_proportion(unit: str) -> None:
    assert linguistic_features(long(unit))["characters"] == LONG


@pytest.mark.usefixtures("little_work")
@pytest.mark.parametrize(
    "start", [" ", "\n", ".", ";", ";\n", '"', "“", "1", "1.", "|", "\t", "def ", "a", "_", "no more "]
)
def test_a_match_that_fails_at_the_last_character_costs_work_in_proportion(start: str) -> None:
    assert linguistic_features(long(start)[:-1] + "¤")["characters"] == LONG


@pytest.mark.parametrize(
    "text", ["请写一首关于春天的诗。", "اكتب قصيدة", "कविता लिखो", "詩を書いて", "🙂🙃" * 9, "e\u0301" * 9, "İI"]
)
def test_other_scripts_count_as_words_or_symbols(text: str) -> None:
    values = linguistic_features(text)
    assert values["out_of_ascii_share"] > 0
    assert values["words"] + values["symbol_share"] > 0


def test_an_empty_text_gives_zeros_and_one_sentence() -> None:
    assert {name: value for name, value in linguistic_features("").items() if value} == {"sentences": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write a poem.", {"words": 3, "characters": 13, "sentences": 1, "imperative_opening": 1}),
        ("Hi!? How are you?", {"sentences": 2, "question_marks": 2, "exclamation_marks": 1, "question_words": 1}),
        ("e.g. v1.2 is out", {"sentences": 1, "numbers": 1, "digits_share": 0.125}),
        ("one\n\n  two\nthree", {"lines": 3}),
        ("- a\n* b\n\n  1. c\n2) d\n-no\n3.5 no", {"list_items": 4}),
        ("a\n\n\n- b", {"list_items": 1, "lines": 2}),
        ("| a | b |\n|--|--|\na\tb\tc\na | b", {"table_rows": 3}),
        ("def f():\n    import x\n", {"code_marks": 2}),
        ("int a; \nint b;\n}\n\n", {"code_marks": 3}),
        ("```\na == b\n```", {"code_marks": 3}),
        ('say "hello" and “good bye” or «salut», not "x', {"quotes": 3}),
        ("“he said “stop it”", {"quotes": 1}),
        ("see https://a.org and HTTP://b.org", {"urls": 2}),
        ("You must not, please: I can't; don’t.", {"second_person": 1, "constraint_words": 1, "negations": 3}),
        ("First do it, after that list them as JSON if you like", {"sequence_words": 2, "format_words": 2}),
        ("ABC d", {"upper_share": 0.75, "mean_word_length": 2, "lexical_diversity": 1}),
        ("the the wonderful thing", {"lexical_diversity": 0.75, "long_word_share": 0.25}),
        ("a+b=c", {"symbol_share": 0.4, "commas": 0}),
    ],
)
def test_features_are_counted_as_documented(text: str, expected: dict[str, float]) -> None:
    values = linguistic_features(text)
    assert {name: values[name] for name in expected} == expected


def test_the_matrix_holds_the_logarithm_of_each_feature() -> None:
    matrix = feature_matrix(["a b", ""])
    assert matrix.shape == (2, len(FEATURES))
    assert matrix[0, list(FEATURES).index("words")] == pytest.approx(np.log(3))
    assert feature_matrix([]).shape == (0, len(FEATURES))
