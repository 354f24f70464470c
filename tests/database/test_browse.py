"""What the assistant lists without a search."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from rows import community_prompt, decision, effectiveness, example, history, insert, intent, pattern, technique, user

from workbench.db.connection import Connection
from workbench.store import browse


def test_techniques_are_listed_by_category_and_by_intent(schema: Connection) -> None:
    asked = intent(schema)
    for code, base, score in (("cot", 0.6, 0.4), ("few_shot", 0.5, 0.8), ("react", 0.9, 0.1)):
        effectiveness(schema, asked, technique(schema, code, base_effectiveness=base), score)
    effectiveness(schema, asked, technique(schema, "old", is_active=False, base_effectiveness=0.95), 0.9)
    assert [found.code for found in browse.techniques_of_category(schema, "reasoning", 2)] == ["react", "cot"]
    assert [found.code for found in browse.techniques_of_intent(schema, "creative", 2)] == ["few_shot", "cot"]


def test_a_pattern_for_an_inner_node_serves_everything_below(schema: Connection) -> None:
    ours = technique(schema)
    pattern(schema, ours, "wide", intent_types=["creative"], success_rate=0.4)
    pattern(schema, ours, "narrow", intent_types=["creative.poem"], success_rate=0.8)
    pattern(schema, ours, "unrated", intent_types=["creative.poem"])
    pattern(schema, ours, "elsewhere", intent_types=["code"])
    names = [found.name for found in browse.patterns_of_intent(schema, "creative.poem")]
    assert names == ["narrow", "wide", "unrated"]


def test_the_intents_below_take_an_underscore_as_it_is(schema: Connection) -> None:
    for path in ("a_b", "a_b.c", "a_b.c.d", "axb", "axb.c"):
        intent(schema, path)
    assert [found.path for found in browse.intents_below(schema, "a_b")] == ["a_b.c", "a_b.c.d"]


def test_examples_that_nobody_scored_come_last(schema: Connection) -> None:
    for quality in (None, 0.4, 0.9):
        example(schema, response_quality_score=quality)
    assert [found.quality for found in browse.best_examples(schema)] == [0.9, 0.4, None]


def test_the_front_page_shows_featured_prompts_that_everybody_may_see(schema: Connection) -> None:
    seen = {"is_featured": True, "moderation_status": "approved"}
    community_prompt(schema, title="liked", likes=3, **seen)
    community_prompt(schema, title="loved", likes=7, **seen)
    community_prompt(schema, title="private", is_public=False, **seen)
    community_prompt(schema, title="plain", moderation_status="approved")
    assert [found.title for found in browse.featured_community(schema)] == ["loved", "liked"]
    assert [found.title for found in browse.community_of_category(schema, "writing", 2)] == ["loved", "liked"]


def test_a_users_history_comes_latest_first_across_months(schema: Connection) -> None:
    ada, bob = user(schema), user(schema, "bob@example.invalid")
    for day in ("2024-01-31", "2024-03-01", "2024-02-15"):
        history(schema, user_id=ada, created_at=f"{day}Z")
    history(schema, user_id=bob)
    days = [f"{past.created_at:%m-%d}" for past in browse.recent_history(schema, ada, 2)]
    assert days == ["03-01", "02-15"]


def test_a_session_is_listed_in_order(schema: Connection) -> None:
    for hour in (12, 9):
        history(schema, created_at=f"2024-01-05 {hour}:00Z")
    session = UUID("00000000-0000-0000-0000-000000000001")
    assert [past.created_at.hour for past in browse.history_of_session(schema, session)] == [9, 12]


def test_the_uses_of_a_technique_are_counted_since_a_day(schema: Connection) -> None:
    ours, other = technique(schema), technique(schema, "other")
    history(schema, techniques_applied=[ours, other], created_at="2024-02-05Z")
    history(schema, techniques_applied=[ours], created_at="2023-12-05Z")
    since = datetime(2024, 1, 1, tzinfo=UTC)
    assert browse.uses_of_technique(schema, "cot", since) == (1, datetime(2024, 2, 5, tzinfo=UTC))
    assert browse.uses_of_technique(schema, "unheard of", since) == (0, None)


def test_a_day_is_listed_by_use(schema: Connection) -> None:
    for code, uses in (("cot", 3), ("react", 8)):
        row = {"technique_id": technique(schema, code), "date_bucket": "2024-01-05", "total_uses": uses}
        insert(schema, "technique_performance_analytics", row)
    found = browse.analytics_of_day(schema, date(2024, 1, 5))
    assert [(one.technique, one.uses) for one in found] == [("react", 8), ("cot", 3)]
    assert browse.analytics_of_day(schema, date(2024, 1, 6)) == []


def test_what_was_decided_last_comes_first(schema: Connection) -> None:
    codes = {code: technique(schema, code) for code in ("cot", "pal")}
    for hour, chosen in enumerate((["pal"], [], ["pal", "cot"])):
        values = {"chosen": [codes[code] for code in chosen], "propensity": 0.5, "policy": f"p{hour}"}
        decision(schema, decided_at=f"2024-01-01 0{hour}:00Z", **values)
    found = browse.recent_decisions(schema, 2)
    assert [(past.policy, past.chosen, past.propensity) for past in found] == [
        ("p2", ["cot", "pal"], 0.5),
        ("p1", [], 0.5),
    ]
