"""Counters that nobody writes are brought in line with what they count."""

from __future__ import annotations

from typing import Any

import pytest
from rows import (
    community_prompt,
    feedback,
    history,
    insert,
    intent,
    interaction,
    pattern,
    profile,
    technique,
    template,
    user,
)

from workbench.db.connection import Connection

UNKNOWN = "00000000-0000-0000-0000-00000000dead"
COUNTED = ("community_prompts", "technique_patterns", "prompt_templates", "intent_taxonomy", "user_learning_profiles")


def refresh(connection: Connection) -> None:
    connection.execute("CALL refresh_counters()")


def pattern_counters(connection: Connection) -> tuple[Any, ...]:
    columns = "usage_count, success_rate::float8, avg_user_rating::float8"
    return connection.execute(f"SELECT {columns} FROM technique_patterns").fetchone()


def archived(connection: Connection, **values: Any) -> Any:
    """A prompt that lies in the archive."""
    asked = history(connection, created_at="2020-01-05Z", **values)
    connection.execute("SELECT archive_old_prompts()")
    assert connection.execute("SELECT id FROM prompt_history_archive").fetchall() == [(asked,)]
    return asked


def test_likes_and_saves_are_those_of_the_interactions(schema: Connection) -> None:
    liked, ignored = community_prompt(schema), community_prompt(schema, likes=7, saves=7)
    for number in range(3):
        someone = user(schema, f"u{number}@example.invalid")
        interaction(schema, someone, liked, has_liked=number > 0, has_saved=number == 0)
    refresh(schema)
    found = schema.execute("SELECT likes, saves FROM community_prompts ORDER BY id = %s", [liked]).fetchall()
    assert (ignored, found) == (ignored, [(0, 0), (2, 1)])


def test_a_pattern_counts_its_uses_and_the_ratings_of_those_who_rated(schema: Connection) -> None:
    named = {"pattern_id": str(pattern(schema, technique(schema)))}
    for rating in (5, 4, 2, None):
        history(schema, enhancement_metadata=named, user_rating=rating)
    refresh(schema)
    assert pattern_counters(schema) == (4, 0.67, 3.7)


def test_a_template_counts_its_uses(schema: Connection) -> None:
    named = {"template_id": str(template(schema)).upper()}
    for rating in (5, 1):
        history(schema, enhancement_metadata=named, user_rating=rating)
    refresh(schema)
    columns = "usage_count, success_rate::float8, community_rating::float8"
    assert schema.execute(f"SELECT {columns} FROM prompt_templates").fetchone() == (2, 0.5, 3.0)


def test_unrated_use_has_no_rate(schema: Connection) -> None:
    history(schema, enhancement_metadata={"pattern_id": str(pattern(schema, technique(schema), success_rate=1))})
    refresh(schema)
    assert pattern_counters(schema) == (1, None, None)


def test_archived_use_goes_on_counting(schema: Connection) -> None:
    named = {"pattern_id": str(pattern(schema, technique(schema)))}
    history(schema, enhancement_metadata=named, user_rating=5)
    archived(schema, enhancement_metadata=named, user_rating=3)
    refresh(schema)
    assert pattern_counters(schema) == (2, 0.5, 4.0)


def test_the_latest_feedback_rates_what_has_no_rating(schema: Connection) -> None:
    named = {"pattern_id": str(pattern(schema, technique(schema)))}
    asked = history(schema, enhancement_metadata=named)
    feedback(schema, asked, overall_rating=1, created_at="2026-01-01Z")
    feedback(schema, asked, overall_rating=5, created_at="2026-01-02Z")
    feedback(schema, history(schema, enhancement_metadata=named, user_rating=4), overall_rating=1)
    refresh(schema)
    assert pattern_counters(schema) == (2, 1.0, 4.5)


@pytest.mark.parametrize(
    "metadata",
    ['{"pattern_id": "cot"}', '{"pattern_id": 3}', '{"pattern_id": null}', '{"pattern_id": {}}', "[]", '"x"', "null",
     f'{{"pattern_id": "{UNKNOWN}"}}'],
)  # fmt: skip
def test_ids_that_are_none_count_for_nothing(schema: Connection, metadata: str) -> None:
    pattern(schema, technique(schema), usage_count=3)
    history(schema, enhancement_metadata=metadata)
    refresh(schema)
    assert pattern_counters(schema)[0] == 0


def test_an_intent_counts_itself_and_not_those_below(schema: Connection) -> None:
    intent(schema, "creative")
    intent(schema, "creative.verse")
    for path in ("creative.verse", "creative.verse", "creative", "nowhere", None):
        history(schema, detected_intent_path=path)
    refresh(schema)
    found = schema.execute("SELECT usage_frequency FROM intent_taxonomy ORDER BY path").fetchall()
    assert found == [(1,), (2,)]


def test_a_profile_counts_what_its_user_did(schema: Connection) -> None:
    someone, other = user(schema), user(schema, "other@example.invalid")
    profile(schema, someone)
    profile(schema, other, total_prompts_created=5)
    cot, pal = technique(schema), technique(schema, "pal")
    history(schema, user_id=someone, techniques_applied=[cot, pal, cot], detected_complexity=2, user_rating=4)
    archived(schema, user_id=someone, techniques_applied=[cot], detected_complexity=5, user_rating=3)
    history(schema, user_id=someone, techniques_applied=[UNKNOWN])
    refresh(schema)
    columns = "total_prompts_created, successful_prompts, techniques_tried, average_prompt_complexity::float8"
    found = schema.execute(f"SELECT {columns} FROM user_learning_profiles ORDER BY user_id = %s", [someone]).fetchall()
    assert found == [(0, 0, 0, None), (3, 1, 2, 3.5)]


def test_simulated_prompts_are_nobody_s_use(schema: Connection) -> None:
    someone = user(schema)
    profile(schema, someone)
    named = {"pattern_id": str(pattern(schema, technique(schema)))}
    history(schema, user_id=someone, enhancement_metadata=named, user_rating=5, is_synthetic=True)
    refresh(schema)
    assert pattern_counters(schema) == (0, None, None)
    assert schema.execute("SELECT total_prompts_created FROM user_learning_profiles").fetchone() == (0,)


def test_counting_again_writes_nothing_and_counts_are_no_changes(connection: Connection) -> None:
    someone = user(connection)
    profile(connection, someone)
    interaction(connection, someone, community_prompt(connection), has_liked=True)
    named = {"pattern_id": str(pattern(connection, technique(connection))), "template_id": str(template(connection))}
    intent(connection)
    history(connection, user_id=someone, detected_intent_path="creative", enhancement_metadata=named, user_rating=4)
    before = connection.execute("SELECT max(id) FROM audit_log").fetchone()
    refresh(connection)
    rows = [connection.execute(f"SELECT xmin, t FROM {table} AS t").fetchall() for table in COUNTED]
    refresh(connection)
    assert [connection.execute(f"SELECT xmin, t FROM {table} AS t").fetchall() for table in COUNTED] == rows
    assert connection.execute("SELECT max(id) FROM audit_log").fetchone() == before


def test_counting_twice_in_one_transaction_is_no_harm(schema: Connection) -> None:
    shared = community_prompt(schema)
    refresh(schema)
    insert(schema, "community_interactions", {"user_id": user(schema), "prompt_id": shared, "has_saved": True})
    refresh(schema)
    assert schema.execute("SELECT saves FROM community_prompts").fetchone() == (1,)


def test_not_everybody_may_count(schema: Connection) -> None:
    allowed = "SELECT has_function_privilege('public', 'refresh_counters()', 'EXECUTE')"
    assert schema.execute(allowed).fetchone() == (False,)
