"""The corpus that comes with the workbench keeps its promises, and arrives whole."""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
import pytest
from imported import everything
from psycopg import sql
from scipy.sparse import csr_matrix

from workbench.db.connection import Connection, connect, with_database
from workbench.jobs.import_corpus import import_corpus
from workbench.jobs.import_file import ImportResult
from workbench.resources import shipped

Starter = tuple[Connection, ImportResult]


@pytest.fixture(scope="module")
def starter(server_url: str) -> Iterator[Starter]:
    """The starter corpus in a database that the tests of this file only read."""
    name = sql.Identifier(plain := f"t_{uuid.uuid4().hex[:16]}")
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE workbench_template").format(name))
        url = with_database(server_url, lambda _: plain)
        result = import_corpus(url, "starter", "starter")
        with connect(url, autocommit=True) as connection:
            yield connection, result
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture(scope="module")
def prompts(starter: Starter) -> list[dict[str, Any]]:
    found = starter[0].execute(
        "SELECT prompt_text AS text, intent_labels ->> 'primary' AS primary, complexity_label AS complexity, "
        "intent_labels -> 'secondary' AS secondary, is_test_set AS is_test, source_type, is_validated, "
        "ARRAY(SELECT code FROM techniques WHERE id = ANY (optimal_techniques)) AS techniques FROM ml_training_data"
    )
    names = [column.name for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found]


def column(starter: Starter, statement: str) -> list[Any]:
    return [row[0] for row in starter[0].execute(statement.encode())]


def test_all_of_it_arrives(starter: Starter, prompts: list[dict[str, Any]]) -> None:
    result = starter[1]
    assert result.read == result.written == len(prompts) == result.test_rows + result.train_rows
    assert not result.reasons
    assert {(prompt["source_type"], prompt["is_validated"]) for prompt in prompts} == {("manual", True)}


# intents, techniques, patterns


def test_the_taxonomy_is_a_ragged_tree_of_three_levels(starter: Starter) -> None:
    leaves = (
        "SELECT level FROM intent_taxonomy i WHERE NOT EXISTS (SELECT FROM intent_taxonomy c WHERE c.parent_id = i.id)"
    )
    assert len(column(starter, "SELECT code FROM intent_taxonomy")) >= 45
    assert set(column(starter, "SELECT level FROM intent_taxonomy")) == {1, 2, 3}
    assert set(column(starter, leaves)) == {2, 3}


def test_every_intent_is_described(starter: Starter) -> None:
    bare = "SELECT code FROM intent_taxonomy WHERE description = '' OR typical_complexity IS NULL OR keywords = '{}'"
    assert column(starter, bare) == []


def test_every_technique_has_every_column_and_its_sources(starter: Starter) -> None:
    techniques = column(starter, "SELECT to_jsonb(t) - 'created_by' FROM techniques t")
    assert len(techniques) >= 25
    assert [t["code"] for t in techniques if any(value in (None, "") for value in t.values())] == []
    assert [t["code"] for t in techniques if not (t["when_to_use"] and t["when_not_to_use"] and t["sources"])] == []
    keys = {frozenset(source) for technique in techniques for source in technique["sources"]}
    assert keys == {frozenset({"claim", "title", "authors_short", "year", "id"})}


def test_every_technique_has_a_pattern_that_the_prompt_alone_fills(starter: Starter) -> None:
    patterns = starter[0].execute(
        "SELECT t.code, p.template_vars FROM technique_patterns p JOIN techniques t ON t.id = technique_id"
    )
    needed = [(code, {name for name, var in found.items() if var["default"] is None}) for code, found in patterns]
    assert len(needed) >= 25
    assert {code for code, names in needed if names == {"task"}} == set(column(starter, "SELECT code FROM techniques"))


# prompts


def test_there_are_enough_prompts_and_no_opening_is_a_habit(prompts: list[dict[str, Any]]) -> None:
    openings = Counter(" ".join(prompt["text"].lower().split()[:4]) for prompt in prompts)
    assert len(prompts) >= 1800
    assert max(openings.values()) <= 0.02 * len(prompts)


def test_no_two_prompts_are_near_duplicates(starter: Starter) -> None:
    trigrams = column(starter, "SELECT show_trgm(prompt_text) FROM ml_training_data")
    known = {gram: place for place, gram in enumerate({gram for grams in trigrams for gram in grams})}
    places = [known[gram] for grams in trigrams for gram in grams]
    starts = np.cumsum([0, *map(len, trigrams)])
    matrix = csr_matrix((np.ones(len(places), dtype=np.int32), places, starts), shape=(len(trigrams), len(known)))
    shared = (matrix @ matrix.T).toarray()
    sizes = np.diff(starts)
    similarity = shared / (sizes[:, None] + sizes[None, :] - shared)
    np.fill_diagonal(similarity, 0)
    assert similarity.max() <= 0.6


def test_every_intent_has_prompts_in_both_splits(starter: Starter, prompts: list[dict[str, Any]]) -> None:
    intents = set(column(starter, "SELECT path FROM intent_taxonomy"))
    assert {prompt["primary"] for prompt in prompts if prompt["is_test"]} == intents
    assert {prompt["primary"] for prompt in prompts if not prompt["is_test"]} == intents


def test_a_fifth_of_each_intent_is_the_test_split(prompts: list[dict[str, Any]]) -> None:
    size, test = (Counter(p["primary"] for p in prompts if p["is_test"] or every) for every in (True, False))
    assert 0.18 <= test.total() / size.total() <= 0.22
    assert all(abs(test[intent] - size[intent] / 5) <= 1 for intent in size)


def test_secondary_intents_are_other_wants(prompts: list[dict[str, Any]]) -> None:
    pairs = [(prompt["primary"], other) for prompt in prompts for other in prompt["secondary"]]
    assert max(len(prompt["secondary"]) for prompt in prompts) <= 2
    assert [pair for pair in pairs if f"{pair[0]}.".startswith(f"{pair[1]}.") or pair[1].startswith(pair[0])] == []


def test_labels_use_the_whole_scale_and_every_technique(starter: Starter, prompts: list[dict[str, Any]]) -> None:
    assert {prompt["complexity"] for prompt in prompts} == {1, 2, 3, 4, 5}
    assert {len(prompt["techniques"]) for prompt in prompts} == {1, 2, 3}
    used = {code for prompt in prompts for code in prompt["techniques"]}
    assert used == set(column(starter, "SELECT code FROM techniques"))


def test_the_guidelines_name_exactly_the_techniques(starter: Starter) -> None:
    guidelines = shipped("data", "starter", "LABELLING.md").read_text(encoding="utf-8").partition("## Techniques")[2]
    assert sorted(re.findall(r"\| (?:add )?`(\w+)` \|", guidelines)) == column(
        starter, "SELECT code FROM techniques ORDER BY code"
    )


def test_the_most_useful_technique_stays_first(starter: Starter) -> None:
    lines = (shipped("data", "starter", "prompts") / "analysis.jsonl").read_text(encoding="utf-8").strip().split("\n")
    prompt = next(found for found in map(json.loads, lines) if len(found["techniques"]) == 3)
    stored = starter[0].execute(
        "SELECT ARRAY(SELECT t.code FROM unnest(optimal_techniques) WITH ORDINALITY u (id, place) "
        "JOIN techniques t USING (id) ORDER BY place) FROM ml_training_data WHERE prompt_text = %s",
        [prompt["text"]],
    )
    assert stored.fetchone() == (prompt["techniques"],)


def test_importing_it_again_writes_nothing(starter: Starter) -> None:
    connection, first = starter
    before = everything(connection)
    url = f"postgresql://{connection.info.user}@/{connection.info.dbname}?host={connection.info.host}&port={connection.info.port}"
    again = import_corpus(url, str(shipped("data", "starter")), "starter")
    assert everything(connection) == before
    assert (again.written, again.duplicates, again.intents_created) == (0, first.written, 0)
