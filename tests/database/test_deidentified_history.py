"""History as data scientists see it: without persons, without texts, and with what estimates need."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from access_world import World, make_world
from acting import acting_as, plan
from rows import history, user

from workbench.db.connection import Connection

Refused = psycopg.errors.InsufficientPrivilege


@pytest.fixture
def world(schema: Connection) -> World:
    return make_world(schema)


def uses(connection: Connection) -> list[tuple[Any, ...]]:
    statement = "SELECT user_pseudonym, propensity, simulation FROM v_history_deidentified"
    return connection.execute(statement).fetchall()


def test_a_pseudonym_holds_a_users_uses_together_and_says_nothing_else(schema: Connection) -> None:
    ada, bob = user(schema), user(schema, "bob@example.invalid")
    for person in (ada, ada, bob, None):
        history(schema, user_id=person)
    with acting_as(schema, role="workbench"):
        names = [pseudonym for pseudonym, _, _ in uses(schema)]
    assert sorted(Counter(names).values()) == [1, 1, 2]
    assert Counter(names)[None] == 1
    assert not {ada, bob} & set(names)


@pytest.mark.parametrize(
    ("metadata", "kept"),
    [
        ({"propensity": 0.25}, 0.25),
        ({"propensity": 1}, 1.0),
        ({"propensity": 0}, None),
        ({"propensity": 1.5}, None),
        ({"propensity": "0.25"}, None),
        ({"other": 1}, None),
    ],
)
def test_a_propensity_is_kept_where_it_is_a_probability(schema: Connection, metadata: Any, kept: float | None) -> None:
    history(schema, enhancement_metadata=metadata)
    assert uses(schema) == [(None, kept, None)]
    schema.execute("UPDATE prompt_history SET enhancement_metadata = '{\"propensity\": 0.5}'")
    assert uses(schema) == [(None, 0.5, None)]


def test_a_simulations_name_is_believed_of_synthetic_rows_alone(schema: Connection) -> None:
    for synthetic in (True, False):
        history(schema, enhancement_metadata={"simulation": "my address is"}, is_synthetic=synthetic)
    assert [name for _, _, name in uses(schema)] == ["my address is", None]


def test_what_may_be_known_cannot_be_written(schema: Connection) -> None:
    history(schema, user_pseudonym=uuid4(), propensity=0.9, simulation="forged")
    assert uses(schema) == [(None, None, None)]


def test_data_scientists_cannot_read_who_asked_what(schema: Connection, world: World) -> None:
    columns = ("user_id", "session_id", "original_prompt", "enhanced_prompt", "feedback_text", "enhancement_metadata")
    for column in columns:
        with acting_as(schema, role="workbench"), pytest.raises(Refused):
            schema.execute(f"SELECT {column} FROM prompt_history")
    for column in ("user_id", "suggestions", "what_worked", "what_didnt_work", "technique_ratings"):
        with acting_as(schema, role="workbench"), pytest.raises(Refused):
            schema.execute(f"SELECT {column} FROM enhancement_feedback")


def test_a_filter_on_time_reaches_the_partitions_through_the_view(schema: Connection) -> None:
    for month in ("2024-01-01", "2024-02-01"):
        schema.execute("SELECT create_monthly_partition(%s)", [month])
    with acting_as(schema, role="workbench"):
        day = "created_at >= '2024-01-05Z' AND created_at < '2024-01-06Z'"
        seen = plan(schema, f"SELECT user_pseudonym FROM v_history_deidentified WHERE {day}")
    assert "prompt_history_2024_01" in seen
    assert "prompt_history_2024_02" not in seen
    assert "prompt_history_default" not in seen
