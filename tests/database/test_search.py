"""Search by words, by misspelt names and by meaning."""

from __future__ import annotations

from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rows import (
    community_prompt,
    profile,
    technique,
    template,
    training,
    user,
)

from workbench.db.connection import Connection
from workbench.store import browse, search

SPACE, OTHER_SPACE = "encoder@1", "other@2"


@pytest.fixture
def techniques(schema: Connection) -> Connection:
    technique(schema, "cot", name="Chain of thought", description="Reason step by step before the answer")
    technique(schema, "few_shot", name="Few-shot examples", description="Show some solved tasks first")
    technique(schema, "step_back", name="Step-back question", description="Ask the general question first")
    technique(schema, "old", name="Chain of command", description="Retired", is_active=False)
    return schema


def codes(connection: Connection, words: str, limit: int = 10) -> list[str]:
    return [found.code for found in search.search_techniques(connection, words, limit)]


# techniques


@pytest.mark.parametrize("words", ["chian of thougt", "chain of thoughts", "Chan of thought", "chainofthought", "cot"])
def test_a_misspelt_technique_is_found_first(techniques: Connection, words: str) -> None:
    assert codes(techniques, words)[0] == "cot"


def test_a_technique_is_found_by_the_words_of_its_description(techniques: Connection) -> None:
    assert codes(techniques, "solving tasks") == ["few_shot"]


def test_a_word_of_the_name_weighs_more_than_one_of_the_description(techniques: Connection) -> None:
    assert codes(techniques, "step") == ["step_back", "cot"]


def test_a_code_typed_as_it_is_comes_first(techniques: Connection) -> None:
    technique(techniques, "step", name="Something else", description="Nothing alike")
    assert codes(techniques, "STEP")[0] == "step"


def test_equal_matches_come_by_code(techniques: Connection) -> None:
    for code in ("b", "a", "c"):
        technique(techniques, code, name="Twin", description="Alike")
    assert codes(techniques, "twin") == ["a", "b", "c"]
    assert codes(techniques, "twin", limit=2) == ["a", "b"]


def test_an_inactive_technique_is_not_found(techniques: Connection) -> None:
    assert "old" not in codes(techniques, "chain of command")


@pytest.mark.parametrize(
    "words", ["", "   ", "the of", "'", '"', "a & | !", "(((", "100%", "\\", "-", "a\0b", "🦉" * 40]
)
def test_no_words_are_a_syntax_error(techniques: Connection, words: str) -> None:
    assert isinstance(codes(techniques, words), list)


@given(words=st.text(max_size=60))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_may_be_searched_for(techniques: Connection, words: str) -> None:
    assert set(codes(techniques, words)) <= {"cot", "few_shot", "step_back"}
    assert search.search_templates(techniques, words) == []
    assert search.search_community(techniques, words) == []


def test_a_limit_below_one_finds_nothing(techniques: Connection) -> None:
    assert codes(techniques, "chain", limit=0) == codes(techniques, "chain", limit=-3) == []


# templates


@pytest.fixture
def templates(techniques: Connection) -> Connection:
    row = techniques.execute("SELECT id FROM techniques WHERE code = 'cot'").fetchone()
    template(techniques, "Blog outline", tags=["blog", "drafts"], technique_ids=[row[0]], quality_score=0.7)
    template(techniques, "Poem plan", template_text="Plan a poem about {topic}", language="de", quality_score=0.9)
    template(techniques, "Bug report", category="code", template_text="Describe the bug in {topic}", quality_score=0.8)
    template(techniques, "Hidden outline", is_public=False)
    return techniques


def named(connection: Connection, words: str | None = None, **filters: Any) -> list[str]:
    return [found.name for found in search.search_templates(connection, words, **filters)]


def test_templates_are_found_by_name_text_and_tag(templates: Connection) -> None:
    assert named(templates, "outlines") == ["Blog outline"]
    assert named(templates, "describing bugs") == ["Bug report"]
    assert named(templates, "draft") == ["Blog outline"]


def test_a_misspelt_template_is_found(templates: Connection) -> None:
    assert named(templates, "peom plan") == ["Poem plan"]


def test_template_filters_add_up(templates: Connection) -> None:
    assert named(templates, category="writing", language="de") == ["Poem plan"]
    assert named(templates, technique="cot", tag="blog") == ["Blog outline"]
    assert named(templates, technique="cot", language="de") == []
    assert named(templates, technique="unheard of") == []


def test_without_words_the_best_templates_come_first(templates: Connection) -> None:
    assert named(templates) == ["Poem plan", "Bug report", "Blog outline"]
    assert [found.name for found in browse.best_templates(templates, 2)] == ["Poem plan", "Bug report"]


# community prompts


def titles(connection: Connection, words: str | None = None, **filters: Any) -> list[str]:
    return [found.title for found in search.search_community(connection, words, **filters)]


def test_a_shared_prompt_without_a_description_is_found_by_its_title(schema: Connection) -> None:
    community_prompt(schema, title="Sonnets for beginners", description=None, moderation_status="approved")
    assert titles(schema, "sonnet") == ["Sonnets for beginners"]


def test_shared_prompts_are_filtered_and_the_most_liked_come_first(schema: Connection) -> None:
    for title, likes, tags in (("few", 1, ["a"]), ("many", 9, ["a", "b"]), ("none", 0, None)):
        community_prompt(schema, title=title, likes=likes, tags=tags, moderation_status="approved")
    assert titles(schema) == ["many", "few", "none"]
    assert titles(schema, tag="a", category="writing", language="en") == ["many", "few"]
    assert titles(schema, language="de") == []


def become(connection: Connection, someone: Any) -> None:
    connection.execute("SELECT set_config('app.current_user_id', %s, true)", [str(someone)])
    connection.execute("SET LOCAL ROLE application_user")


@pytest.mark.parametrize("mine", [True, False])
def test_search_shows_a_user_exactly_what_the_policies_show(schema: Connection, mine: bool) -> None:
    ada, bob = user(schema), user(schema, "bob@example.invalid")
    for author in (ada, bob):
        for public in (True, False):
            template(schema, f"poem {public}", created_by=author, is_public=public)
            for status in ("approved", "pending", "rejected", "flagged"):
                community_prompt(schema, author, title="poem", is_public=public, moderation_status=status)
    become(schema, ada if mine else "")
    for table, found in (
        ("community_prompts", search.search_community(schema, "poem", limit=99)),
        ("prompt_templates", search.search_templates(schema, "poem", limit=99)),
    ):
        visible = {str(row[0]) for row in schema.execute(f"SELECT id FROM {table}")}
        assert {one.id for one in found} == visible
        assert visible


def test_the_search_functions_are_not_everybodys(schema: Connection) -> None:
    schema.execute("SET LOCAL ROLE reviewer")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        search.search_community(schema, "poem")


# similar prompts


def at(angle: float) -> np.ndarray:
    """A unit vector in the plane of the first two dimensions."""
    vector = np.zeros(384, dtype=np.float32)
    vector[:2] = np.cos(angle), np.sin(angle)
    return vector


def embedded(connection: Connection, text: str, angle: float, space: str = SPACE, version: str = "v1") -> None:
    vector = str(at(angle).tolist())
    training(connection, text, prompt_embedding=vector, embedding_space=space, dataset_version=version)


@pytest.fixture
def vectors(schema: Connection) -> Connection:
    for text, angle in (("near", 0.1), ("middle", 0.5), ("far", 2.0)):
        embedded(schema, text, angle)
    embedded(schema, "of another space", 0.0, OTHER_SPACE)
    embedded(schema, "of another version", 0.2, version="v2")
    training(schema, "without a vector")
    return schema


def texts(connection: Connection, **options: Any) -> list[str]:
    return [found.prompt_text for found in search.similar_prompts(connection, at(0.0), SPACE, **options)]


def test_similar_prompts_come_nearest_first_and_from_one_space(vectors: Connection) -> None:
    assert texts(vectors) == ["near", "of another version", "middle", "far"]
    assert texts(vectors, version="v1", limit=2) == ["near", "middle"]


def test_the_distance_is_that_of_the_cosine(vectors: Connection) -> None:
    nearest = search.similar_prompts(vectors, at(0.0), SPACE, limit=1)[0]
    assert nearest.distance == pytest.approx(1 - np.cos(0.1), abs=1e-6)
    assert (nearest.intent, nearest.dataset_version) == ("creative", "v1")


@pytest.mark.parametrize("most", [0, 10_000])
def test_a_filtered_search_answers_the_same_either_way(
    vectors: Connection, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(search, "EXACT_ROWS", most)
    assert texts(vectors, version="v1") == ["near", "middle", "far"]


def test_equally_near_prompts_come_by_id(schema: Connection) -> None:
    for text in ("one", "two", "three"):
        embedded(schema, text, 0.3)
    ids = [found.id for found in search.similar_prompts(schema, at(0.0), SPACE)]
    assert ids == sorted(ids)


def test_users_of_similar_interests_are_found(schema: Connection) -> None:
    ada, bob, eve = (user(schema, f"{name}@example.invalid") for name in ("ada", "bob", "eve"))
    profile(schema, ada, interest_vector=str(at(0.4).tolist()))
    profile(schema, bob, interest_vector=str(at(0.1).tolist()))
    profile(schema, eve)
    assert [found for found, _ in search.similar_interests(schema, at(0.0))] == [str(bob), str(ada)]


def test_prompts_are_found_by_their_primary_and_secondary_labels(schema: Connection) -> None:
    training(schema, "first", intent_labels={"primary": "creative", "secondary": ["code"]})
    training(schema, "second", intent_labels={"primary": "code"})
    training(schema, "elsewhere", intent_labels={"primary": "code"}, dataset_version="v2")
    found = search.labelled_prompts(schema, "v1", "code")
    assert {one.prompt_text for one in found} == {"first", "second"}
    assert [one.prompt_text for one in search.labelled_prompts(schema, "v1", "creative")] == ["first"]
