"""What the labels of a file become."""

from __future__ import annotations

import string
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import LabelsCollide
from workbench.jobs.import_labels import branch, resolve, slug

FILE = Path("labels.csv")
KNOWN = {"creative": "Creative work", "creative.writing": "Creative writing", "c": "C"}


def paths(label: str, parent: str = "") -> list[str]:
    return [node.path for node in branch(label, parent)]


def test_slugs_of_real_labels() -> None:
    assert slug("Refund_not_showing_up") == "refund_not_showing_up"
    assert slug("reverted_card_payment?") == "reverted_card_payment"
    assert slug(" C++ / Rust ") == "c_rust"


@given(st.text())
def test_a_slug_is_plain_and_its_own_slug(label: str) -> None:
    assert set(slug(label)) <= set(string.ascii_lowercase + string.digits + "_")
    assert slug(slug(label)) == slug(label) == slug(label).strip("_")


@given(st.text(min_size=1), st.text())
def test_a_branch_grows_by_one_segment_a_level(label: str, parent: str) -> None:
    assert all(longer.startswith(shorter + ".") for shorter, longer in pairwise(paths(label, parent)))


def test_dots_and_parents_make_levels() -> None:
    assert paths("a.b.c") == ["a", "a.b", "a.b.c"]
    assert paths("Book Flight", "Travel") == ["travel", "travel.book_flight"]
    assert paths("travel.book", "travel") == ["travel", "travel.book"]


def test_a_label_that_repeats_its_parent_is_that_node() -> None:
    assert paths("oos", "OOS") == ["oos"]


def test_dots_without_names_between_them_are_no_levels() -> None:
    assert paths("what ...") == ["what"]
    assert paths("e.g. tea") == ["e", "e.g", "e.g.tea"]


def test_an_existing_path_is_used_and_nothing_is_created() -> None:
    found = resolve([("creative.writing", ""), ("Writing", "creative")], KNOWN, True, FILE)
    assert [label.path for label in found.labels] == ["creative.writing"] * 2
    assert not found.new


def test_the_name_of_an_intent_is_its_label_too() -> None:
    known = {"drinks": "Drinks", "drinks.green_tea": "Green tea!"}
    labels = [("green tea!", "drinks"), ("Green-Tea", "DRINKS"), ("drinks.green tea", "")]
    assert {label.path for label in resolve(labels, known, False, FILE).labels} == {"drinks.green_tea"}


def test_an_unknown_label_has_a_reason_or_becomes_an_intent() -> None:
    assert resolve([("tea", "")], KNOWN, False, FILE).labels[0].reason == "unknown label"
    created = resolve([("Green Tea", "creative")], KNOWN, True, FILE)
    assert list(created.new) == ["creative.green_tea"]
    assert created.new["creative.green_tea"].name == "Green Tea"


def test_a_parent_comes_before_an_intent_of_the_same_name_elsewhere() -> None:
    known = {"exchange_rate": "exchange_rate"}
    assert resolve([("exchange_rate", "travel")], known, True, FILE).labels[0].path == "travel.exchange_rate"


def test_a_label_of_which_nothing_is_left_is_unusable() -> None:
    assert resolve([("???", "")], {}, True, FILE).labels[0].reason == "unusable label"


def test_a_path_over_a_hundred_characters_is_too_long() -> None:
    found = resolve([("x" * 60, "y" * 40), ("x" * 59, "y" * 40)], {}, True, FILE)
    assert [label.reason for label in found.labels] == ["label too long", None]


def test_two_labels_that_would_become_one_intent_collide() -> None:
    with pytest.raises(LabelsCollide, match="'foo bar' and 'foo-bar'"):
        resolve([("foo bar", ""), ("foo-bar", "")], {}, True, FILE)
    with pytest.raises(LabelsCollide, match=r"'C' .* and 'C\+\+'"):
        resolve([("C++", "")], KNOWN, True, FILE)


def test_labels_that_differ_in_case_are_one_intent() -> None:
    found = resolve([("Foo Bar", ""), ("foo bar", "")], {}, True, FILE)
    assert {label.path for label in found.labels} == {"foo_bar"}
    assert found.new["foo_bar"].name == "Foo Bar"
