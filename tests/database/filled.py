"""A database with a little of everything in it, and what stands in a database, in numbers and digests."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import access_world
import rows
from psycopg import sql

from workbench.db.connection import Connection

NEXT_YEAR = datetime.now(UTC) + timedelta(days=400)


def columns_of_tables(connection: Connection) -> dict[str, list[str]]:
    """Tables and materialised views with their columns; a partition is seen through its parent."""
    found: dict[str, list[str]] = {}
    for table, column in connection.execute(
        """SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition
             AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum"""
    ):
        found.setdefault(table, []).append(column)
    return found


def digest(connection: Connection, table: str, columns: list[str]) -> tuple[int, str]:
    """Number of rows, and a digest of what stands in ``columns``."""
    wanted = sql.SQL("SELECT ({})::text FROM {} ORDER BY 1").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
    )
    found = [row for (row,) in connection.execute(wanted)]
    return len(found), hashlib.sha256("\n".join(found).encode()).hexdigest()


def contents(connection: Connection) -> dict[str, tuple[int, str]]:
    return {table: digest(connection, table, columns) for table, columns in columns_of_tables(connection).items()}


def fill(connection: Connection) -> None:
    """What the previous release could hold: history in months and in the default partition, and all that is around."""
    users = [rows.user(connection, f"u{n}@example.invalid", username=f"u{n}") for n in range(5)]
    techniques = [rows.technique(connection, f"t{n}", created_by=users[0]) for n in range(4)]
    rows.pattern(connection, techniques[0], usage_count=7)
    rows.intent(connection, "creative")
    intent = rows.intent(connection, "creative.writing")
    rows.effectiveness(connection, intent, techniques[1], 0.8, complexity_adjustment={"3": 0.1}, sample_size=40)
    for number in range(60):
        when = NEXT_YEAR if number % 6 == 0 else datetime.now(UTC) - timedelta(hours=number)
        prompt = rows.history(
            connection,
            user_id=users[number % 5],
            created_at=when,
            techniques_applied=techniques[: number % 4],
            detected_intent_path="creative.writing",
            user_rating=number % 5 + 1,
            enhancement_metadata={"number": number},
            client_type="web",
        )
        if number % 3 == 0:
            rows.feedback(connection, prompt, user_id=users[number % 5], suggestions=f"more of {number}")
    for number in range(20):
        labelled = {"optimal_techniques": techniques[:2], "validator_id": users[1], "is_test_set": number % 4 == 0}
        rows.training(connection, f"Write poem {number}", complexity_label=number % 5 + 1, **labelled)
    rows.model(connection, "1", is_active=True, accuracy=0.9, metrics={"macro_f1": 0.87654})
    connection.execute(
        "INSERT INTO import_batches VALUES (gen_random_uuid(), 'v1', 'a.csv', repeat('0', 64), '{}', 3, 2, 0, 1)"
    )
    connection.execute("INSERT INTO import_quarantine SELECT id, 2, 'no label', 'hm', NULL FROM import_batches")
    connection.execute("INSERT INTO history_simulations VALUES ('demo', 7, 0, '{}')")


def fill_the_rest(connection: Connection) -> None:
    """What came after the previous release, and what is computed from the rows."""
    (user, technique) = connection.execute("SELECT u.id, t.id FROM users u, techniques t LIMIT 1").fetchone()
    rows.example(connection, template_id=rows.template(connection, technique_ids=[technique]))
    rows.profile(connection, user, techniques_mastered=[technique])
    rows.interaction(connection, user, rows.community_prompt(connection, user), private_notes="mine", has_liked=True)
    rows.experiment(connection)
    connection.execute("INSERT INTO training_vectors SELECT id, 'made up@0', '[1, 2]' FROM ml_training_data LIMIT 3")
    said = {"part": "name", **access_world.SAID}
    rows.insert(connection, "taxonomy_vectors", {"intent_id": rows.intent(connection, "said"), **said})
    log = rows.outcome_import(connection)
    rows.insert(connection, "outcome_quarantine", {"import_id": log, "line": 3, "reason": "no outcome"})
    made = rows.decision(connection, import_id=log, chosen=[technique], candidates=[technique], propensities=[0.5])
    rows.insert(connection, "decision_outcomes", {"decision_id": made, "reward": 0.75})
    (model,) = connection.execute("SELECT id FROM ml_model_performance LIMIT 1").fetchone()
    rows.insert(connection, "model_deployment_events", access_world.deployment(model))
    access_world.retrained(connection)
    connection.execute("UPDATE techniques SET description = 'changed once'")
    batch = rows.effectiveness_batch(connection)
    rows.insert(connection, "effectiveness_estimates", rows.effectiveness_estimate(batch))
    connection.execute("UPDATE intent_technique_effectiveness SET batch_id = %s", [batch])
    old = {"user_id": user, "created_at": datetime.now(UTC) - timedelta(days=200)}
    rows.feedback(connection, rows.history(connection, **old, decision_id=made), user_id=user, decision_id=made)
    connection.execute("SELECT archive_old_prompts()")
    connection.execute("INSERT INTO maintenance_runs (job_name) SELECT name FROM maintenance_jobs LIMIT 1")
    # Yesterday: at midnight nothing of today has happened yet.
    connection.execute("CALL update_technique_analytics()")
    for (view,) in connection.execute("SELECT matviewname FROM pg_matviews WHERE schemaname = 'public'").fetchall():
        connection.execute(sql.SQL("REFRESH MATERIALIZED VIEW {}").format(sql.Identifier(view)))
