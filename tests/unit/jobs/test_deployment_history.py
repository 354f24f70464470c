"""Events come to a line of models; whatever happened, a rollback never leads to what was taken back itself."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from workbench.jobs.deployment_history import replay
from workbench.store.deployments import Event, Kind, Side

WHEN = datetime(2026, 1, 1, tzinfo=UTC)


def side(name: str | None) -> Side | None:
    return Side(name, "intent_classifier", name, name) if name else None


def event(kind: Kind, before: str | None, after: str | None) -> Event:
    sides = side(before), side(after)
    return Event(1, WHEN, "intent_classifier", kind, *sides, "ada", "ada@here", "why not", False, None, "")


def told(*words: str) -> list[Event]:
    """`+a` promotes a, `-a` goes back to a, `0` retires."""
    made: list[Event] = []
    live: str | None = None
    for word in words:
        after = None if word == "0" else word[1:]
        kind: Kind = {"+": "promote", "-": "rollback", "0": "retire"}[word[0]]
        made.append(event(kind, live, after))
        live = after
    return made


def test_a_line_of_promotions_can_be_walked_back() -> None:
    line = replay(told("+a", "+b", "+c"))
    assert (line.live, line.before("c"), line.undone) == ("c", ["b", "a"], {})


def test_what_was_taken_back_is_no_way_back() -> None:
    line = replay(told("+a", "+b", "-a", "+c"))
    assert line.before("c") == ["a"]
    assert list(line.undone) == ["b"]


def test_going_far_back_undoes_all_in_between() -> None:
    line = replay(told("+a", "+b", "+c", "-a"))
    assert (line.live, line.before("a"), set(line.undone)) == ("a", [], {"b", "c"})


def test_a_second_promotion_forgives() -> None:
    line = replay(told("+a", "+b", "-a", "+b"))
    assert (line.live, line.before("b"), line.undone) == ("b", ["a"], {})


def test_a_model_that_was_live_twice_is_not_its_own_way_back() -> None:
    line = replay(told("+a", "+b", "+a"))
    assert line.before("a") == ["b"]
    assert replay(told("+a", "+b", "+a", "-b")).before("b") == []


def test_after_retiring_none_is_live() -> None:
    line = replay(told("+a", "+b", "0"))
    assert (line.live, set(line.undone)) == (None, {"b"})
    assert replay(told("+a", "+b", "0", "+c")).before("c") == ["a"]


def test_a_repaired_alias_changes_nothing() -> None:
    events = told("+a", "+b")
    assert replay([*events, event("repair", "a", "b")]) == replay(events)


def test_what_went_live_round_the_gate_can_be_rolled_back_too() -> None:
    assert replay(told("+a", "+b")).before("stranger") == ["b", "a"]


@given(st.lists(st.integers(0, 5), max_size=30))
def test_whatever_happens_the_way_back_is_sound(moves: list[int]) -> None:
    """0 and 1 roll back one or two steps where there is a way, 2 retires, the others promote."""
    words: list[str] = []
    for number, move in enumerate(moves):
        line = replay(told(*words))
        way = line.before(line.live) if line.live else []
        if move < 2 and len(way) > move:
            words.append(f"-{way[move]}")
        elif move == 2 and line.live:
            words.append("0")
        elif f"m{number % 4}" != line.live:
            words.append(f"+m{number % 4}")
    line = replay(told(*words))
    assert line.live == (words[-1][1:] or None if words else None)
    assert line.live not in line.undone
    if line.live:
        way = line.before(line.live)
        assert len(set(way)) == len(way)
        assert not set(way) & {line.live, *line.undone}
