"""Every index earns its place: a query of ours takes it, by the planner's own choice, in data of realistic shape."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
import pytest
from pgvector import Vector
from plans import fill, id_of, indexes_used, indexes_used_inside
from psycopg import sql

from workbench.db.connection import Connection, connect, with_database
from workbench.sql import query

SIZES = {
    **{"history": 12_000, "training": 2_000, "techniques": 1_000, "intents": 10, "users": 500},
    **{"templates": 1_500, "community": 2_500, "months": 2},
}
VECTOR = Vector(np.eye(384, dtype=np.float32)[0])

WORDS = {"words": "chian of thougt", "limit": 10}
NO_FILTER = {"words": None, "category": None, "language": None, "tag": None, "limit": 10}

# index: the query that takes it, and values
PROMISES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "idx_techniques_search": ("search", "techniques", WORDS),
    "idx_techniques_names": ("search", "techniques", WORDS),
    "idx_techniques_active_category": ("browse", "techniques_of_category", {"category": "category 3", "limit": 10}),
    "idx_patterns_intent": ("browse", "patterns_of_intent", {"paths": ["branch_3"], "limit": 10}),
    "idx_technique_effectiveness_lookup": ("browse", "techniques_of_intent", {"intent": "branch_3", "limit": 10}),
    "idx_templates_public_quality": ("browse", "best_templates", {"limit": 10}),
    "idx_examples_quality": ("browse", "best_examples", {"limit": 10}),
    "idx_community_featured": ("browse", "featured_community", {"limit": 20}),
    "idx_community_category": ("browse", "community_of_category", {"category": "category 3", "limit": 20}),
    "idx_history_user_date": ("browse", "recent_history", {"user": id_of("user", 5), "limit": 20}),
    "idx_history_session": ("browse", "history_of_session", {"session": id_of("session", 5)}),
    "idx_history_techniques": ("browse", "uses_of_technique", {"technique": "react", "since": "2024-01-01Z"}),
    "idx_analytics_date": ("browse", "analytics_of_day", {"day": "2024-06-10"}),
    "idx_ml_dataset": ("training", "stage_neighbours", {"version": "small"}),
    "idx_ml_labels": ("search", "labelled", {"version": "large", "intent": "branch_3", "limit": 10}),
    "uk_model_one_active": ("performance", "active", {"model_type": "intent_classifier"}),
}
TEMPLATES, COMMUNITY = query("search", "templates"), query("search", "community")
INSIDE_FUNCTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "idx_templates_search": (TEMPLATES, {**NO_FILTER, "words": "poem story", "technique": None}),
    "idx_templates_names": (TEMPLATES, {**NO_FILTER, "words": "pome stroy", "technique": None}),
    "idx_templates_filter": (TEMPLATES, {**NO_FILTER, "category": "category 3", "technique": "cot"}),
    "idx_community_search": (COMMUNITY, {**NO_FILTER, "words": "poem story"}),
    "idx_community_tags": (COMMUNITY, {**NO_FILTER, "tag": "poem"}),
}


# Of the archive, the audit trail and the maintenance runs, whose tests look at them.
OF_OTHER_TESTS = {"idx_archive_created_brin", "idx_audit_at", "idx_audit_row", "idx_maintenance_runs_job"}


@pytest.fixture(scope="module")
def filled(server_url: str) -> Iterator[str]:
    """URL of a migrated database with made-up rows and fresh statistics."""
    name = f"t_{uuid.uuid4().hex[:16]}"
    url = with_database(server_url, lambda _: name)
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE workbench_template").format(sql.Identifier(name)))
        # As the private server has it: a disk without a head to move. Other servers are asked to plan the same way.
        admin.execute(sql.SQL("ALTER DATABASE {} SET random_page_cost = 1.1").format(sql.Identifier(name)))
        fill(url, **SIZES)
        yield url
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def data(filled: str) -> Iterator[Connection]:
    with connect(filled) as opened:
        yield opened
        opened.rollback()


@pytest.mark.parametrize("index", PROMISES)
def test_an_index_is_taken_by_its_query(data: Connection, index: str) -> None:
    subject, name, values = PROMISES[index]
    assert index in indexes_used(data, query(subject, name), values)


@pytest.mark.parametrize("index", INSIDE_FUNCTIONS)
def test_an_index_is_taken_inside_a_function(data: Connection, index: str) -> None:
    statement, values = INSIDE_FUNCTIONS[index]
    assert index in indexes_used_inside(data, statement, values)


def test_the_rows_of_a_day_are_found_by_the_order_in_which_they_came(data: Connection) -> None:
    day = "SELECT techniques_applied, user_rating FROM prompt_history WHERE created_at >= %(a)s AND created_at < %(b)s"
    assert indexes_used(data, day, {"a": "2024-06-10Z", "b": "2024-06-11Z"}) == {"idx_history_created_brin"}


def test_optimal_techniques_read_the_estimates_of_one_intent(data: Connection) -> None:
    statement = "SELECT * FROM get_optimal_techniques('branch_1', 3)"
    taken = indexes_used_inside(data, statement, {})
    assert taken & {"intent_technique_effectiveness_pkey", "idx_technique_effectiveness_lookup"}


def test_a_users_history_is_looked_up_by_index_under_the_policy(data: Connection) -> None:
    data.execute("SELECT set_config('app.current_user_id', %s, true)", [id_of("user", 5)])
    data.execute("SET LOCAL ROLE application_user")
    values = {"user": id_of("user", 5), "limit": 20}
    assert indexes_used(data, query("browse", "recent_history"), values) == {"idx_history_user_date"}


def test_a_search_under_the_policy_needs_the_function(data: Connection) -> None:
    bare = "SELECT title FROM community_prompts WHERE search_vector @@ to_tsquery('poem')"
    assert indexes_used(data, bare, {}) == {"idx_community_search"}
    searched = indexes_used_inside(data, COMMUNITY, {**NO_FILTER, "words": "poem story"}, "application_user")
    assert "idx_community_search" in searched
    assert indexes_used(data, bare, {}) == set()


def test_a_subtree_is_looked_up_by_index_once_the_taxonomy_is_large(data: Connection) -> None:
    data.execute(
        "INSERT INTO intent_taxonomy (code, name, level, path)"
        " SELECT 'root' || i, 'Root', 1, 'root' || i FROM generate_series(1, 2000) AS i"
    )
    data.execute("ANALYZE intent_taxonomy")
    # The unique index serves as well where the collation is C, as it is here; idx_intent_path serves everywhere.
    data.execute("ALTER TABLE intent_taxonomy DROP CONSTRAINT intent_taxonomy_path_key")
    assert indexes_used(data, query("browse", "intents_below"), {"intent": "branch_1"}) == {"idx_intent_path"}


def test_the_latest_decisions_are_read_in_their_order(data: Connection) -> None:
    data.execute(
        "INSERT INTO decision_log (prompt_key, chosen, decided_at)"
        " SELECT 'id:' || i, '{}', TIMESTAMPTZ '2024-01-01Z' + i * INTERVAL '1 minute'"
        " FROM generate_series(1, 5000) AS i"
    )
    data.execute("ANALYZE decision_log")
    assert "idx_decision_time" in indexes_used(data, query("browse", "recent_decisions"), {"limit": 20})


def test_the_events_of_a_model_type_are_read_by_index(data: Connection) -> None:
    data.execute(
        "INSERT INTO model_deployment_events (model_type, kind, actor, reason)"
        " SELECT CASE WHEN i % 100 = 0 THEN 'technique_selector' ELSE 'intent_classifier' END, 'repair', 'a', 'b'"
        " FROM generate_series(1, 5000) AS i"
    )
    data.execute("ANALYZE model_deployment_events")
    taken = indexes_used(data, query("deployments", "events"), {"model_type": "technique_selector"})
    assert "idx_deployment_type" in taken


# What serves a constraint or a foreign key is needed without a query; what is built over vectors is tested elsewhere.
def test_every_index_of_the_seeds_tables_has_a_query(data: Connection) -> None:
    plain = data.execute(
        """
        SELECT i.relname
        FROM pg_index x
        JOIN pg_class i ON i.oid = x.indexrelid
        JOIN pg_class t ON t.oid = x.indrelid
        WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
          AND NOT x.indisunique
          AND NOT EXISTS (
              SELECT FROM pg_constraint c
              WHERE c.contype = 'f' AND c.conrelid = t.oid
                AND c.conkey = (string_to_array(x.indkey::text, ' ')::int2[])[1:cardinality(c.conkey)]
          )
        """
    ).fetchall()
    promised = PROMISES.keys() | INSIDE_FUNCTIONS.keys()
    promised |= {"idx_intent_path", "idx_history_created_brin", "idx_decision_time", "idx_deployment_type"}
    assert {name for (name,) in plain} - OF_OTHER_TESTS <= promised
