"""One row of an outcome log at a time: what is good, what is set aside, and why."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ColumnMissing, MisuseError
from workbench.jobs.cells import LONGEST_TEXT
from workbench.jobs.outcome_columns import ROLES, Columns, find_columns, parse_pairs
from workbench.jobs.outcome_rows import LARGEST_INTEGER, REASONS, YEARS, check_outcome, pseudonym
from workbench.jobs.reading import RawRow
from workbench.store.outcomes import StagedOutcome

FILE = Path("log.csv")
ALL = Columns({role: role for role in ROLES})
GOOD = {"prompt": "say hello", "techniques": "cot", "reward": "1"}


def check(columns: Columns = ALL, line: int = 7, file: str = "f", **cells: Any) -> StagedOutcome:
    return check_outcome(RawRow(line, {**GOOD, **cells}), columns, file)


def test_a_good_row_keeps_what_it_says() -> None:
    row = check(
        prompt="  say\nhello ",
        external_id=" q-1 ",
        techniques="pal; cot;pal",
        intent=" creative.verse ",
        complexity="4",
        domain="law",
        language_model="m",
        cost_tokens="120",
        latency_ms=900.0,
        propensity="2.5e-1",
        policy="uniform",
        user="ada",
        time="2024-02-29T23:59:59.5+02:00",
    )
    assert row.reason is row.content is None
    assert (row.line, row.prompt_text, row.external_id, row.codes) == (7, "  say\nhello ", "q-1", ("cot", "pal"))
    assert (row.label, row.complexity, row.domain, row.language_model) == ("creative.verse", 4, "law", "m")
    assert (row.reward, row.propensity, row.policy) == (1.0, 0.25, "uniform")
    assert (row.cost_tokens, row.latency_ms) == (120, 900)
    assert row.decided_at == datetime(2024, 2, 29, 21, 59, 59, 500_000, tzinfo=UTC)


def test_what_nobody_says_is_none() -> None:
    nothing = dict.fromkeys(ROLES.keys() - GOOD.keys(), "")
    assert check(**nothing)._replace(id=None) == StagedOutcome(7, None, None, None, "say hello", None, ("cot",), 1.0)
    assert check(**dict.fromkeys(nothing, None)) == check(**nothing) == check()


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"prompt": ""}, "no prompt"),
        ({"prompt": " \u200b"}, "no prompt"),
        ({"prompt": None, "external_id": " "}, "no prompt"),
        ({"prompt": "a" * (LONGEST_TEXT + 1)}, "text too long"),
        ({"external_id": "a" * 1001}, "text too long"),
        ({"language_model": "a" * 1001}, "text too long"),
        ({"prompt": ["a"]}, "not a string"),
        ({"user": {"name": "ada"}}, "not a string"),
        ({"techniques": {"cot": 1}}, "not a string"),
        ({"techniques": [["cot"]]}, "not a string"),
        ({"prompt": "a\0b"}, "NUL byte"),
        ({"techniques": "a\0b"}, "NUL byte"),
        ({"policy": b"caf\xe9"}, "wrong encoding"),
        ({"prompt": "half an emoji \ud83d"}, "wrong encoding"),
        ({"techniques": "x" * 51}, "unusable technique"),
        ({"techniques": ["a;b"]}, "unusable technique"),
        ({"techniques": "\u200b"}, "unusable technique"),
        ({"reward": ""}, "no outcome"),
        ({"reward": float("nan")}, "no outcome"),
        ({"reward": "nan"}, "invalid reward"),
        ({"reward": "inf"}, "invalid reward"),
        ({"reward": "1.01"}, "invalid reward"),
        ({"reward": -0.01}, "invalid reward"),
        ({"reward": "0,5"}, "invalid reward"),
        ({"reward": "1_0"}, "invalid reward"),
        ({"reward": "good"}, "invalid reward"),
        ({"reward": [1]}, "invalid reward"),
        ({"reward": None, "rating": "4.5"}, "invalid rating"),
        ({"reward": None, "rating": 0}, "invalid rating"),
        ({"reward": None, "rating": 6}, "invalid rating"),
        ({"reward": None, "rating": "true"}, "invalid rating"),
        ({"complexity": 0}, "invalid complexity"),
        ({"complexity": "2.5"}, "invalid complexity"),
        ({"propensity": 0}, "invalid propensity"),
        ({"propensity": "1e-999"}, "invalid propensity"),
        ({"propensity": 1.0001}, "invalid propensity"),
        ({"propensity": "-0.5"}, "invalid propensity"),
        ({"propensity": float("inf")}, "invalid propensity"),
        ({"cost_tokens": "-1"}, "invalid cost"),
        ({"cost_tokens": 1.5}, "invalid cost"),
        ({"cost_tokens": LARGEST_INTEGER + 1}, "invalid cost"),
        ({"latency_ms": "fast"}, "invalid latency"),
        ({"time": "yesterday"}, "invalid time"),
        ({"time": "2024-02-30"}, "invalid time"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "invalid time"),
        ({"time": 1_574_553_793}, "invalid time"),
        ({"time": ["2024-01-01"]}, "invalid time"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(cells: dict[str, Any], reason: str) -> None:
    assert check(**cells).reason == reason
    assert reason in REASONS


@pytest.mark.parametrize("value", [True, "True", "1", 1, 1.0, "1.0", " 1 ", b"1", Decimal(1), "1e0"])
def test_a_reward_may_come_as_number_text_or_truth(value: Any) -> None:
    assert check(reward=value).reward == 1.0


@pytest.mark.parametrize(("rating", "reward"), [(1, 0.0), ("2", 0.25), (3.0, 0.5), ("4.0", 0.75), (5, 1.0)])
def test_a_rating_is_a_reward_in_steps_of_a_quarter(rating: Any, reward: float) -> None:
    assert check(reward=None, rating=rating).reward == reward


def test_of_a_reward_and_a_rating_the_reward_counts() -> None:
    assert check(reward=0.3, rating=5).reward == 0.3


@pytest.mark.parametrize("value", ["", None, [], " ; ;"])
def test_no_code_is_no_technique(value: Any) -> None:
    row = check(techniques=value)
    assert (row.reason, row.codes) == (None, ())


def test_techniques_are_a_set() -> None:
    assert check(techniques="b;a").codes == check(techniques=["a", "b", "a"]).codes == ("a", "b")


@pytest.mark.parametrize(
    "value",
    [
        "2024-01-02",
        "2024-01-02T00:00:00Z",
        " 2024-01-02 01:00+01:00 ",
        date(2024, 1, 2),
        datetime(2024, 1, 2),
        datetime(2024, 1, 1, 19, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_a_time_without_a_zone_is_utc(value: Any) -> None:
    assert check(time=value).decided_at == datetime(2024, 1, 2, tzinfo=UTC)


def test_every_column_and_every_reason_stands_in_the_documents() -> None:
    page = (Path(__file__).parents[3] / "docs" / "outcomes.md").read_text(encoding="utf-8")
    assert {role for role in ROLES if f"`{role}`" not in page} == set()
    assert {reason for reason, meaning in REASONS.items() if f"| {reason} | {meaning} |" not in page} == set()


# who asked


def test_a_user_becomes_a_pseudonym_and_nothing_else_of_the_name_stays() -> None:
    row, other, again = check(user="ada@example.invalid"), check(user="bob"), check(user=" ada@example.invalid ")
    assert row.user_pseudonym == again.user_pseudonym == pseudonym("ada@example.invalid") != other.user_pseudonym
    assert "ada" not in str(row)


def test_a_row_set_aside_says_all_but_who_asked() -> None:
    row = check(reward="much", user="ada")
    assert row.content == '{"prompt": "say hello", "techniques": "cot", "reward": "much"}'


def test_a_line_without_columns_is_kept_only_where_no_user_can_stand_in_it() -> None:
    broken = RawRow(3, reason="unbalanced quote", raw='ada,"hello')
    assert check_outcome(broken, ALL, "f").content is None
    assert check_outcome(broken, Columns({"prompt": "text"}), "f").content == 'ada,"hello'


# ids


def test_the_id_follows_from_file_columns_and_line() -> None:
    again, others = check(), [check(line=8), check(file="g"), check(Columns(ALL.names, {"policy": "x"}))]
    assert check().id == again.id
    assert len({row.id for row in (again, *others)}) == 4


# columns


def test_a_column_is_found_by_its_name_or_the_one_given() -> None:
    found = find_columns(FILE, ("question", "techniques", "reward", "time", "x"), {"prompt": "question"}, {})
    assert found.names == {"prompt": "question", "techniques": "techniques", "reward": "reward", "time": "time"}


def test_one_column_may_play_two_roles() -> None:
    names = {"external_id": "when", "time": "when"}
    found = find_columns(FILE, ("when", "techniques", "reward"), names, {})
    row = check_outcome(RawRow(2, {"when": "2024-01-02", "techniques": "", "reward": "0"}), found, "f")
    assert (row.external_id, row.decided_at) == ("2024-01-02", datetime(2024, 1, 2, tzinfo=UTC))


def test_a_role_that_is_mapped_to_nothing_is_left_out() -> None:
    found = find_columns(FILE, ("prompt", "techniques", "reward", "time"), {"time": ""}, {})
    assert "time" not in found.names


def test_a_constant_stands_for_a_column() -> None:
    found = find_columns(FILE, ("prompt", "reward", "policy"), {}, {"techniques": "cot", "policy": "mine"})
    row = check_outcome(RawRow(2, {"prompt": "hello", "reward": "1", "policy": "theirs"}), found, "f")
    assert (row.codes, row.policy) == (("cot",), "mine")


@pytest.mark.parametrize(
    ("present", "names", "said"),
    [
        ("techniques reward", {}, r"no column 'prompt'.*--map prompt=NAME or --map external_id=NAME"),
        ("prompt reward", {}, r"no column 'techniques'.*--map techniques=NAME"),
        ("prompt techniques", {}, r"no column 'reward'.*--map rating=NAME"),
        ("prompt techniques reward", {"policy": "who"}, r"no column 'who'.*It has: prompt, techniques, reward"),
        ("prompt techniques reward", {"reward": "prmpt"}, r"no column 'prmpt'"),
        ("prompt techniques reward", {"reward": ""}, r"no column 'reward'"),
    ],
)
def test_a_column_that_is_not_there_is_named(present: str, names: dict[str, str], said: str) -> None:
    with pytest.raises(ColumnMissing, match=said) as caught:
        find_columns(FILE, present.split(), names, {})
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["prompt"], "Expected ours=theirs"),
        (["promt=text"], "no 'promt'.*Known: prompt, external_id, techniques"),
        (["prompt=a", "prompt=b"], "names 'prompt' twice"),
        (["prompt=" + "a" * 201], "longer than 200"),
    ],
)
def test_a_map_that_says_nothing_is_refused(given: list[str], said: str) -> None:
    with pytest.raises(MisuseError, match=said):
        parse_pairs(given, "--map")


def test_a_map_may_name_a_column_with_an_equals_sign() -> None:
    assert parse_pairs(["prompt=a=b", " time = t"], "--map") == {"prompt": "a=b", "time": " t"}


def test_a_role_is_not_both_a_column_and_a_constant() -> None:
    with pytest.raises(MisuseError, match="both say what 'policy' is"):
        find_columns(FILE, ("prompt", "techniques", "reward"), {"policy": "prompt"}, {"policy": "x"})


# whatever stands in a file

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary(max_size=20)
    | st.decimals()
    | st.datetimes()
    | st.datetimes(timezones=st.timezones())
    | st.dates()
    | st.sampled_from(["0.5", "1", "5", "cot;pal", "2024-01-01T00:00:00Z", "x" * 1001])
)
CELLS = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(ROLES, CELLS)))
def test_every_row_is_one_that_the_log_can_keep_or_has_a_known_reason(cells: dict[str, Any]) -> None:
    row = check(**cells)
    if row.reason is not None:
        assert row.reason in REASONS
        kept = row.content or ""
    else:
        assert row.reward is not None
        assert 0 <= row.reward <= 1
        assert row.propensity is None or 0 < row.propensity <= 1
        assert row.complexity in (None, 1, 2, 3, 4, 5)
        assert all(0 <= number <= LARGEST_INTEGER for number in (row.cost_tokens or 0, row.latency_ms or 0))
        assert row.decided_at is None or YEARS[0] - 1 <= row.decided_at.year <= YEARS[1] + 1
        assert row.prompt_text or row.external_id
        assert list(row.codes) == sorted(set(row.codes))
        kept = "".join(str(cell) for cell in row if isinstance(cell, str)) + "".join(row.codes)
    assert "\0" not in kept
    kept.encode("utf-8")


@given(st.floats(0, 1))
def test_a_reward_is_kept_to_the_last_digit(reward: float) -> None:
    assert check(reward=reward).reward == check(reward=repr(reward)).reward == reward


@given(st.floats(0, 1, exclude_min=True))
def test_a_propensity_is_kept_to_the_last_digit(propensity: float) -> None:
    kept = check(propensity=propensity).propensity
    assert kept is not None
    assert math.isclose(kept, propensity, rel_tol=0)
