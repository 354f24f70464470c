"""The picture of one decision shows the explanation, whatever was written."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawing import drawn
from explained import pipeline, rows, without_words
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from workbench.models.explain import Explanation, explain
from workbench.models.heads import HEADS, HeadName
from workbench.plots.explanation import MISSING, MOST_BARS, decision
from workbench.plots.style import BLUE, ORANGE

FOUND = explain(pipeline(), rows().X.iloc[[3]], rows(), most=3)


def worded(text: str) -> Explanation:
    words = text.split()
    return replace(FOUND, words=pd.DataFrame({"word": words, "amount": np.linspace(1, -1, len(words))}))


def texts(figure: Figure, part: int) -> list[str]:
    drawn(figure)
    return [text.get_text() for text in figure.subfigs[part].axes[0].texts]


def coloured(figure: Figure, part: int) -> list[str]:
    return [to_hex(box.get_facecolor()[0]).upper() for box in figure.subfigs[part].axes[0].collections]


STRANGE = ["", "$5 and $6 $\\frac$", "请帮我 помоги 🙂", "word " * 400, "a" * 5000]


@pytest.mark.parametrize(("head", "text"), [*((head, "joke") for head in HEADS), *(("svm", text) for text in STRANGE)])
def test_every_prompt_can_be_drawn(head: HeadName, text: str) -> None:
    asked = rows().X.iloc[[3]].assign(prompt_text=[text])
    drawn(decision(explain(pipeline(head), asked, rows())))


def test_words_stand_in_reading_order_coloured_by_what_they_speak_for() -> None:
    figure = decision(worded("one two three four"))
    assert texts(figure, 0) == ["one", "two", "three", "four"]
    assert coloured(figure, 0) == [BLUE, BLUE, ORANGE, ORANGE]


def test_a_long_prompt_says_how_many_words_are_left_out() -> None:
    figure = decision(worded("word " * 400))
    shown = len(texts(figure, 0))
    assert 0 < shown < 400
    assert figure.subfigs[0].axes[0].get_title(loc="right") == f"the first words; {400 - shown} more are not shown"


def test_what_the_font_lacks_becomes_a_box() -> None:
    assert texts(decision(worded("card 请 пин")), 0) == ["card", MISSING, "пин"]


def test_dollars_are_no_formula() -> None:
    drawn(decision(replace(worded("$\\frac$ $x^$"), label="$\\frac$")))


def test_bars_hold_what_adds_up_to_the_lead() -> None:
    left = decision(FOUND).subfigs[1].axes[0]
    assert [text.get_text() for text in left.get_yticklabels()] == ["before the prompt", *FOUND.views["view"]]
    assert np.isclose(sum(bar.get_width() for bar in left.patches), FOUND.lead, atol=1e-5)


def test_a_word_that_occurs_twice_has_one_bar() -> None:
    right = decision(worded("card my card lost")).subfigs[1].axes[1]
    names = [text.get_text() for text in right.get_yticklabels()]
    widths = dict(zip(names, [bar.get_width() for bar in right.patches], strict=True))
    assert np.isclose(widths["card"], 2 / 3)
    assert names.count("card") == 1
    assert len(names) <= MOST_BARS
    assert list(widths.values()) == sorted(widths.values(), reverse=True)


def test_a_model_that_reads_no_words_says_so() -> None:
    figure = decision(explain(without_words(), rows().X.iloc[[3]], rows()))
    drawn(figure)
    assert figure.subfigs[1].axes[1].get_title(loc="left") == "no view of this model reads words"
    assert not figure.subfigs[1].axes[1].patches


def test_training_rows_are_shown_with_their_pull() -> None:
    shown = texts(decision(FOUND), 2)
    assert shown[:3] == ["pull", "label", "learnt from"]
    assert shown[3::3] == [f"{pull:+.3f}" for pull in FOUND.examples["pull"]]
    assert coloured(decision(FOUND), 2) == [BLUE] * 3 + [ORANGE] * 3


def test_rows_without_a_pull_are_shown_with_their_similarity() -> None:
    similar = replace(FOUND, examples=FOUND.examples.assign(pull=np.nan))
    shown = texts(decision(similar), 2)
    assert shown[0] == "similar"
    assert shown[3::3] == [f"{alike:.3f}" for alike in FOUND.examples["similarity"]]
