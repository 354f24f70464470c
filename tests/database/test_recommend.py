"""Recommendations by a selector that was trained, recorded and made live."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import numpy as np
import pandas as pd
import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql

from workbench.cli.main import cli
from workbench.db.connection import connect, with_database
from workbench.errors import FloorTooHigh, IntentUnknown, ModelNotLive, PromptEmpty, UserUnknown
from workbench.evaluation.judge import judge_selector
from workbench.jobs import data, training
from workbench.jobs.decisions import record_outcome
from workbench.jobs.encoder import find_encoder
from workbench.jobs.layers import LayerEncoder
from workbench.jobs.predict import vectors_of
from workbench.jobs.recommend import recommend
from workbench.jobs.recommended import Asked
from workbench.jobs.selector_evidence import load_evidence
from workbench.jobs.workspace import Workspace, open_tracker
from workbench.records import DIMENSIONS, Examples, Recipe, Split, TrainingSet
from workbench.settings import Settings
from workbench.store.deployments import Order, carry_out

SUMS = [
    "How much is {0} plus {1}?",
    "Multiply {0} by {1}.",
    "What is {1} percent of {0}?",
    "Divide {0} among {1} people.",
]
POEMS = ["Write a poem about {0} roses.", "A short verse on {1} stars, please.", "Rhyme {0} lines for my aunt."]
ASKED = Asked("How much is 17 plus 25?", intent="sums", complexity=2)
TECHNIQUES = """
INSERT INTO techniques
    (code, name, category, description, complexity_level, base_effectiveness, prerequisites, is_experimental,
     requires_examples)
VALUES
    ('steps', 'Step by step', 'reasoning', 'Reason in steps before the answer', 2, 0.8, '{}', false, false),
    ('form', 'Form of verse', 'output_control', 'State the form, the length and the rhyme', 2, 0.7, '{}', false, false),
    ('shown', 'Few examples', 'in_context_learning', 'Show solved examples first', 2, 0.8, '{}', false, true),
    ('daring', 'Many trees', 'reasoning', 'Explore alternatives', 5, 0.7, '{steps}', true, false)
"""


@pytest.fixture(scope="module")
def workspace(server_url: str, module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    name = f"t_{uuid.uuid4().hex[:16]}"
    mlflow_url = with_database(server_url, lambda _: name)
    settings = Settings(
        home=tmp_path_factory.mktemp("home"), database_url=module_database, mlflow_database_url=mlflow_url
    )
    with connect(module_database) as connection:
        connection.execute(TECHNIQUES)
        for path in ("sums", "poems"):
            connection.execute(
                "INSERT INTO intent_taxonomy (code, name, path, level, is_active) VALUES (%s, %s, %s, 1, true)",
                (path, path, path),
            )
        connection.execute(
            "INSERT INTO users (email, username, preferences) VALUES ('a@b.example', 'ada', %s)",
            (json.dumps({"favorite_techniques": ["form"]}),),
        )
    yield Workspace(settings, module_database, open_tracker(settings, server_url))
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def examples(workspace: Workspace, rows: int, seed: int) -> Examples:
    random = np.random.default_rng(seed)
    kinds = [SUMS, POEMS]
    texts = [str(random.choice(kinds[n % 2])).format(*random.integers(2, 90, 2)) for n in range(rows)]
    encoder = find_encoder(workspace.settings)
    frame = pd.DataFrame({"prompt_text": texts, "embedding": vectors_of(encoder, texts)})
    frame["layers"] = vectors_of(LayerEncoder(encoder), texts)
    codes = [technique.code for technique in data.load_techniques(workspace.url)]
    named = np.array([[float(code == ("steps", "form")[n % 2]) for code in codes] for n in range(rows)])
    return Examples(frame, named, tuple(f"{seed}-{n}" for n in range(rows)))


@pytest.fixture(scope="module")
def live(workspace: Workspace) -> Workspace:
    """With a selector that has seen sixty prompts."""
    recipe = Recipe("technique_selector", "small", seed=7)
    split = Split(examples(workspace, 60, 1), examples(workspace, 20, 2))
    techniques = data.load_techniques(workspace.url)
    fitted = training.fit(recipe, split, techniques, load_evidence(workspace, recipe, techniques))
    report = judge_selector(fitted, split, split.test.y, [list(fitted.labels)] * 20, 7)
    prompts = TrainingSet("small", pd.DataFrame(), np.empty((0, DIMENSIONS), np.float32), "made up@0", "d" * 64)
    run_id = workspace.tracker.open("technique_selector", "train small", {})
    reference = training.record(workspace.tracker, run_id, recipe, prompts, fitted, report, {})
    training.write_back(workspace.url, recipe, prompts, report, reference)
    with connect(workspace.url) as connection:
        row = connection.execute(
            "SELECT id::text FROM ml_model_performance WHERE mlflow_run_id = %s", (run_id,)
        ).fetchone()
        assert row is not None
        carry_out(connection, Order("promote", "technique_selector", None, row[0], "a test", "the first"))
    return workspace


def test_without_a_live_selector_one_is_told_how_to_get_it(database: str, workspace: Workspace) -> None:
    bare = Workspace(workspace.settings, database, workspace.tracker)
    with pytest.raises(ModelNotLive, match=r"workbench train selector --dataset-version V.*promote selector@newest"):
        recommend(bare, ASKED)


def test_labels_choose_and_rules_leave_out(live: Workspace) -> None:
    found = recommend(live, ASKED)
    assert found.chosen == found.best == ("steps",)
    assert found.excluded == {"shown": "needs examples, and none are given", "daring": "is experimental"}
    assert [row.code for row in found.ranked] == ["steps", "form"]
    assert found.intents == {"sums": 1.0}
    assert (found.propensities, found.propensity) == ({"steps": 1.0}, 1.0)
    assert found.decision_id is None
    assert recommend(live, Asked("Write a poem about 12 roses.", "poems", 2)).chosen == ("form",)


def test_examples_and_experimental_techniques_are_taken_in_on_demand(live: Workspace) -> None:
    found = recommend(live, Asked(ASKED.prompt, "sums", 2, examples=True, experimental=True))
    assert not found.excluded
    (daring,) = [row for row in found.ranked if row.code == "daring"]
    assert daring.goes_with == ("steps",)
    assert daring.low < daring.expected < daring.high


def test_an_intent_that_nobody_gives_is_asked_of_the_live_model(live: Workspace) -> None:
    with pytest.raises(ModelNotLive, match=r"No intent_classifier is live.*or give --intent"):
        recommend(live, Asked(ASKED.prompt, complexity=2))
    with pytest.raises(ModelNotLive, match=r"No complexity_model is live.*or give --complexity"):
        recommend(live, Asked(ASKED.prompt, intent="sums"))


def test_what_is_unknown_is_named(live: Workspace) -> None:
    with pytest.raises(IntentUnknown, match=r"'sum'\. Known are such as poems, sums"):
        recommend(live, Asked(ASKED.prompt, "sum", 2))
    with pytest.raises(UserUnknown, match="no user 'nobody'"):
        recommend(live, Asked(ASKED.prompt, "sums", 2, user="nobody"))
    with pytest.raises(PromptEmpty):
        recommend(live, Asked(" \n", "sums", 2))
    with pytest.raises(FloorTooHigh):
        recommend(live, Asked(ASKED.prompt, "sums", 2, share=0.1, floor=0.2))


def test_a_logged_decision_can_be_learnt_from(live: Workspace) -> None:
    asked = Asked(ASKED.prompt, "sums", 2, user="ada", language_model="m", share=0.3, floor=0.05, seed=3)
    found = recommend(live, asked, log=True)
    assert found.propensities == pytest.approx({"steps": 0.7, "form": 0.3})
    assert found.decision_id is not None
    record_outcome(live.url, found.decision_id, 0.75)
    with connect(live.url) as connection:
        row = connection.execute(
            "SELECT d.policy, d.policy_version, d.propensity, d.is_exploration, d.intent_path, d.complexity, "
            "d.language_model, d.user_pseudonym = u.pseudonym, d.prompt_text, d.prompt_embedding IS NOT NULL "
            "FROM decision_log d JOIN users u ON u.username = 'ada' WHERE d.id = %s",
            (found.decision_id,),
        ).fetchone()
    exploring = found.chosen == ("form",)
    assert row == (
        "technique_selector",
        "1",
        pytest.approx(0.3 if exploring else 0.7),
        exploring,
        "sums",
        2,
        "m",
        True,
        None,
        True,
    )
    techniques = data.load_techniques(live.url)
    evidence = load_evidence(live, Recipe("technique_selector", "small"), techniques)
    assert evidence is not None
    assert evidence.log[["arm", "reward", "language_model"]].to_numpy().tolist() == [
        [";".join(found.chosen), 0.75, "m"]
    ]


def test_the_share_that_explores_is_the_stated_one(live: Workspace) -> None:
    found = [recommend(live, Asked(ASKED.prompt, "sums", 2, share=0.5, floor=0.05, seed=seed)) for seed in range(6)]
    assert {one.is_exploration for one in found} == {True, False}
    for one in found:
        assert one.best == ("steps",)
        assert one.propensity == pytest.approx(0.5)
        assert one.is_exploration == (one.chosen != one.best)


def test_a_technique_that_came_after_the_model_has_a_place_and_a_wider_interval(live: Workspace) -> None:
    with connect(live.url) as connection:
        connection.execute(
            "INSERT INTO techniques (code, name, category, description, complexity_level) "
            "VALUES ('late', 'Latecomer', 'reasoning', 'Reason in steps and check each one', 2)"
        )
    try:
        found = recommend(live, ASKED)
    finally:
        with connect(live.url) as connection:
            connection.execute("DELETE FROM techniques WHERE code = 'late'")
    (late,) = [row for row in found.ranked if row.code == "late"]
    assert late.logged == 0
    assert any("no label names it" in reason for reason in late.reasons)
    assert found.chosen == ("steps",)


def test_the_command_prints_reasons_or_one_object(live: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(live.settings.home))
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", live.url)
    monkeypatch.setenv("WORKBENCH_MLFLOW_DATABASE_URL", str(live.settings.mlflow_database_url))
    words = ["recommend", "-", "--intent", "sums", "--complexity", "2"]
    said = CliRunner().invoke(cli, words, input=ASKED.prompt, catch_exceptions=False)
    assert "Use steps." in said.output
    assert "Labels choose steps" in said.output
    assert "shown needs examples" in said.output
    answer = json.loads(CliRunner().invoke(cli, [*words, "--json", "--top", "1"], input=ASKED.prompt).stdout)
    assert [row["code"] for row in answer["ranked"]] == ["steps"]
    assert answer["chosen"] == ["steps"]
