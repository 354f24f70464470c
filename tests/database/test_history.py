"""`workbench history simulate` on a real database: marked, reproducible, and only what was asked for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from rows import intent, technique, training

from workbench.cli.history import history
from workbench.db.connection import Connection
from workbench.errors import DatasetUnknown, HistoryNeedsPrompts, SimulationConflict
from workbench.jobs.simulate import simulate
from workbench.jobs.simulated_history import SimulationOrder
from workbench.records import DIMENSIONS
from workbench.store.decisions import read_log

ORDER = SimulationOrder(name="small", rows=400, seed=3, days=40)


@pytest.fixture
def corpus(connection: Connection) -> Connection:
    """Two techniques in use, one retired, and forty labelled prompts, one of them for testing only."""
    codes = [technique(connection, code) for code in ("cot", "pal")]
    technique(connection, "retired", is_active=False)
    for path in ("creative", "creative.verse"):
        intent(connection, path)
    for number in range(40):
        training(
            connection,
            f"prompt {number}",
            intent_labels={"primary": "creative.verse" if number % 2 else "creative"},
            complexity_label=1 + number % 5 if number % 4 else None,
            optimal_techniques=[codes[number % 2]],
            is_test_set=number == 0,
        )
    return connection


def rows(connection: Connection, statement: str) -> list[Any]:
    return connection.execute(statement).fetchall()


def test_it_writes_the_rows_that_were_asked_for(corpus: Connection, database: str) -> None:
    result = simulate(database, ORDER)
    assert result.written
    assert rows(corpus, "SELECT count(*), count(user_rating) FROM prompt_history") == [(400, result.rated)]
    assert rows(corpus, "SELECT count(*) FROM enhancement_feedback") == [(result.feedback,)]
    assert 0 < result.feedback < result.rated < 400


def test_every_row_says_that_it_is_synthetic(corpus: Connection, database: str) -> None:
    simulate(database, ORDER)
    marked = """SELECT bool_and(is_synthetic AND client_type = 'simulation' AND enhanced_prompt LIKE '[synthetic] %'
                AND enhanced_length = length(enhanced_prompt) AND original_length = length(original_prompt))
                FROM prompt_history"""
    assert rows(corpus, marked) == [(True,)]
    named = """SELECT count(*) FROM users WHERE full_name LIKE 'Synthetic user ___'
               AND username LIKE 'synthetic-___' AND email = username || '@example.invalid'"""
    assert rows(corpus, named) == [(200,)]


def test_each_row_records_how_its_technique_was_chosen(corpus: Connection, database: str) -> None:
    simulate(database, ORDER)
    for (metadata,) in rows(corpus, "SELECT enhancement_metadata FROM prompt_history"):
        assert set(metadata) == {"propensity", "policy", "candidates", "simulation", "seed"}
        assert 0 < metadata["propensity"] < 1
        assert metadata["candidates"] == 2


def test_each_use_and_its_feedback_name_the_decision_behind_them(corpus: Connection, database: str) -> None:
    simulate(database, ORDER)
    agreed = """SELECT count(*), bool_and(
                    d.chosen = h.techniques_applied AND d.decided_at = h.created_at AND d.propensity = h.propensity
                    AND d.prompt_key = md5(normalised_prompt(h.original_prompt)) AND d.prompt_text IS NULL
                    AND d.intent_path = h.detected_intent_path AND d.complexity = h.detected_complexity
                    AND d.user_pseudonym = h.user_pseudonym AND d.latency_ms = h.processing_time_ms
                    AND d.is_synthetic AND d.policy = 'biased_softmax' AND d.language_model IS NULL)
                FROM prompt_history h JOIN decision_log d ON d.id = h.decision_id"""
    assert rows(corpus, agreed) == [(400, True)]
    same = """SELECT bool_and(f.decision_id = h.decision_id) FROM enhancement_feedback f
              JOIN prompt_history h ON h.id = f.prompt_history_id AND h.created_at = f.prompt_history_created_at"""
    assert rows(corpus, same) == [(True,)]
    assert rows(corpus, "SELECT count(*) FROM decision_log") == [(400,)]


def test_each_decision_says_how_likely_every_technique_was(corpus: Connection, database: str) -> None:
    result = simulate(database, ORDER)
    log = read_log(corpus)
    assert len(log.frame) == result.rated
    asked = [log.techniques.index(code) for code in ("cot", "pal")]
    of_chosen = log.recorded[np.arange(len(log.frame)), [log.techniques.index(arm) for arm in log.frame["arm"]]]
    np.testing.assert_array_equal(of_chosen, log.frame["propensity"])
    np.testing.assert_allclose(log.recorded[:, asked].sum(axis=1), 1)
    assert np.isnan(log.recorded[:, log.techniques.index("retired")]).all()


def test_an_answer_costs_more_with_a_harder_technique(corpus: Connection, database: str) -> None:
    corpus.execute("UPDATE techniques SET complexity_level = 5 WHERE code = 'pal'")
    simulate(database, ORDER)
    mean = read_log(corpus).frame.groupby("arm")["cost_tokens"].mean()
    assert 3 * 120 < mean["cot"] < 4 * 120 < 5 * 120 < mean["pal"] < 6 * 120


def test_a_decision_keeps_the_vector_that_its_prompt_has(corpus: Connection, database: str) -> None:
    vector = "[" + ",".join(["0.5"] * DIMENSIONS) + "]"
    set_vectors = "UPDATE ml_training_data SET prompt_embedding = %s, embedding_space = 'own@0' WHERE prompt_text < %s"
    corpus.execute(set_vectors, [vector, "prompt 2"])
    simulate(database, ORDER)
    agreed = """SELECT bool_and(d.prompt_embedding IS NOT DISTINCT FROM t.prompt_embedding
                                AND d.embedding_space IS NOT DISTINCT FROM t.embedding_space),
                       count(DISTINCT d.embedding_space), bool_or(d.prompt_embedding IS NULL)
                FROM decision_log d JOIN ml_training_data t ON t.prompt_digest = d.prompt_key"""
    assert rows(corpus, agreed) == [(True, 1, True)]


def test_the_same_seed_makes_the_same_decisions(corpus: Connection, database: str) -> None:
    said = """SELECT md5(string_agg(concat_ws(' ', id, prompt_key, chosen, propensities, cost_tokens), '|' ORDER BY id))
              FROM decision_log"""
    simulate(database, ORDER)
    first = rows(corpus, said)
    corpus.execute("DELETE FROM prompt_history; DELETE FROM decision_log; DELETE FROM history_simulations")
    simulate(database, ORDER)
    assert rows(corpus, said) == first


def test_it_keeps_to_training_prompts_and_active_techniques(corpus: Connection, database: str) -> None:
    simulate(database, ORDER)
    assert rows(corpus, "SELECT count(*) FROM prompt_history WHERE original_prompt = 'prompt 0'") == [(0,)]
    used = """SELECT DISTINCT t.code FROM prompt_history h JOIN techniques t ON t.id = ANY (h.techniques_applied)
              ORDER BY 1"""
    assert rows(corpus, used) == [("cot",), ("pal",)]


def test_the_rows_lie_in_monthly_partitions_of_the_last_days(corpus: Connection, database: str) -> None:
    simulate(database, SimulationOrder(**{**vars(ORDER), "days": 100}))
    assert rows(corpus, "SELECT count(*) FROM prompt_history_default") == [(0,)]
    first, last = rows(corpus, "SELECT min(created_at), max(created_at) FROM prompt_history")[0]
    assert datetime.now(UTC) - timedelta(days=101) < first < last <= datetime.now(UTC)
    assert last - first > timedelta(days=90)


def test_feedback_repeats_the_rating_for_the_technique_that_was_used(corpus: Connection, database: str) -> None:
    simulate(database, ORDER)
    differs = """SELECT count(*) FROM enhancement_feedback f
                 JOIN prompt_history h ON h.id = f.prompt_history_id AND h.created_at = f.prompt_history_created_at
                 WHERE f.overall_rating <> h.user_rating OR f.resulted_in_success IS NULL OR f.user_id <> h.user_id
                 OR f.technique_ratings <> jsonb_build_object(h.techniques_applied[1], h.user_rating)"""
    assert rows(corpus, differs) == [(0,)]


def test_the_truth_is_kept_with_its_formula_and_parameters(corpus: Connection, database: str) -> None:
    simulate(database, ORDER)
    ((truth,),) = rows(corpus, "SELECT ground_truth FROM history_simulations WHERE name = 'small'")
    assert truth["parameters"]["fit_bonus"] == 0.9
    assert "logit p(x, t)" in truth["formula"]
    assert set(truth["true_means"]) == {"creative", "creative.verse"}
    assert 0 < truth["true_means"]["creative"]["cot"]["success"] < 1


def test_doing_it_again_changes_nothing(corpus: Connection, database: str) -> None:
    everything = "SELECT md5(string_agg(h::text, '' ORDER BY id)), count(*) FROM prompt_history h"
    first = simulate(database, ORDER)
    before = rows(corpus, everything)
    again = simulate(database, ORDER)
    assert (again.written, again.rated, again.feedback) == (False, first.rated, first.feedback)
    assert rows(corpus, everything) == before


@pytest.mark.parametrize("change", [{"rows": 401}, {"seed": 4}, {"days": 41}])
def test_a_name_stands_for_one_simulation(corpus: Connection, database: str, change: dict[str, int]) -> None:
    simulate(database, ORDER)
    with pytest.raises(SimulationConflict, match="400 rows, seed 3, 40 days, dataset version 'v1'"):
        simulate(database, SimulationOrder(**{**vars(ORDER), **change}))
    assert rows(corpus, "SELECT count(*) FROM prompt_history") == [(400,)]


def test_two_names_give_two_histories_of_the_same_users(corpus: Connection, database: str) -> None:
    simulate(database, ORDER)
    simulate(database, SimulationOrder(**{**vars(ORDER), "name": "other"}))
    assert rows(corpus, "SELECT count(*), count(DISTINCT id) FROM prompt_history") == [(800, 800)]
    assert rows(corpus, "SELECT count(*) FROM users") == [(200,)]


def test_an_empty_database_is_told_what_it_lacks(database: str) -> None:
    with pytest.raises(HistoryNeedsPrompts, match="labelled techniques"):
        simulate(database, ORDER)


@pytest.mark.usefixtures("corpus")
def test_an_unknown_dataset_version_is_refused(database: str) -> None:
    with pytest.raises(DatasetUnknown, match="Known: v1"):
        simulate(database, SimulationOrder(dataset_version="v9"))


def test_a_failure_in_the_middle_leaves_nothing(
    corpus: Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("torn cable")

    monkeypatch.setattr("workbench.store.history.copy_feedback", fail)
    with pytest.raises(RuntimeError):
        simulate(database, ORDER)
    assert rows(corpus, "SELECT count(*) FROM users") == [(0,)]
    assert rows(corpus, "SELECT count(*) FROM history_simulations") == [(0,)]
    assert rows(corpus, "SELECT count(*) FROM decision_log") == [(0,)]


@pytest.mark.usefixtures("corpus")
def test_progress_ends_at_the_last_row(database: str) -> None:
    ticks: list[tuple[int, int]] = []
    simulate(database, ORDER, lambda done, total: ticks.append((done, total)))
    assert ticks[-1] == (400, 400)


@pytest.mark.usefixtures("corpus")
def test_the_verb_prints_one_object(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", database)
    done = CliRunner().invoke(history, ["simulate", "--rows", "50", "--json"])
    assert json.loads(done.stdout)["rows"] == 50
    assert set(json.loads(done.stdout)) >= {"name", "dataset_version", "rated", "feedback", "written", "seconds"}
