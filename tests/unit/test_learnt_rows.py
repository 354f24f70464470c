"""An intent classifier learns from its training prompts and from what the taxonomy says of their labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from small_data import split

from workbench.records import Examples, Split

TRAIN, TEST = split("intent_classifier").train, split("intent_classifier").test


def said(*labels: str) -> Examples:
    X = TRAIN.X.iloc[: len(labels)].assign(prompt_text=[f"about {label}" for label in labels], further=0)
    return Examples(X, np.array(labels, dtype=object), tuple(f"{label}: name" for label in labels))


def test_words_come_after_the_prompts_and_are_none() -> None:
    both = Split(TRAIN, TEST, said("talk", "code"))
    assert both.learnt.ids == (*TRAIN.ids, "talk: name", "code: name")
    assert list(both.learnt.X["prompt_text"].iloc[-2:]) == ["about talk", "about code"]
    assert list(both.learnt.y[-2:]) == ["talk", "code"]
    assert list(both.learnt.X.columns) == list(TRAIN.X.columns)
    assert both.is_prompt.sum() == len(TRAIN.y)
    assert not both.is_prompt[-2:].any()


def test_words_of_a_label_without_a_training_prompt_are_left_out() -> None:
    assert Split(TRAIN, TEST, said("talk", "nowhere")).learnt.ids == (*TRAIN.ids, "talk: name")


def test_words_that_lack_a_column_of_the_prompts_are_left_out() -> None:
    words = said("talk")
    both = Split(TRAIN, TEST, replace(words, X=words.X.drop(columns="layers")))
    assert both.learnt is TRAIN
    assert both.is_prompt.all()


def test_words_have_no_secondary_intents() -> None:
    train = replace(TRAIN, secondary=(("talk",),) * len(TRAIN.y))
    assert Split(train, TEST, said("code")).learnt.secondary == (*train.secondary, ())
    assert Split(TRAIN, TEST, said("code")).learnt.secondary == ()
