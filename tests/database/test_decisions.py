"""Decisions are logged with their probabilities, and their outcomes later."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from rows import history, technique

from workbench.db.connection import Connection, connect
from workbench.errors import DecisionInvalid, DecisionUnknown, OutcomeInvalid
from workbench.jobs.decisions import log_decision, record_outcome
from workbench.records import DIMENSIONS, Decided
from workbench.store.decisions import read_log

DECIDED = Decided(
    prompt="Explain  entropy ",
    chosen=("pal", "cot"),
    policy="selector",
    propensities={"cot": 0.75, "pal": 0.5, "few": 0.25},
    propensity=0.375,
    policy_version="3",
    is_exploration=True,
    intent="learning.explain",
    intent_probabilities={"learning.explain": 0.9, "creative": 0.1},
    complexity=4,
    domain="physics",
    user_pseudonym=uuid4(),
    language_model="m-1",
    cost_tokens=120,
    latency_ms=900,
    embedding=np.full(DIMENSIONS, 0.5, dtype=np.float32),
    embedding_space="encoder@0",
    is_synthetic=True,
)


@pytest.fixture
def techniques(connection: Connection) -> dict[str, Any]:
    return {code: technique(connection, code) for code in ("cot", "few", "pal")}


@pytest.mark.usefixtures("techniques")
def test_what_was_decided_is_read_as_it_was_logged(database: str, connection: Connection) -> None:
    made = log_decision(database, DECIDED)
    record_outcome(database, made, 0.25)
    log = read_log(connection)
    (row,) = log.frame.to_dict("records")
    assert (row["id"], row["arm"], row["policy"], row["intent"]) == (str(made), "cot;pal", "selector", DECIDED.intent)
    assert (row["reward"], row["propensity"], row["complexity"], row["cost_tokens"]) == (0.25, 0.375, 4.0, 120.0)
    assert (row["language_model"], row["domain"], row["user"]) == ("m-1", "physics", str(DECIDED.user_pseudonym))
    assert row["is_synthetic"] is True
    assert (log.techniques, log.recorded.tolist()) == (("cot", "few", "pal"), [[0.75, 0.25, 0.5]])
    np.testing.assert_array_equal(log.embeddings, [DECIDED.embedding])


@pytest.mark.usefixtures("techniques")
def test_of_the_prompt_the_log_keeps_a_digest_alone(database: str, connection: Connection) -> None:
    for prompt in ("Explain entropy", " explain\nENTROPY", "explain enthalpy"):
        log_decision(database, replace(DECIDED, prompt=prompt))
    rows = connection.execute("SELECT prompt_key, to_jsonb(d)::text FROM decision_log d ORDER BY decided_at").fetchall()
    assert rows[0][0] == rows[1][0] != rows[2][0]
    assert not any("entropy" in text.lower() or "enthalpy" in text for _, text in rows)


@pytest.mark.usefixtures("techniques")
def test_a_decision_about_nothing_known_needs_a_prompt_a_policy_and_what_was_chosen(
    database: str, connection: Connection
) -> None:
    record_outcome(database, log_decision(database, Decided("hello", (), "none")), 1)
    log = read_log(connection)
    assert log.frame["arm"].tolist() == [""]
    assert np.isnan(log.recorded).all()
    assert np.isnan(log.embeddings).all()
    assert log.frame["propensity"].isna().all()


@pytest.mark.usefixtures("techniques")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"prompt": " \n"}, "prompt is empty"),
        ({"prompt": "a\0b"}, "NUL"),
        ({"chosen": ("cot", "tot")}, "'tot' was chosen but"),
        ({"chosen": ("tot",), "propensities": {}}, "no technique 'tot'"),
        ({"chosen": ("cot",), "propensities": {"cot": 0.0}}, "'cot' was chosen but has no propensity above 0"),
        ({"propensities": {"cot": 0.5, "pal": 1.5}}, "outside 0 to 1"),
        ({"propensities": {"cot": float("nan"), "pal": 0.5}}, "outside 0 to 1"),
        ({"propensity": 0.0}, "not above 0"),
        ({"propensity": float("nan")}, "not above 0"),
        ({"policy": ""}, "decision_log_policy_check"),
        ({"complexity": 6}, "complexity"),
        ({"embedding_space": None}, "ck_decision_embedding_space"),
        ({"embedding": np.ones(3, dtype=np.float32)}, "384 dimensions"),
        ({"cost_tokens": -1}, "cost_tokens"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_and_nothing_is_written(
    database: str, connection: Connection, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(DecisionInvalid, match=said) as caught:
        log_decision(database, replace(DECIDED, **change))
    assert caught.value.exit_code == 2
    assert connection.execute("SELECT count(*) FROM decision_log").fetchone() == (0,)


@pytest.mark.usefixtures("techniques")
def test_a_later_outcome_replaces_an_earlier_one_and_the_same_again_changes_nothing(
    database: str, connection: Connection
) -> None:
    made = log_decision(database, DECIDED)
    kept = "SELECT reward, xmin FROM decision_outcomes"
    record_outcome(database, made, 0.5)
    first = connection.execute(kept).fetchall()
    record_outcome(database, made, 0.5)
    assert connection.execute(kept).fetchall() == first
    record_outcome(database, made, 1.0)
    assert connection.execute("SELECT reward FROM decision_outcomes").fetchall() == [(1.0,)]


def test_a_decision_is_one_row_however_many_uses_name_it(database: str, connection: Connection) -> None:
    made = log_decision(database, Decided("hello", (), "none"))
    for hour, rating in ((1, 5), (2, 2)):
        history(connection, decision_id=made, user_rating=rating, created_at=f"2024-01-01 0{hour}:00Z")
    assert read_log(connection).frame["reward"].tolist() == [0.25]


def test_a_measured_outcome_counts_before_a_rating(database: str, connection: Connection) -> None:
    made = log_decision(database, Decided("hello", (), "none"))
    history(connection, decision_id=made, user_rating=5)
    record_outcome(database, made, 0.125)
    assert read_log(connection).frame["reward"].tolist() == [0.125]


@pytest.mark.usefixtures("techniques")
def test_a_data_scientist_logs_decisions_and_reads_them(database: str) -> None:
    mine = f"{database}&options=-crole%3Dworkbench"
    record_outcome(mine, log_decision(mine, DECIDED), 0.5)
    record_outcome(mine, log_decision(mine, DECIDED), 0.5)
    with connect(mine) as connection:
        assert read_log(connection).frame["reward"].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("reward", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_reward_outside_zero_to_one_is_refused(database: str, reward: float) -> None:
    with pytest.raises(OutcomeInvalid, match="from 0 to 1"):
        record_outcome(database, uuid4(), reward)


def test_an_outcome_of_no_decision_is_refused(database: str) -> None:
    with pytest.raises(DecisionUnknown, match="no decision"):
        record_outcome(database, uuid4(), 1.0)
