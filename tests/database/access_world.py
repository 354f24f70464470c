"""A small world for the access tests: rows of one user (``own``), of others, for everybody (``open``) and of nobody.

Every row carries the word for whose it is in a text column; how many there are of a kind tells the kinds apart by a
count alone, since a role that may not read the words may still count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from psycopg.rows import dict_row
from rows import (
    community_prompt,
    effectiveness,
    effectiveness_batch,
    effectiveness_estimate,
    example,
    experiment,
    feedback,
    history,
    insert,
    intent,
    interaction,
    model,
    pattern,
    profile,
    technique,
    template,
    training,
    user,
)

from workbench.db.connection import Connection

Row = dict[str, Any]

# where the word stands
WORDS = {
    "users": "full_name",
    "user_learning_profiles": "preferred_explanation_style",
    "prompt_history": "feedback_text",
    "prompt_history_archive": "feedback_text",
    "enhancement_feedback": "suggestions",
    "enhancement_feedback_archive": "suggestions",
    "prompt_templates": "name",
    "prompt_examples": "explanation",
    "community_prompts": "title",
    "community_interactions": "private_notes",
    "audit_log": "application_name",
}
SAID = {"space": "made up@0", "words": "said", "embedding": "[1,2]"}


@dataclass(frozen=True)
class World:
    me: UUID
    others: tuple[UUID, UUID]
    technique: UUID
    intent: UUID
    batch: UUID
    estimates: UUID
    outcomes: UUID
    undecided: UUID
    model: UUID
    labelled: UUID
    prompts: dict[str, UUID]
    asked: dict[str, Row]
    retrained: UUID


def make_world(connection: Connection) -> World:
    me, other, third = (_user(connection, word, n) for n, word in enumerate(("own", "other", "other")))
    applied, root = technique(connection), intent(connection)
    pattern(connection, applied)
    effectiveness(connection, root, applied, 0.5)
    estimates = effectiveness_batch(connection)
    ids = {"intent_id": root, "technique_id": applied}
    insert(connection, "effectiveness_estimates", effectiveness_estimate(estimates, **ids))
    labelled = training(connection)
    insert(connection, "training_vectors", {"training_id": labelled, "space": "made up@0", "embedding": "[1,2]"})
    insert(connection, "taxonomy_vectors", {"intent_id": root, "part": "name", **SAID})
    live = model(connection)
    insert(connection, "model_deployment_events", deployment(live))
    experiment(connection)
    batch = _imported(connection)
    retraining_made = retrained(connection)
    log, undecided = _decided(connection, applied)
    insert(connection, "technique_performance_analytics", {"technique_id": applied, "date_bucket": "2026-01-01"})
    asked = _asked(connection, {"own": me, "other": other, "nobody": None}, applied)
    prompts = _community(connection, me, other)
    for person, word, prompt in ((me, "own", "own"), (other, "other", "open"), (third, "other", "open")):
        interaction(connection, person, prompts[prompt], private_notes=word)
    _templates(connection, me, other)
    _audited(connection)
    connection.execute("REFRESH MATERIALIZED VIEW mv_user_technique_affinity")
    connection.execute("REFRESH MATERIALIZED VIEW mv_daily_active_techniques")
    others, made = (other, third), (labelled, prompts, asked, retraining_made)
    return World(me, others, applied, root, batch, estimates, log, undecided, live, *made)


def _user(connection: Connection, word: str, number: int) -> UUID:
    made: UUID = user(connection, f"{number}@example.invalid", full_name=word)
    profile(connection, made, preferred_explanation_style=word)
    return made


def _asked(connection: Connection, people: dict[str, UUID | None], applied: UUID) -> dict[str, Row]:
    """Three rated prompts of one's own, six of another and twelve of nobody, with feedback and archived copies."""
    last = {}
    for (word, person), count in zip(people.items(), (3, 6, 12), strict=True):
        for _ in range(count):
            values = {"user_id": person, "techniques_applied": [applied], "user_rating": 4, "feedback_text": word}
            made = history(connection, **values)
            feedback(connection, made, user_id=person, suggestions=word)
        key = (
            "SELECT id AS prompt_history_id, created_at AS prompt_history_created_at FROM prompt_history WHERE id = %s"
        )
        with connection.cursor(row_factory=dict_row) as cursor:
            last[word] = cursor.execute(key, [made]).fetchone()
    for table in ("prompt_history", "enhancement_feedback"):
        names = "string_agg(column_name, ', ')"
        statement = f"SELECT {names} FROM information_schema.columns WHERE table_name = '{table}'"
        (columns,) = connection.execute(statement).fetchone()
        connection.execute(f"INSERT INTO {table}_archive ({columns}) SELECT {columns} FROM {table}")
    return last


def _community(connection: Connection, me: UUID, other: UUID) -> dict[str, UUID]:
    """Four that are for everybody; hidden ones fail in one respect each."""
    approved, pending = {"moderation_status": "approved"}, {"moderation_status": "pending"}
    made = {"own": community_prompt(connection, me, title="own", is_public=False, **pending)}
    made["other"] = community_prompt(connection, other, title="other", is_public=False, **approved)
    community_prompt(connection, other, title="other", moderation_status="rejected")
    for _ in range(4):
        made["open"] = community_prompt(connection, other, title="open", **approved)
    for _ in range(8):
        community_prompt(connection, None, title="nobody", **pending)
    return made


def _templates(connection: Connection, me: UUID, other: UUID) -> None:
    made = [template(connection, "own", created_by=me, is_public=False)]
    made += [template(connection, "other", created_by=other, is_public=False) for _ in range(2)]
    made += [template(connection, "open", created_by=other) for _ in range(4)]
    for each, word in zip(made, ["own"] + ["other"] * 2 + ["open"] * 4, strict=True):
        example(connection, template_id=None if each == made[-1] else each, explanation=word)


def _imported(connection: Connection) -> UUID:
    made: UUID = insert(connection, "import_batches", import_batch())
    insert(connection, "import_quarantine", {"batch_id": made, "line": 1, "reason": "empty"})
    row = {"name": "w", "seed": 1, "rows_written": 0, "ground_truth": {}}
    insert(connection, "history_simulations", row)
    return made


def retrained(connection: Connection) -> UUID:
    """A retraining that a schedule asked for, with one notebook."""
    made: UUID = insert(connection, "retrain_runs", retraining())
    insert(connection, "retrain_steps", retraining_step(made, 1))
    insert(connection, "schedules", a_schedule("nightly"))
    turn = {"schedule_name": "nightly", "due_at": "2026-01-01", "owner": "host:1:1", "retrain_run_id": made}
    insert(connection, "schedule_turns", turn)
    insert(connection, "trigger_evaluations", {"trigger_name": "clock", "fired": True, "why": "due"})
    return made


def retraining() -> Row:
    why = {"asked_by": "person", "reason": "r", "owner": "host:1:1"}
    return {"dataset_version": "v1", "models": ["complexity_model"], **why}


def retraining_step(run: UUID, attempt: int) -> Row:
    known = {"mlflow_run_id": "m", "output_path": "/", "source_sha256": "0" * 64}
    return {"run_id": run, "notebook": "n", "attempt": attempt, "state": "cancelled", "finished_at": "now", **known}


def a_schedule(name: str) -> Row:
    what = {"dataset_version": "v1", "models": ["complexity_model"]}
    return {"name": name, "cron": "0 3 * * *", "added_by": "me", **what}


def _decided(connection: Connection, applied: UUID) -> tuple[UUID, UUID]:
    """An imported log with one decision whose outcome is known, and one whose outcome is not."""
    log: UUID = insert(connection, "outcome_imports", outcome_import())
    insert(connection, "outcome_quarantine", {"import_id": log, "line": 1, "reason": "no outcome"})
    known, unknown = (insert(connection, "decision_log", decision(applied, import_id=log)) for _ in range(2))
    insert(connection, "decision_outcomes", {"decision_id": known, "reward": 1})
    return log, unknown


def outcome_import() -> Row:
    numbers = {"rows_read": 1, "rows_written": 0, "rows_quarantined": 1}
    return {"file_name": "f", "file_sha256": uuid4().hex * 2, "options": {}} | numbers


def decision(applied: UUID, **values: Any) -> Row:
    return {"prompt_key": "id:1", "prompt_text": "hello", "chosen": [applied], **values}


def import_batch() -> Row:
    numbers = {"rows_read": 1, "rows_written": 0, "rows_duplicate": 0, "rows_quarantined": 1}
    return {"dataset_version": "v1", "file_name": "f", "file_sha256": uuid4().hex * 2, "options": {}} | numbers


def deployment(to_model: UUID) -> Row:
    who = {"actor": "somebody", "reason": "it is better"}
    return {"model_type": "intent_classifier", "kind": "promote", "to_model": to_model} | who


def _audited(connection: Connection) -> None:
    connection.execute("ALTER TABLE audit_log DISABLE TRIGGER USER")
    connection.execute("DELETE FROM audit_log")
    for table, word in [("techniques", "open")] * 2 + [("prompt_examples", "other")]:
        who = {"login_role": "x", "acting_role": "x", "application_name": word}
        insert(connection, "audit_log", who | {"table_name": table, "action": "INSERT", "row_key": {}, "row_data": {}})


def _person(world: World, whose: str) -> UUID:
    return world.me if whose == "own" else world.others[0]


# A row of one's own or of another, for the tables that a role may add to.
NEW_ROWS: dict[str, Callable[[World, str], Row]] = {
    "user_learning_profiles": lambda w, whose: {"user_id": _person(w, whose)},
    "prompt_history": lambda w, whose: {
        "user_id": _person(w, whose),
        "session_id": uuid4(),
        "original_prompt": "a",
        "original_length": 1,
        "enhanced_prompt": "b",
        "enhanced_length": 1,
        "techniques_applied": [],
    },
    "enhancement_feedback": lambda w, whose: {
        "user_id": _person(w, whose),
        "overall_rating": 3,
        **w.asked[whose],
    },
    "community_prompts": lambda w, whose: {
        "author_id": _person(w, whose),
        "title": "new",
        "original_prompt": "a",
        "enhanced_prompt": "b",
        "techniques_used": [],
        "category": "c",
    },
    "community_interactions": lambda w, whose: {"user_id": _person(w, whose), "prompt_id": w.prompts["open"]},
    "techniques": lambda _w, _whose: {
        "code": "new",
        "name": "new",
        "category": "c",
        "description": "d",
        "complexity_level": 1,
    },
    "technique_patterns": lambda w, _whose: {"technique_id": w.technique, "pattern_name": "new", "template": "t"},
    "intent_taxonomy": lambda _w, _whose: {"code": "new", "name": "new", "path": "new"},
    "intent_technique_effectiveness": lambda w, _whose: {
        "intent_id": w.intent,
        "technique_id": w.technique,
        "effectiveness_score": 0.5,
    },
    "ml_training_data": lambda _w, _whose: {
        "prompt_text": "new",
        "linguistic_features": {},
        "intent_labels": {"primary": "creative"},
        "dataset_version": "v1",
    },
    "taxonomy_vectors": lambda w, _whose: {"intent_id": w.intent, "part": "keywords", **SAID},
    "training_vectors": lambda w, _whose: {"training_id": w.labelled, "space": "made up@1", "embedding": "[1,2]"},
    "ml_model_performance": lambda _w, _whose: {
        "model_name": "n",
        "model_version": "2",
        "model_type": "complexity_model",
    },
    "model_deployment_events": lambda w, _whose: deployment(w.model),
    "retrain_runs": lambda _w, _whose: retraining(),
    "retrain_steps": lambda w, _whose: retraining_step(w.retrained, 2),
    "schedules": lambda _w, _whose: a_schedule("new"),
    "schedule_turns": lambda _w, _whose: {"schedule_name": "nightly", "due_at": "2026-01-02", "owner": "host:1:1"},
    "trigger_evaluations": lambda _w, _whose: {"trigger_name": "person", "fired": True, "why": "asked"},
    "import_batches": lambda _w, _whose: import_batch(),
    "import_quarantine": lambda w, _whose: {"batch_id": w.batch, "line": 2, "reason": "empty"},
    "effectiveness_batches": lambda _w, _whose: {
        "outcomes": 1,
        "synthetic_outcomes": 0,
        "propensity_source": "recorded",
        "r_hat": 1,
        "prompt_correlation": 0,
        "settings": {},
        "log_sha256": "1" * 64,
    },
    "effectiveness_estimates": lambda w, _whose: effectiveness_estimate(w.estimates, technique_code="new"),
    "decision_log": lambda w, _whose: decision(w.technique),
    "decision_outcomes": lambda w, _whose: {"decision_id": w.undecided, "reward": 0.5},
    "outcome_imports": lambda _w, _whose: outcome_import(),
    "outcome_quarantine": lambda w, _whose: {"import_id": w.outcomes, "line": 2, "reason": "no outcome"},
}
# The key of these is the user, so the row that stands there has to make room.
ONE_A_USER = {"user_learning_profiles", "community_interactions", "intent_technique_effectiveness"}
