"""A fitted model as MLflow keeps it: its files, its version, its aliases, and no password anywhere."""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
import pytest
from psycopg import sql

from workbench.db.connection import connect, with_database
from workbench.evaluation.judge import judge_intent
from workbench.jobs import training
from workbench.jobs.workspace import open_tracker
from workbench.models.build import estimator_for, labels_of
from workbench.records import DIMENSIONS, Examples, Fitted, Recipe, Report, RunRef, Split, TrainingSet
from workbench.settings import Settings
from workbench.tracking import models
from workbench.tracking.runs import Tracker

NAME = "intent_classifier"
RECIPE = Recipe(NAME, "small", seed=7)
SECRET = "s3cret"


def part(rows: int, seed: int) -> Examples:
    """Prompts of three intents, each with a direction of its own."""
    labels = ["code.debug", "code.write", "talk"]
    of_row = np.arange(rows) % len(labels)
    vectors = np.random.default_rng(seed).normal(0, 0.05, (rows, DIMENSIONS)).astype(np.float32)
    vectors[np.arange(rows), of_row] += 1
    texts = [f"prompt {n} {labels[i]}" for n, i in enumerate(of_row)]
    layers = list(np.hstack([vectors, vectors[:, ::-1]]) / np.float32(2**0.5))
    frame = pd.DataFrame({"prompt_text": texts, "embedding": list(vectors), "layers": layers})
    return Examples(
        frame, np.array([labels[i] for i in of_row], dtype=object), tuple(f"{seed}-{n}" for n in range(rows))
    )


@pytest.fixture(scope="module")
def split() -> Split:
    return Split(part(60, 1), part(30, 2))


@pytest.fixture(scope="module")
def fitted(split: Split) -> Fitted:
    estimator = estimator_for(RECIPE, []).fit(split.train.X, split.train.y)
    return Fitted(estimator, labels_of(estimator), 0.5)


@pytest.fixture(scope="module")
def report(fitted: Fitted, split: Split) -> Report:
    return judge_intent(fitted, split, split.test.y, RECIPE.seed)


@pytest.fixture(scope="module")
def database_url(server_url: str) -> Iterator[str]:
    """MLflow's own, by an address that carries a password."""
    name = f"t_{uuid.uuid4().hex[:16]}"
    yield with_database(server_url, lambda _: name).replace("workbench_owner@", f"workbench_owner:{SECRET}@")
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def tracker(database_url: str, server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Tracker:
    assert SECRET in database_url
    return open_tracker(Settings(home=tmp_path_factory.mktemp("home"), mlflow_database_url=database_url), server_url)


def record(tracker: Tracker, run_id: str, fitted: Fitted, report: Report) -> RunRef:
    prompts = TrainingSet("small", pd.DataFrame(), np.empty((0, DIMENSIONS), np.float32), "made up@0", "d" * 64)
    return training.record(tracker, run_id, RECIPE, prompts, fitted, report, {})


@pytest.fixture(scope="module")
def reference(tracker: Tracker, fitted: Fitted, report: Report) -> RunRef:
    return record(tracker, tracker.open(NAME, "train small", {}), fitted, report)


def files(tracker: Tracker, name: str) -> list[Path]:
    return sorted(tracker.artifacts.rglob(name))


def no_space(*_: object) -> None:
    raise OSError("no space")


def test_the_run_is_named_by_version_data_and_accuracy(tracker: Tracker, reference: RunRef, report: Report) -> None:
    name = tracker.client.get_run(reference.run_id).info.run_name
    assert name == f"v{reference.model_version} small {report.accuracy:.3f}"


def test_recording_a_run_again_makes_no_second_version(
    tracker: Tracker, reference: RunRef, fitted: Fitted, report: Report
) -> None:
    before = len(files(tracker, models.MODEL_FILE))
    assert record(tracker, reference.run_id, fitted, report) == reference
    assert len(tracker.client.search_model_versions(f"run_id = '{reference.run_id}'")) == 1
    assert len(files(tracker, models.MODEL_FILE)) == before


def test_the_digest_is_that_of_the_model_file(tracker: Tracker, reference: RunRef) -> None:
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in files(tracker, models.MODEL_FILE)}
    assert reference.sha256 in digests
    version = tracker.client.get_model_version(NAME, reference.model_version)
    assert version.tags["sha256"] == reference.sha256


def test_the_model_lies_with_its_experiment_and_not_in_the_working_directory(
    tracker: Tracker, fitted: Fitted, report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = record(tracker, tracker.open(NAME, "elsewhere", {}), fitted, report)
    (model,) = tracker.client.search_logged_models([found.experiment_id], f"source_run_id = '{found.run_id}'")
    assert model.artifact_location.startswith((tracker.artifacts / NAME).as_uri())
    assert list(tmp_path.iterdir()) == []


def test_the_scores_hang_on_the_model_and_are_the_runs(tracker: Tracker, reference: RunRef, report: Report) -> None:
    (model,) = tracker.client.search_logged_models([reference.experiment_id], f"source_run_id = '{reference.run_id}'")
    on_model = {metric.key: metric.value for metric in model.metrics}
    assert on_model == tracker.metrics(reference.run_id)
    assert on_model.items() >= dict(report.metrics).items()
    assert on_model["accuracy"] == report.accuracy
    assert on_model["best_baseline"] == max(scores["accuracy"] for scores in report.baselines.values())


def test_the_models_page_knows_its_version(tracker: Tracker, reference: RunRef) -> None:
    (model,) = tracker.client.search_logged_models([reference.experiment_id], f"source_run_id = '{reference.run_id}'")
    assert json.loads(model.tags["mlflow.modelVersions"]) == [{"name": NAME, "version": int(reference.model_version)}]
    assert model.params["dataset_version"] == "small"


def test_the_list_of_versions_says_how_good_each_is(tracker: Tracker, reference: RunRef, report: Report) -> None:
    said = tracker.client.get_model_version(NAME, reference.model_version).description
    assert said.startswith(f"Accuracy {report.accuracy:.3f} on small")
    assert "best baseline" in said


def test_the_signature_takes_text_embedding_and_layers(fitted: Fitted) -> None:
    found = models.signature(fitted)
    assert found.inputs.input_names() == ["prompt_text", "embedding", "layers"]
    assert [column.name for column in found.outputs] == ["prediction"]
    assert str(found.outputs.inputs[0].type) == "DataType.string"


def test_recording_needs_no_second_try_at_the_database(
    tracker: Tracker, fitted: Fitted, report: Report, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "psycopg"):
        record(tracker, tracker.open(NAME, "quiet", {}), fitted, report)
    assert caplog.records == []


def test_the_newest_is_the_challenger_until_it_wins(tracker: Tracker, fitted: Fitted, report: Report) -> None:
    first, second = (record(tracker, tracker.open(NAME, name, {}), fitted, report) for name in "ab")
    aliases = tracker.client.get_registered_model(NAME).aliases
    assert {name: str(version) for name, version in aliases.items()} == {"challenger": second.model_version}
    models.set_champion(tracker, NAME, first.model_version)
    models.set_champion(tracker, NAME, second.model_version)
    aliases = tracker.client.get_registered_model(NAME).aliases
    assert {name: str(version) for name, version in aliases.items()} == {"champion": second.model_version}


def test_a_model_that_cannot_be_saved_is_failed_and_the_next_try_works(
    tracker: Tracker, fitted: Fitted, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = tracker.open(NAME, "full disk", {})
    with monkeypatch.context() as full:
        full.setattr(models, "_write", no_space)
        with pytest.raises(OSError, match="no space"):
            record(tracker, run_id, fitted, report)
    assert record(tracker, run_id, fitted, report).run_id == run_id
    tried = tracker.client.search_logged_models([tracker.experiment(NAME)], f"source_run_id = '{run_id}'")
    assert sorted(str(model.status) for model in tried) == ["FAILED", "READY"]


def test_nothing_in_mlflow_knows_the_password(tracker: Tracker, reference: RunRef, database_url: str) -> None:
    assert reference.run_id
    with connect(database_url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            look = sql.SQL("SELECT count(*) FROM {} AS t WHERE t::text LIKE %s").format(sql.Identifier(name))
            assert connection.execute(look, [f"%{SECRET}%"]).fetchone() == (0,), name
    kept = [path for path in tracker.artifacts.rglob("*") if path.is_file()]
    assert kept
    assert [path for path in kept if SECRET.encode() in path.read_bytes()] == []
