"""From rated history to ``intent_technique_effectiveness``, and what stays untouched there."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from rows import effectiveness, feedback, history, intent, technique

from workbench.db.connection import Connection
from workbench.errors import HistoryMissing
from workbench.jobs.estimate_effectiveness import estimate, write_effectiveness
from workbench.store.effectiveness import read_outcomes, write

RUN, OTHER_RUN = "a" * 32, "b" * 32
ROWS = "SELECT * FROM intent_technique_effectiveness ORDER BY intent_id, technique_id"


@pytest.fixture
def known(connection: Connection) -> dict[str, Any]:
    """Ids of three intents and two techniques by path and code."""
    ids = {path: intent(connection, path) for path in ("creative", "creative.verse", "technical")}
    return ids | {code: technique(connection, code, base_effectiveness=0.7) for code in ("cot", "pal")}


def use(connection: Connection, known: dict[str, Any], rating: int | None, **values: Any) -> Any:
    least = {
        "detected_intent_path": "creative.verse",
        "detected_complexity": 3,
        "techniques_applied": [known["cot"]],
        "enhancement_metadata": {"propensity": 0.5},
        "user_rating": rating,
        "is_synthetic": True,
    }
    return history(connection, **{**least, **values})


def estimates(score: float = 0.714, **values: Any) -> pd.DataFrame:
    row = {
        "intent": "creative",
        "technique": "cot",
        "score": score,
        "confidence": 0.5,
        "sample_size": 3,
        "complexity_adjustment": {"3": 0.01},
        "real_world_performance": None,
    }
    return pd.DataFrame([{**row, **values}])


def test_a_rating_becomes_a_reward_with_all_that_is_known_of_it(connection: Connection, known: dict[str, Any]) -> None:
    use(connection, known, 4)
    row = read_outcomes(connection).iloc[0].to_dict()
    assert row == {
        "intent": "creative.verse",
        "technique": "cot",
        "reward": 0.75,
        "propensity": 0.5,
        "complexity": 3.0,
        "is_synthetic": True,
    }


def test_use_that_nobody_rated_is_left_out(connection: Connection, known: dict[str, Any]) -> None:
    use(connection, known, None)
    assert read_outcomes(connection).empty


def test_feedback_counts_where_the_history_has_no_rating(connection: Connection, known: dict[str, Any]) -> None:
    feedback(connection, use(connection, known, None), overall_rating=5)
    feedback(connection, use(connection, known, 1), overall_rating=5)
    assert sorted(read_outcomes(connection)["reward"]) == [0.0, 1.0]


def test_the_latest_of_several_feedbacks_counts_once(connection: Connection, known: dict[str, Any]) -> None:
    used = use(connection, known, None)
    feedback(connection, used, overall_rating=1, created_at="2026-01-01")
    feedback(connection, used, overall_rating=5, created_at="2026-01-02")
    assert read_outcomes(connection)["reward"].tolist() == [1.0]


def test_several_techniques_share_the_rating_and_a_repeated_one_counts_once(
    connection: Connection, known: dict[str, Any]
) -> None:
    use(connection, known, 5, techniques_applied=[known["cot"], known["pal"], known["cot"]])
    assert read_outcomes(connection)["technique"].tolist() == ["cot", "pal"]


@pytest.mark.parametrize("wrong", [None, {}, {"propensity": "high"}, {"propensity": 0}, {"propensity": 1.5}])
def test_what_is_no_probability_is_no_propensity(
    connection: Connection, known: dict[str, Any], wrong: dict[str, Any] | None
) -> None:
    use(connection, known, 5, enhancement_metadata=wrong)
    assert read_outcomes(connection)["propensity"].isna().tolist() == [True]


def test_without_rated_history_there_is_nothing_to_estimate(database: str) -> None:
    with pytest.raises(HistoryMissing):
        estimate(database)


def test_an_estimate_says_what_it_rests_on(connection: Connection, database: str, known: dict[str, Any]) -> None:
    use(connection, known, 5)
    use(connection, known, 3, is_synthetic=False, enhancement_metadata=None)
    result = estimate(database)
    assert (result.n_outcomes, result.n_synthetic, result.propensity_source) == (2, 1, "partly estimated")
    assert result.is_synthetic


def test_estimates_are_written_rounded_and_marked(connection: Connection, database: str, known: dict[str, Any]) -> None:
    for rating in (5, 4, 5, 3):
        use(connection, known, rating)
    result = estimate(database)
    assert write_effectiveness(database, result, RUN).written == len(result.estimates) == 2
    row = connection.execute(
        """SELECT sample_size, real_world_performance::float8, estimated_by_run, is_synthetic, effectiveness_score
           FROM intent_technique_effectiveness WHERE intent_id = %s""",
        [known["creative.verse"]],
    ).fetchone()
    assert row[:4] == (4, 0.81, RUN, True)
    assert 0.70 <= row[4] <= 0.81


@pytest.mark.usefixtures("known")
def test_writing_the_same_run_again_changes_nothing(connection: Connection) -> None:
    assert write(connection, estimates(), RUN, False).written == 1
    before = connection.execute(ROWS).fetchall()
    again = write(connection, estimates(), RUN, False)
    assert (again.written, again.unchanged) == (0, 1)
    assert connection.execute(ROWS).fetchall() == before


@pytest.mark.usefixtures("known")
def test_a_row_that_did_not_change_keeps_its_run_and_its_time(connection: Connection) -> None:
    write(connection, estimates(), RUN, False)
    before = connection.execute(ROWS).fetchall()
    assert write(connection, estimates(0.7149), OTHER_RUN, False).unchanged == 1
    assert connection.execute(ROWS).fetchall() == before


@pytest.mark.parametrize(
    "change", [{"score": 0.72}, {"confidence": 0.9}, {"sample_size": 4}, {"complexity_adjustment": {"3": 0.02}},
               {"real_world_performance": 0.5}]
)  # fmt: skip
@pytest.mark.usefixtures("known")
def test_a_row_that_changed_gets_the_new_run(connection: Connection, change: dict[str, Any]) -> None:
    write(connection, estimates(), RUN, False)
    assert write(connection, estimates(**change), OTHER_RUN, False).written == 1
    found = connection.execute("SELECT estimated_by_run FROM intent_technique_effectiveness").fetchall()
    assert found == [(OTHER_RUN,)]


def test_a_curated_row_is_replaced_but_keeps_its_domain_adjustments(
    connection: Connection, known: dict[str, Any]
) -> None:
    effectiveness(connection, known["creative"], known["cot"], 0.5, domain_adjustments={"law": 0.1})
    assert write(connection, estimates(), RUN, True).written == 1
    found = connection.execute("SELECT effectiveness_score::float8, domain_adjustments, is_synthetic "
                               "FROM intent_technique_effectiveness").fetchall()  # fmt: skip
    assert found == [(0.71, {"law": 0.1}, True)]


@pytest.mark.usefixtures("known")
def test_a_rollback_of_the_caller_takes_the_estimates_with_it(connection: Connection) -> None:
    with connection.transaction(force_rollback=True):
        assert write(connection, estimates(), RUN, False).written == 1
    assert connection.execute(ROWS).fetchall() == []


@pytest.mark.usefixtures("known")
def test_selection_follows_the_estimates(connection: Connection) -> None:
    write(connection, estimates(0.95, complexity_adjustment={}), RUN, False)
    best = connection.execute(
        "SELECT technique_name, is_fallback FROM get_optimal_techniques('creative', 3)"
    ).fetchone()
    assert best == ("cot", False)
