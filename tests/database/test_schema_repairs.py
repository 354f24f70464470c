"""What the seed's tables accepted, refused or lost, and must not."""

from __future__ import annotations

import json
import random
import re
import string
import threading
from typing import Any

import psycopg
import pytest
from rows import effectiveness, feedback, history, insert, intent, model, technique, training, user

from workbench.db.connection import Connection, connect

CheckViolation = psycopg.errors.CheckViolation
UniqueViolation = psycopg.errors.UniqueViolation


def partition_of(connection: Connection, history_id: Any) -> str:
    statement = "SELECT tableoid::regclass::text FROM prompt_history WHERE id = %s"
    return str(connection.execute(statement, [history_id]).fetchone()[0])


def count(connection: Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


# the tables exist and refer to each other


def test_every_table_of_the_main_job_exists(schema: Connection) -> None:
    for table in ("users", "techniques", "technique_patterns", "intent_taxonomy", "prompt_history"):
        assert count(schema, table) == 0
    for table in ("intent_technique_effectiveness", "enhancement_feedback", "ml_training_data", "ml_model_performance"):
        assert count(schema, table) == 0


def test_a_user_who_wrote_a_technique_and_validated_a_row_can_be_deleted(schema: Connection) -> None:
    author = user(schema)
    technique(schema, created_by=author)
    training(schema, validator_id=author)
    schema.execute("DELETE FROM users")
    assert schema.execute("SELECT created_by, validator_id FROM techniques, ml_training_data").fetchall() == [
        (None, None)
    ]


def test_two_addresses_that_differ_in_case_are_one_person(schema: Connection) -> None:
    user(schema, "ada@example.invalid")
    with pytest.raises(UniqueViolation):
        user(schema, "Ada@Example.invalid")


def test_preferences_that_are_no_object_are_refused(schema: Connection) -> None:
    with pytest.raises(CheckViolation):
        user(schema, preferences='"dark"')


# prompt history and feedback


def test_the_same_id_may_stand_in_two_months_and_feedback_goes_to_the_later(schema: Connection) -> None:
    first = history(schema, created_at="2024-01-05Z")
    history(schema, id=first, created_at="2024-03-05Z")
    feedback(schema, first)
    found = schema.execute("SELECT prompt_history_created_at::date::text FROM enhancement_feedback").fetchone()
    assert found == ("2024-03-05",)


def test_feedback_finds_its_prompt_by_the_id_alone(schema: Connection) -> None:
    asked = history(schema, created_at="2024-01-05 10:00Z")
    feedback(schema, asked)
    joined = schema.execute(
        "SELECT count(*) FROM enhancement_feedback f JOIN prompt_history h"
        " ON (h.id, h.created_at) = (f.prompt_history_id, f.prompt_history_created_at)"
    ).fetchone()
    assert joined == (1,)


def test_feedback_goes_with_its_prompt(schema: Connection) -> None:
    feedback(schema, history(schema))
    schema.execute("DELETE FROM prompt_history")
    assert count(schema, "enhancement_feedback") == 0


def test_feedback_on_no_prompt_is_refused_and_the_message_names_the_id(schema: Connection) -> None:
    nowhere = "00000000-0000-0000-0000-00000000dead"
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match=nowhere):
        feedback(schema, nowhere)


def test_feedback_without_a_prompt_is_refused(schema: Connection) -> None:
    with pytest.raises(psycopg.IntegrityError):
        feedback(schema, None)


@pytest.mark.parametrize("moment", ["1999-12-31 23:59Z", "2024-01-15Z", "2124-06-01Z"])
def test_history_of_any_month_is_accepted(schema: Connection, moment: str) -> None:
    assert partition_of(schema, history(schema, created_at=moment)) == "prompt_history_default"


def test_history_of_today_goes_to_its_month(schema: Connection) -> None:
    assert re.fullmatch(r"prompt_history_\d{4}_\d\d", partition_of(schema, history(schema)))


@pytest.mark.parametrize("length", [2_700, 5_000, 20_000, 1_000_000])
def test_a_prompt_of_any_length_is_accepted(schema: Connection, length: int) -> None:
    text = "".join(random.Random(length).choices(string.ascii_letters, k=length))
    assert history(schema, enhanced_prompt=text, original_prompt=text)
    assert training(schema, text)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("original_length", -5),
        ("enhanced_length", -1),
        ("detected_complexity", 6),
        ("model_confidence", 1.01),
        ("user_rating", 0),
        ("client_type", "fridge"),
        ("processing_time_ms", -1),
    ],
)
def test_history_refuses(schema: Connection, column: str, value: object) -> None:
    with pytest.raises(CheckViolation):
        history(schema, **{column: value})


# monthly partitions


def month(connection: Connection, day: str) -> None:
    connection.execute("SELECT create_monthly_partition(%s::date)", [day])


def test_a_month_is_made_on_request_and_again_without_harm(schema: Connection) -> None:
    month(schema, "2024-01-17")
    month(schema, "2024-01-31")
    assert partition_of(schema, history(schema, created_at="2024-01-01 00:00Z")) == "prompt_history_2024_01"
    assert partition_of(schema, history(schema, created_at="2024-02-01 00:00Z")) == "prompt_history_default"


def test_a_month_takes_its_rows_out_of_the_default_partition_with_their_feedback(schema: Connection) -> None:
    inside, outside = history(schema, created_at="2024-01-05Z"), history(schema, created_at="2024-02-05Z")
    feedback(schema, inside)
    feedback(schema, outside)
    month(schema, "2024-01-01")
    assert partition_of(schema, inside) == "prompt_history_2024_01"
    assert partition_of(schema, outside) == "prompt_history_default"
    assert count(schema, "enhancement_feedback") == 2


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "UTC"])
@pytest.mark.parametrize("style", ["ISO, MDY", "Postgres, DMY", "SQL, MDY", "German"])
def test_months_begin_in_utc_whatever_the_session_says(schema: Connection, zone: str, style: str) -> None:
    schema.execute("SELECT set_config('timezone', %s, false), set_config('datestyle', %s, false)", [zone, style])
    month(schema, "2027-01-01")
    schema.execute("SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'")
    month(schema, "2027-02-01")
    early = history(schema, created_at="2027-01-01 02:00Z")
    late = history(schema, created_at="2027-01-31 23:59Z")
    assert {partition_of(schema, early), partition_of(schema, late)} == {"prompt_history_2027_01"}


def test_a_month_refuses_what_the_parent_refuses(schema: Connection) -> None:
    month(schema, "2024-01-01")
    with pytest.raises(CheckViolation):
        history(schema, created_at="2024-01-05Z", user_rating=9)


def test_a_month_made_while_feedback_is_written_ends_in_no_deadlock(database: str, connection: Connection) -> None:
    asked = history(connection, created_at="2024-01-05Z")
    with connect(database) as writer:
        writer.execute("LOCK TABLE enhancement_feedback IN ROW EXCLUSIVE MODE")  # what INSERT takes first
        maker = threading.Thread(target=month, args=(connection, "2024-01-01"))
        maker.start()
        _wait_for_lock(writer)
        feedback(writer, asked)
    maker.join()
    assert count(connection, "enhancement_feedback") == 1
    assert partition_of(connection, asked) == "prompt_history_2024_01"


def _wait_for_lock(connection: Connection) -> None:
    statement = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = %s::oid"
    own = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
    while connection.execute(statement, own).fetchone() == (0,):
        pass


# techniques, patterns, intents


@pytest.mark.parametrize("score", [9.99, -9.99, 1.01, -0.01, "NaN"])
@pytest.mark.parametrize("column", ["base_effectiveness", "effectiveness_variance"])
def test_a_technique_refuses_a_score_that_is_no_share(schema: Connection, column: str, score: object) -> None:
    with pytest.raises(CheckViolation):
        technique(schema, **{column: score})


@pytest.mark.parametrize("score", [9.99, -9.99, 1.01, -0.01, "NaN"])
@pytest.mark.parametrize("column", ["effectiveness_score", "confidence_level", "real_world_performance"])
def test_the_mapping_refuses_a_score_that_is_no_share(schema: Connection, column: str, score: object) -> None:
    intent_id, technique_id = intent(schema), technique(schema)
    row = {"intent_id": intent_id, "technique_id": technique_id, "effectiveness_score": 0.5, column: score}
    with pytest.raises(CheckViolation):
        insert(schema, "intent_technique_effectiveness", row)


def test_a_technique_is_found_by_its_words_without_a_detailed_explanation(schema: Connection) -> None:
    technique(schema, description="Reason step by step", detailed_explanation=None)
    found = schema.execute("SELECT code FROM techniques WHERE search_vector @@ to_tsquery('reasoning')").fetchall()
    assert found == [("cot",)]


def test_a_pattern_refuses_values_outside_its_scales(schema: Connection) -> None:
    least = {"technique_id": technique(schema), "pattern_name": "p", "template": "{x}"}
    for column, value in (("success_rate", 1.5), ("avg_user_rating", 0), ("usage_count", -1), ("template_vars", "[]")):
        with pytest.raises(CheckViolation), schema.transaction():
            insert(schema, "technique_patterns", {**least, column: value})


def test_two_intents_never_share_a_path(schema: Connection) -> None:
    intent(schema, "creative")
    with pytest.raises(UniqueViolation):
        intent(schema, "creative", code="other")


@pytest.mark.parametrize("values", [{"level": 77}, {"level": 2}, {"level": 0}, {"typical_complexity": 9}])
def test_an_intent_refuses_a_level_that_is_not_its_depth(schema: Connection, values: dict[str, Any]) -> None:
    with pytest.raises(CheckViolation):
        intent(schema, "creative", **values)


def test_an_intent_is_not_its_own_parent(schema: Connection) -> None:
    same = "00000000-0000-0000-0000-000000000001"
    with pytest.raises(CheckViolation):
        intent(schema, "creative.poem", id=same, parent_id=same)


def test_a_deeper_intent_without_a_parent_is_refused(schema: Connection) -> None:
    with pytest.raises(CheckViolation):
        intent(schema, "creative.poem", parent_id=None)


def test_a_subtree_is_looked_up_by_the_index_on_path(schema: Connection) -> None:
    schema.execute("SET enable_seqscan = off")
    plan = schema.execute("EXPLAIN SELECT 1 FROM intent_taxonomy WHERE path LIKE 'creative.%'").fetchall()
    assert any("idx_intent_path" in line and "~>=~" in str(plan) for (line,) in plan)


def test_the_examples_in_the_column_comments_are_valid_json(schema: Connection) -> None:
    statement = "SELECT description FROM pg_description WHERE description LIKE '%{\"%'"
    examples = [re.search(r"\{.*\}", text)[0] for (text,) in schema.execute(statement).fetchall()]
    assert {type(json.loads(example)) for example in examples} == {dict}


# training data and models


@pytest.mark.parametrize(
    "labels", ['"x"', "[]", "{}", '{"primary": 3}', '{"primary": null}', '{"primary": "a", "secondary": "b"}']
)
def test_training_data_refuses_intent_labels_without_a_primary(schema: Connection, labels: str) -> None:
    with pytest.raises(CheckViolation):
        training(schema, intent_labels=labels)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("complexity_label", 42),
        ("validation_score", 9.99),
        ("source_type", "hearsay"),
        ("prompt_text", ""),
        ("linguistic_features", "[]"),
    ],
)
def test_training_data_refuses(schema: Connection, column: str, value: object) -> None:
    with pytest.raises(CheckViolation):
        training(schema, **{column: value})


def test_training_data_without_a_version_is_refused(schema: Connection) -> None:
    with pytest.raises(psycopg.errors.NotNullViolation):
        training(schema, dataset_version=None)


@pytest.mark.parametrize("spelling", ["write a poem", "  Write   a\n poem ", "WRITE A POEM\t"])
def test_one_prompt_is_never_in_train_and_test_of_a_version(schema: Connection, spelling: str) -> None:
    training(schema, "Write a poem")
    with pytest.raises(UniqueViolation):
        training(schema, spelling, is_test_set=True)


def test_one_prompt_may_stand_in_two_versions(schema: Connection) -> None:
    assert training(schema, dataset_version="v1") != training(schema, dataset_version="v2")


def test_a_vector_without_the_name_of_its_space_is_refused(schema: Connection) -> None:
    with pytest.raises(CheckViolation):
        training(schema, prompt_embedding=str([0.0] * 384))


@pytest.mark.parametrize("accuracy", [9.999, -1, "NaN", 1.001])
def test_a_model_refuses_an_accuracy_that_is_no_share(schema: Connection, accuracy: object) -> None:
    with pytest.raises(CheckViolation):
        model(schema, accuracy=accuracy)


def test_a_model_keeps_full_precision_in_its_metrics(schema: Connection) -> None:
    model(schema, accuracy=0.98765, metrics={"accuracy": 0.98765})
    found = schema.execute("SELECT accuracy::text, metrics ->> 'accuracy' FROM ml_model_performance").fetchone()
    assert found == ("0.988", "0.98765")


def test_a_model_of_an_unknown_type_is_refused(schema: Connection) -> None:
    with pytest.raises(CheckViolation):
        model(schema, model_type="banana")


def test_a_version_of_a_model_and_its_run_are_recorded_once(schema: Connection) -> None:
    model(schema, "1", mlflow_run_id="a" * 32)
    with pytest.raises(UniqueViolation), schema.transaction():
        model(schema, "1")
    with pytest.raises(UniqueViolation):
        model(schema, "2", mlflow_run_id="a" * 32)


def test_one_model_of_a_type_is_active(schema: Connection) -> None:
    model(schema, "1", is_active=True)
    model(schema, "1", model_type="complexity_model", is_active=True)
    with pytest.raises(UniqueViolation):
        model(schema, "2", is_active=True)


def test_an_estimate_goes_with_its_intent_and_technique(schema: Connection) -> None:
    effectiveness(schema, intent(schema), technique(schema), 0.5)
    schema.execute("DELETE FROM techniques")
    assert count(schema, "intent_technique_effectiveness") == 0
