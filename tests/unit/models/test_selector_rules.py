"""Which techniques a prompt allows."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from workbench.models.selector_rules import allowed_techniques
from workbench.records import Technique


def technique(code: str, *prerequisites: str, **other: object) -> Technique:
    plain = Technique(code, code, code.title(), 2, 0.7, 0.1, True, prerequisites=prerequisites)
    return replace(plain, **other)  # type: ignore[arg-type]


def test_prerequisites_come_along_and_theirs_too() -> None:
    found = allowed_techniques([technique("a"), technique("b", "a"), technique("c", "b")], 10)
    assert found.sets == {"a": ("a",), "b": ("a", "b"), "c": ("a", "b", "c")}
    assert found.excluded == {}


def test_what_needs_an_excluded_technique_is_excluded_with_its_reason() -> None:
    found = allowed_techniques([technique("a", is_experimental=True), technique("b", "a")], 10)
    assert found.excluded == {"a": "is experimental", "b": "needs a, which is experimental"}
    taken = allowed_techniques([technique("a", is_experimental=True), technique("b", "a")], 10, experimental=True)
    assert set(taken.sets) == {"a", "b"}


def test_a_prerequisite_that_is_no_technique_is_a_condition() -> None:
    found = allowed_techniques([technique("a", "a person who replies", "b"), technique("b")], 10)
    assert found.sets["a"] == ("a", "b")
    assert found.conditions == {"a": ("a person who replies",)}


def test_examples_are_needed_only_by_what_requires_them() -> None:
    both = [technique("a", requires_examples=True), technique("b")]
    assert allowed_techniques(both, 10).excluded == {"a": "needs examples, and none are given"}
    assert set(allowed_techniques(both, 10, examples=True).sets) == {"a", "b"}


def test_the_prompt_has_to_be_long_enough_and_short_enough_ends_included() -> None:
    one = [technique("a", min_context_length=20, max_context_length=30)]
    assert [bool(allowed_techniques(one, length).sets) for length in (19, 20, 30, 31)] == [False, True, True, False]
    assert "at least" not in allowed_techniques(one, 19).excluded["a"]
    assert "20 characters and more; this one has 19" in allowed_techniques(one, 19).excluded["a"]
    assert "at most 30 characters; this one has 31" in allowed_techniques(one, 31).excluded["a"]


def test_an_inactive_technique_is_never_used() -> None:
    assert allowed_techniques([technique("a", is_active=False)], 10, True, True).excluded == {"a": "is not active"}


@given(st.lists(st.tuples(st.integers(0, 5), st.lists(st.integers(0, 7), max_size=3)), max_size=6))
def test_every_technique_is_either_allowed_or_excluded_even_in_a_circle(rows: list[tuple[int, list[int]]]) -> None:
    all_of_them = {
        f"t{n}": technique(f"t{n}", *(f"t{need}" for need in needs), requires_examples=n % 3 == 0) for n, needs in rows
    }
    found = allowed_techniques(list(all_of_them.values()), 10)
    assert set(found.sets) | set(found.excluded) == set(all_of_them)
    assert not set(found.sets) & set(found.excluded)
    for code, together in found.sets.items():
        assert code in together
        assert set(together) <= set(found.sets)
