"""`get_optimal_techniques` in SQL and its twin in Python answer the same, to the last digit."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import psycopg
import pytest
from rows import effectiveness, intent, technique, user

from workbench.db.connection import Connection
from workbench.errors import MisuseError
from workbench.models.rules import RuleBook
from workbench.store.rules import read_rules

WORLDS, QUESTIONS = 25, 40
PATHS = ("creative", "creative.verse", "technical", "technical.code", "learning")
DOMAINS = ("law", "art", "", "1")
CALL = "SELECT * FROM get_optimal_techniques(%(intent)s, %(complexity)s, %(user)s, %(limit)s, %(domain)s)"


def number(random: np.random.Generator) -> str:
    """A JSON number: mostly of few digits, so that there are ties; now and then long, tiny or huge."""
    kind = random.integers(8)
    if kind == 0:
        return str(random.normal(0, 0.3))
    if kind == 1:
        return f"{random.integers(-9, 10)}e-{random.integers(1, 40)}"
    if kind == 2:
        return f"{random.integers(-3, 4)}.{''.join(map(str, random.integers(0, 10, 45)))}"
    if kind == 3:
        return f"{random.integers(-9, 10)}E+{random.integers(0, 30)}"
    return f"{random.integers(-20, 21) / 200}"


def adjustments(random: np.random.Generator, keys: Any) -> str | None:
    chosen = [key for key in keys if random.random() < 0.5]
    if not chosen and random.random() < 0.5:
        return None
    return "{" + ", ".join(f"{json.dumps(str(key))}: {number(random)}" for key in chosen) + "}"


def make_world(connection: Connection, random: np.random.Generator) -> list[tuple[Any, dict[str, Any] | None]]:
    """Techniques, intents and effects at random; users with their preferences, some of which are nonsense."""
    codes = random.choice(["a", "B", "a_b", "ab", "Z", "é", "cot", "co-t", "t 1", "t10", "t9", "_x"], 9, replace=False)
    ids = [
        technique(
            connection,
            code,
            name=f"Technique {code}",
            base_effectiveness=int(random.integers(0, 21)) / 20,
            complexity_level=int(random.integers(1, 6)),
            is_active=bool(random.random() < 0.9),
        )
        for code in codes
    ]
    for path in PATHS:
        made = intent(connection, path, is_active=bool(random.random() < 0.85))
        for each in ids:
            if random.random() < 0.6:
                more = {
                    "complexity_adjustment": adjustments(random, range(1, 7)),
                    "domain_adjustments": adjustments(random, DOMAINS),
                }
                effectiveness(connection, made, each, int(random.integers(0, 101)) / 100, **more)
    named = [*codes, *map(str, ids), str(ids[0]).upper(), "nobody", "", None, 1, {"cot": 1}, ["a"]]
    likes: list[Any] = [[named[n] for n in random.choice(len(named), 4, replace=False)] for _ in range(4)]
    people: list[tuple[Any, dict[str, Any] | None]] = [(None, None), ("00000000-0000-0000-0000-000000000000", None)]
    for count, favourites in enumerate([*likes, "cot", None, {"a": 1}, []]):
        preferences = {"favorite_techniques": favourites}
        text = json.dumps(preferences)
        people.append((user(connection, f"{count}@example.invalid", preferences=text), preferences))
    people.append((user(connection, "nothing@example.invalid"), {}))
    return people


def question(random: np.random.Generator, people: list[tuple[Any, dict[str, Any] | None]]) -> dict[str, Any]:
    person, preferences = people[random.integers(len(people))]
    return {
        "intent": random.choice(np.array([*PATHS, "nowhere", "Creative", None], dtype=object)),
        "complexity": int(random.integers(1, 6)),
        "user": person,
        "preferences": preferences,
        "limit": random.choice(np.array([None, -1, 0, 1, 3, 5, 100], dtype=object)),
        "domain": random.choice(np.array([*DOMAINS, "nowhere", None], dtype=object)),
    }


def by_sql(connection: Connection, asked: dict[str, Any]) -> list[tuple[str, ...]]:
    values = {name: value for name, value in asked.items() if name != "preferences"}
    return [tuple(map(str, row)) for row in connection.execute(CALL, values)]


def by_python(book: RuleBook, asked: dict[str, Any]) -> list[tuple[str, ...]]:
    values = {name: value for name, value in asked.items() if name != "user"}
    return [tuple(map(str, vars(score).values())) for score in book.rank(**values)]


def ask(connection: Connection) -> tuple[list[Any], list[Any], list[dict[str, Any]]]:
    """What SQL and Python answer to a thousand questions about random worlds, and the questions."""
    random = np.random.default_rng(5)
    from_sql, from_python, questions = [], [], []
    for _ in range(WORLDS):
        with connection.transaction(force_rollback=True):
            people = make_world(connection, random)
            book = read_rules(connection)
            for asked in (question(random, people) for _ in range(QUESTIONS)):
                questions.append(asked)
                from_sql.append(by_sql(connection, asked))
                from_python.append(by_python(book, asked))
    return from_sql, from_python, questions


def test_a_thousand_random_questions_have_one_answer(schema: Connection) -> None:
    from_sql, from_python, questions = ask(schema)
    assert len(from_sql) == 1000
    differing = [n for n, answer in enumerate(from_sql) if answer != from_python[n]]
    assert [(questions[n], from_sql[n], from_python[n]) for n in differing[:1]] == []
    rows = [row for answer in from_sql for row in answer]
    # The questions reach every branch: fallbacks, favourites, both bounds and scores between them.
    assert {row[5] for row in rows} == {"True", "False"}
    assert {row[3] for row in rows} == {"0.00", "0.15"}
    assert {"0.00", "0.99"} < {row[4] for row in rows}


@pytest.mark.parametrize("complexity", [None, 0, 6, -1])
def test_both_refuse_a_complexity_that_is_none(schema: Connection, complexity: int | None) -> None:
    technique(schema)
    with pytest.raises(MisuseError, match="outside 1 to 5"):
        read_rules(schema).rank("creative", complexity)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="outside 1 to 5"):
        schema.execute("SELECT * FROM get_optimal_techniques('creative', %s)", [complexity])


def test_both_give_five_unless_told_otherwise(schema: Connection) -> None:
    for count in range(7):
        technique(schema, f"t{count}")
    assert len(read_rules(schema).rank("creative", 3)) == 5
    assert len(schema.execute("SELECT * FROM get_optimal_techniques('creative', 3)").fetchall()) == 5
