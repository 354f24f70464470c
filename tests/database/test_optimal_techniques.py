"""The rule-based selection of techniques: what the seed's function answered wrongly."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from rows import effectiveness, intent, technique, user

from workbench.db.connection import Connection


def choose(connection: Connection, path: str = "creative", complexity: int | None = 3, **more: Any) -> list[Any]:
    named = "".join(f", {name} => %({name})s" for name in more)
    statement = f"SELECT * FROM get_optimal_techniques(%(path)s, %(complexity)s{named})"
    return connection.execute(statement, {"path": path, "complexity": complexity, **more}).fetchall()


def scores(rows: list[Any]) -> dict[str, float]:
    return {row[1]: float(row[4]) for row in rows}


def favour(connection: Connection, favourites: str) -> Any:
    preferences = f'{{"favorite_techniques": {favourites}}}'
    return user(connection, preferences=preferences)


@pytest.mark.parametrize("column", ["complexity_level", "base_effectiveness"])
def test_a_technique_without_a_level_or_a_base_score_is_refused(schema: Connection, column: str) -> None:
    with pytest.raises(psycopg.errors.NotNullViolation):
        technique(schema, **{column: None})


@pytest.mark.parametrize("complexity", [None, 0, 6, 99, -1])
def test_a_complexity_outside_one_to_five_is_refused(schema: Connection, complexity: int | None) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        choose(schema, complexity=complexity)


def test_no_score_is_negative(schema: Connection) -> None:
    technique(schema, base_effectiveness=0.2, complexity_level=1)
    assert scores(choose(schema, complexity=5)) == {"cot": 0.0}


def test_no_score_exceeds_0_99(schema: Connection) -> None:
    technique(schema, base_effectiveness=1)
    assert scores(choose(schema)) == {"cot": 0.99}


def test_the_mappings_adjustment_replaces_the_generic_one_where_it_has_the_level(schema: Connection) -> None:
    effectiveness(schema, intent(schema), technique(schema), 0.8, complexity_adjustment={"3": -0.5})
    assert scores(choose(schema, complexity=3)) == {"cot": 0.30}
    assert scores(choose(schema, complexity=2)) == {"cot": 0.80}


def test_the_domain_adjustment_counts_when_a_domain_is_given(schema: Connection) -> None:
    effectiveness(schema, intent(schema), technique(schema), 0.5, domain_adjustments={"legal": -0.2})
    assert scores(choose(schema)) == {"cot": 0.60}
    assert scores(choose(schema, p_domain="legal")) == {"cot": 0.40}
    assert scores(choose(schema, p_domain="medical")) == {"cot": 0.60}


@pytest.mark.parametrize("column", ["complexity_adjustment", "domain_adjustments"])
@pytest.mark.parametrize("value", ["much", None, [1], {"3": 1}])
def test_an_adjustment_that_is_no_number_is_refused(schema: Connection, column: str, value: object) -> None:
    intent_id, technique_id = intent(schema), technique(schema)
    with pytest.raises(psycopg.errors.CheckViolation):
        effectiveness(schema, intent_id, technique_id, 0.8, **{column: {"3": value}})


@pytest.mark.parametrize("favourites", ['["no-such"]', '"cot"', "null", "{}", "3", "[null, 1, {}]", "[]"])
def test_a_malformed_favourite_does_not_fail_the_call(schema: Connection, favourites: str) -> None:
    technique(schema)
    rows = choose(schema, p_user_id=favour(schema, favourites))
    assert [float(row[3]) for row in rows] == [0.0]


def test_a_favourite_may_be_a_code_or_an_id(schema: Connection) -> None:
    technique(schema, "by_code")
    by_id = technique(schema, "by_id")
    rows = choose(schema, p_user_id=favour(schema, json.dumps(["by_code", str(by_id)])))
    assert {row[1]: float(row[3]) for row in rows} == {"by_code": 0.15, "by_id": 0.15}


def test_an_unknown_or_inactive_intent_falls_back_and_says_so(schema: Connection) -> None:
    effectiveness(schema, intent(schema, is_active=False), technique(schema), 0.1)
    assert [(float(row[2]), row[5]) for row in choose(schema)] == [(0.70, True)]
    assert [(float(row[2]), row[5]) for row in choose(schema, path="nowhere")] == [(0.70, True)]


def test_a_known_intent_says_that_it_is_no_fallback(schema: Connection) -> None:
    effectiveness(schema, intent(schema), technique(schema), 0.6)
    assert [(float(row[2]), row[5]) for row in choose(schema)] == [(0.60, False)]


def test_an_unknown_user_gets_the_answer_without_preferences(schema: Connection) -> None:
    technique(schema)
    assert len(choose(schema, p_user_id="00000000-0000-0000-0000-000000000000")) == 1


def test_inactive_techniques_are_not_chosen(schema: Connection) -> None:
    technique(schema, is_active=False)
    assert choose(schema) == []


def test_ties_are_broken_by_base_score_then_code(schema: Connection) -> None:
    for code, base, level in (("b", 0.7, 3), ("a", 0.7, 3), ("c", 0.8, 4)):
        technique(schema, code, base_effectiveness=base, complexity_level=level)
    assert [row[1] for row in choose(schema)] == ["c", "a", "b"]


def test_ties_have_one_order_in_every_collation(schema: Connection) -> None:
    for code in ("b", "B", "a_c", "ab"):
        technique(schema, code)
    assert [row[1] for row in choose(schema)] == ["B", "a_c", "ab", "b"]
    try:
        with schema.transaction():
            schema.execute('ALTER TABLE techniques ALTER code TYPE VARCHAR(50) COLLATE "und-x-icu"')
    except psycopg.errors.UndefinedObject:
        pytest.skip("this PostgreSQL was built without ICU")
    assert schema.execute("SELECT array_agg(code ORDER BY code) FROM techniques").fetchone() == (
        ["a_c", "ab", "b", "B"],
    )
    assert [row[1] for row in choose(schema)] == ["B", "a_c", "ab", "b"]


@pytest.mark.parametrize(("limit", "found"), [(-1, 0), (0, 0), (2, 2), (None, 5)])
def test_the_limit_is_clamped(schema: Connection, limit: int | None, found: int) -> None:
    for number in range(7):
        technique(schema, f"t{number}")
    assert len(choose(schema, p_limit=limit)) == found


def test_every_score_has_two_decimals(schema: Connection) -> None:
    adjustment = {"3": 0.123456}
    effectiveness(schema, intent(schema), technique(schema), 0.5, complexity_adjustment=adjustment)
    (row,) = choose(schema)
    assert [str(value) for value in row[2:5]] == ["0.50", "0.00", "0.62"]


def test_the_function_is_stable(schema: Connection) -> None:
    found = schema.execute("SELECT provolatile FROM pg_proc WHERE proname = 'get_optimal_techniques'").fetchall()
    assert found == [("s",)]
