"""From logged decisions and rated history to a staged batch, and what of it may be applied."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from click.testing import CliRunner, Result
from psycopg.types.json import Jsonb
from rows import decision, feedback, history
from staged import known, scores

from workbench.cli.main import cli
from workbench.db.connection import Connection
from workbench.errors import EffectivenessRefused, HistoryMissing, WorkbenchError
from workbench.evaluation.pooling import Effort
from workbench.jobs.effectiveness_batches import apply, apply_if_any, show, stage
from workbench.jobs.estimate_effectiveness import EffectivenessResult, EstimateOptions, Synthetic, estimate

RUN = "a" * 32
HASTY = Effort(chains=2, warmup=20, sweeps=40)


@pytest.fixture
def ids(connection: Connection) -> dict[str, UUID]:
    return known(connection)


def use(connection: Connection, ids: dict[str, UUID], rating: int | None, **values: Any) -> Any:
    least = {
        "detected_intent_path": "creative.verse",
        "detected_complexity": 3,
        "techniques_applied": [ids["cot"]],
        "enhancement_metadata": {"propensity": 0.5},
        "user_rating": rating,
    }
    return history(connection, **{**least, **values})


def log(connection: Connection, ids: dict[str, UUID], rows: int, **values: Any) -> None:
    """Decisions by lot between two techniques, the second the better one, with all that is recorded of them."""
    random = np.random.default_rng(rows)
    for row in range(rows):
        second = bool(random.random() < 0.5)
        least = {
            "prompt_key": f"id:{row}",
            "intent_path": "creative.verse",
            "chosen": [ids["pal" if second else "cot"]],
            "candidates": [ids["cot"], ids["pal"]],
            "propensities": [0.5, 0.5],
            "propensity": 0.5,
        }
        made = decision(connection, **{**least, **values})
        reward = float(random.random() < (0.9 if second else 0.3))
        connection.execute("INSERT INTO decision_outcomes (decision_id, reward) VALUES (%s, %s)", [made, reward])


def estimated(url: str, synthetic: Synthetic = "auto") -> EffectivenessResult:
    return estimate(url, EstimateOptions(synthetic, effort=HASTY))


def test_without_any_outcome_there_is_nothing_to_estimate(database: str) -> None:
    with pytest.raises(HistoryMissing, match="no outcome of a decision"):
        estimated(database)


def test_ratings_feedback_and_logged_outcomes_all_count(
    connection: Connection, database: str, ids: dict[str, UUID]
) -> None:
    use(connection, ids, 5)
    feedback(connection, use(connection, ids, None), overall_rating=3)
    log(connection, ids, 4)
    found = estimated(database)
    assert (found.n_outcomes, found.n_synthetic, found.found.source) == (6, 0, "recorded")


def test_real_outcomes_are_taken_alone_where_there_are_any(
    connection: Connection, database: str, ids: dict[str, UUID]
) -> None:
    for _ in range(3):
        use(connection, ids, 4, is_synthetic=True)
    assert estimated(database).is_synthetic
    use(connection, ids, 2)
    sizes = {name: estimated(database, name).n_outcomes for name in ("auto", "exclude", "include", "only")}
    assert sizes == {"auto": 1, "exclude": 1, "include": 4, "only": 3}
    assert estimated(database).n_left_out == 3


def test_of_a_kind_that_nobody_has_there_is_nothing_to_estimate(
    connection: Connection, database: str, ids: dict[str, UUID]
) -> None:
    use(connection, ids, 4, is_synthetic=True)
    with pytest.raises(HistoryMissing, match="no real outcome"):
        estimated(database, "exclude")


def test_the_digest_is_that_of_what_was_read(connection: Connection, database: str, ids: dict[str, UUID]) -> None:
    use(connection, ids, 5)
    first, again = estimated(database), estimated(database)
    use(connection, ids, 5)
    assert first.digest == again.digest != estimated(database).digest


def test_the_better_technique_is_found_and_written(connection: Connection, database: str, ids: dict[str, UUID]) -> None:
    log(connection, ids, 150)
    result = estimated(database)
    done = apply_if_any(database, stage(database, result, RUN))
    found = scores(connection)
    assert done.written == len(found) == 4  # two techniques for creative and creative.verse
    assert found["creative.verse", "pal"] > 0.7 > 0.5 > found["creative.verse", "cot"]
    assert connection.execute("SELECT DISTINCT estimated_by_run FROM intent_technique_effectiveness").fetchall() == [
        (RUN,)
    ]


def test_the_batch_keeps_what_the_estimates_rest_on(
    connection: Connection, database: str, ids: dict[str, UUID]
) -> None:
    log(connection, ids, 30)
    result = estimated(database)
    basis = show(database, stage(database, result, RUN)).batch.basis
    assert (basis.outcomes, basis.synthetic_outcomes, basis.propensity_source) == (30, 0, "recorded")
    assert basis.log_sha256 == result.digest
    settings = {"synthetic": "auto", "effective_n": 10, "overlap": 0.5, "floor": 0.01, "sweeps": 40, "left_out": 0}
    assert settings.items() <= basis.settings.items()


def test_estimates_of_single_language_models_stand_beside_those_of_all(
    connection: Connection, database: str, ids: dict[str, UUID]
) -> None:
    for name in ("large", "small"):
        log(connection, ids, 40, language_model=name)
    stage(database, estimated(database))
    found = connection.execute("SELECT language_model, count(*) FROM effectiveness_estimates GROUP BY 1 ORDER BY 1")
    assert found.fetchall() == [("", 6), ("large", 6), ("small", 6)]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("recorded", [True, False], ids=["recorded", "not recorded"])
def test_where_a_rule_chose_the_write_back_refuses(
    connection: Connection, database: str, ids: dict[str, UUID], recorded: bool, seed: int
) -> None:
    """One technique for one intent, the other for the other: nobody knows what the others would have been worth."""
    random = np.random.default_rng(seed)
    for row in range(60):
        path, code = ("creative", "cot") if random.random() < 0.5 else ("technical", "pal")
        chances = {"candidates": [ids[code]], "propensities": [1.0], "propensity": 1.0} if recorded else {}
        made = decision(connection, prompt_key=f"id:{row}", intent_path=path, chosen=[ids[code]], **chances)
        connection.execute("INSERT INTO decision_outcomes VALUES (%s, %s)", [made, float(random.random() < 0.8)])
    batch = stage(database, estimated(database))
    with pytest.raises(EffectivenessRefused):
        apply(database, batch)
    assert scores(connection) == {}
    assert show(database, batch).changes["reason"].str.startswith(("overlap 0.0", "no outcome")).all()


def test_a_write_back_that_is_refused_as_a_whole_is_no_error_of_the_notebook(
    connection: Connection, database: str, ids: dict[str, UUID]
) -> None:
    use(connection, ids, 5)
    done = apply_if_any(database, stage(database, estimated(database), RUN))
    assert (done.written, done.refused) == (0, 2)


def effectiveness(database: str, *words: str) -> Result:
    return CliRunner(env={"WORKBENCH_DATABASE_URL": database}).invoke(cli, ["effectiveness", *words])


def said(database: str, *words: str) -> dict[str, Any]:
    answer = effectiveness(database, *words, "--json")
    assert answer.exit_code == 0, answer.output
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def test_the_command_line_goes_from_the_log_to_the_table_and_back(
    connection: Connection, database: str, ids: dict[str, UUID]
) -> None:
    log(connection, ids, 150)
    made = said(database, "estimate", "--sweeps", "40")
    assert (made["outcomes"], made["synthetic"], made["cells"], made["refused"]) == (150, 0, 4, 0)
    batch = made["batch"]
    shown = said(database, "show", batch[:8], "--technique", "pal", "--intent", "creative")
    assert [(cell["intent"], cell["technique"]) for cell in shown["changes"]] == [
        ("creative", "pal"),
        ("creative.verse", "pal"),
    ]
    assert "4 change, 0 are refused" in effectiveness(database, "show").output
    assert said(database, "apply")["written"] == 4
    assert f"Batch {batch} was applied before" in effectiveness(database, "apply", batch[:8]).output
    assert said(database, "undo", batch)["removed"] == 4
    assert scores(connection) == {}


def test_the_command_line_says_no_with_the_reasons(connection: Connection, database: str, ids: dict[str, UUID]) -> None:
    log(connection, ids, 30)
    said(database, "estimate", "--sweeps", "20", "--least-effective-n", "1000")
    refused = effectiveness(database, "show", "--refused").output
    assert "Refused: 4 × effective sample size is below its threshold." in refused
    answer = effectiveness(database, "apply")
    assert isinstance(answer.exception, WorkbenchError)
    assert answer.exception.exit_code == 3


def test_decisions_with_chances_of_every_technique_need_no_estimate_of_them(
    connection: Connection, database: str, ids: dict[str, UUID]
) -> None:
    both = [ids["cot"], ids["pal"]]
    for row in range(12):
        made = decision(
            connection, prompt_key=f"id:{row}", chosen=both, candidates=both, propensities=[0.8, 0.6],
            intent_probabilities=Jsonb({"creative": 1}), intent_path="creative",
        )  # fmt: skip
        connection.execute("INSERT INTO decision_outcomes VALUES (%s, 1)", [made])
    result = estimated(database)
    assert result.found.source == "recorded"
    shares = result.cells.set_index("intent")["overlap"]
    assert shares["creative"].tolist() == [1, 1]
    assert shares["creative.verse"].tolist() == [0, 0]
