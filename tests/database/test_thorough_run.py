"""A thorough run in PostgreSQL and MLflow: its encoder is a version with a space of its own, or nothing is."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
import skops.io
from imported import SPLIT, load_csv
from psycopg import sql

from workbench.db.connection import connect, with_database
from workbench.errors import TunedEncoderMissing, TunedEncoderTampered, TunedEncoderUnknown
from workbench.jobs import training
from workbench.jobs.consider import consider_run
from workbench.jobs.encoder import find_encoder
from workbench.jobs.predict import frame_of
from workbench.jobs.registered_encoder import load_encoder
from workbench.jobs.train import Trained, train
from workbench.jobs.tuned_encoder import NAME, digest_of
from workbench.jobs.workspace import Workspace, open_tracker
from workbench.records import Recipe
from workbench.settings import Settings
from workbench.store import vectors
from workbench.tracking.encoders import find_encoder_version
from workbench.tracking.models import MODEL_FILE, TRUSTED_TYPES

pytestmark = pytest.mark.slow
WORDS = {"code.debug": "error crash traceback", "code.write": "implement script class", "talk": "hello chat weather"}
RECIPE = Recipe("intent_classifier", "small", 7, {"budget": "thorough"})


@pytest.fixture(scope="module")
def mlflow_url(server_url: str) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex[:16]}"
    yield with_database(server_url, lambda _: name)
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def workspace(
    server_url: str, module_database: str, mlflow_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    """28 prompts an intent, 21 of them to learn from, and a version of which each intent has only 7."""
    settings = Settings(home=tmp_path_factory.mktemp("home"), mlflow_database_url=mlflow_url, threads=1)
    for version, count in (("small", 28), ("few", 12)):
        texts = [
            f"please {word} {n} {label[:4]},{label},{'test' if n % 4 == 3 else 'train'}"
            for label, words in WORDS.items()
            for n, word in zip(range(count), words.split() * count, strict=False)
        ]
        folder = tmp_path_factory.mktemp(version)
        load_csv(module_database, folder, "text,label,split", *texts, options=SPLIT, version=version)
    return Workspace(settings, module_database, open_tracker(settings, server_url))


@pytest.fixture(scope="module")
def told() -> list[str]:
    return []


@pytest.fixture(scope="module")
def trained(workspace: Workspace, told: list[str]) -> Trained:
    return train(workspace, RECIPE, told.append, 0, lambda done, total: told.append(f"{done}/{total}"))


def of_run(workspace: Workspace, trained: Trained) -> Any:
    return workspace.tracker.client.get_run(trained.run.run_id)


def spaces(workspace: Workspace) -> dict[str, int]:
    with connect(workspace.url) as connection:
        found = connection.execute("SELECT space, count(*) FROM training_vectors GROUP BY 1").fetchall()
    return dict(found)


def test_the_encoder_is_registered_with_the_digest_of_its_files(workspace: Workspace, trained: Trained) -> None:
    assert trained.encoder is not None
    version = workspace.tracker.client.get_model_version(NAME, trained.encoder.version)
    assert version.tags["sha256"] == trained.encoder.sha256 == digest_of(trained.encoder.folder)
    assert trained.encoder.folder.is_relative_to(workspace.settings.artifacts)
    assert version.run_id == trained.run.run_id
    assert "small" in version.description
    kinds = {path.suffix for path in trained.encoder.folder.rglob("*") if path.is_file()}
    assert kinds <= {".json", ".safetensors", ".txt"}


def test_the_models_run_names_its_encoder_and_what_it_weighs(workspace: Workspace, trained: Trained) -> None:
    assert trained.encoder is not None
    run = of_run(workspace, trained)
    assert run.data.params["encoder_sha256"] == trained.encoder.sha256
    assert run.data.params["encoder_version"] == trained.encoder.version
    assert run.data.params["option_tuned_space"] == f"{NAME}@{trained.encoder.sha256[:16]}"
    assert run.data.params["fine_tuned"] == "yes"
    assert run.data.params["tuning_epochs"] == "2"
    assert run.data.metrics["tuned_accuracy"] > 0.8
    assert run.data.metrics["fusion_weight"] >= 0
    assert run.data.metrics["tuning_seconds"] > 0
    assert run.info.status == "FINISHED"


def test_model_and_encoder_are_two_saved_models_of_one_run(workspace: Workspace, trained: Trained) -> None:
    found = workspace.tracker.client.search_logged_models(
        [trained.run.experiment_id], f"source_run_id = '{trained.run.run_id}'"
    )
    assert sorted(model.name for model in found) == ["intent_classifier", NAME]
    assert {str(model.status) for model in found} == {"READY"}
    assert trained.run.model_name == "intent_classifier"


def test_every_prompt_of_the_version_has_a_vector_in_the_encoders_space(workspace: Workspace, trained: Trained) -> None:
    tuned = load_encoder(workspace, trained.encoder.version if trained.encoder else "")
    assert spaces(workspace)[tuned.space] == 28 * len(WORDS)
    with connect(workspace.url) as connection:
        found = vectors.load(connection, tuned.space, "small")
        texts = connection.execute(
            "SELECT prompt_text FROM ml_training_data WHERE dataset_version = 'small' ORDER BY prompt_digest"
        ).fetchall()
    assert found is not None
    assert np.allclose(tuned.encoder.encode([text for (text,) in texts]), found, atol=1e-5)


def test_a_new_prompt_is_predicted_by_what_was_stored(workspace: Workspace, trained: Trained) -> None:
    assert trained.encoder is not None
    tracker = workspace.tracker
    folder = Path(
        tracker.client.get_logged_model(_model_id(workspace, trained)).artifact_location.removeprefix("file://")
    )
    model = skops.io.load(folder / MODEL_FILE, trusted=TRUSTED_TYPES)
    tuned = load_encoder(workspace, trained.encoder.version)
    asked = ["please crash 99 code", "please chat 99 talk"]
    X = frame_of(model, asked, find_encoder(workspace.settings), tuned)
    assert list(model.predict(X)) == ["code.debug", "talk"]


def _model_id(workspace: Workspace, trained: Trained) -> str:
    found = workspace.tracker.client.get_model_version(trained.run.model_name, trained.run.model_version)
    return str(found.source).removeprefix("models:/")


def test_the_gate_asks_a_model_by_its_own_encoder(workspace: Workspace, trained: Trained) -> None:
    found = {check.name: check for check in consider_run(workspace, trained.run.run_id).decision.checks}
    assert found["answers"].passed, found["answers"].sentence
    assert found["latency"].passed


def test_progress_and_json_speak_of_the_encoder(trained: Trained, told: list[str]) -> None:
    assert trained.encoder is not None
    steps = [line for line in told if "/" in line]
    assert told.index("fine-tuning the encoder") < told.index(steps[0]) < told.index("fitting")
    assert steps[-1].split("/")[0] == steps[-1].split("/")[1]
    said = json.loads(json.dumps(trained.as_json()))["encoder"]
    assert said == {"name": NAME, "version": trained.encoder.version, "sha256": trained.encoder.sha256}


def test_an_encoder_that_was_changed_moved_or_never_stored_is_refused(workspace: Workspace, trained: Trained) -> None:
    assert trained.encoder is not None
    version, settings = trained.encoder.version, trained.encoder.folder / "config.json"
    content = settings.read_bytes()
    settings.write_bytes(content + b" ")
    with pytest.raises(TunedEncoderTampered):
        load_encoder(workspace, version)
    settings.write_bytes(content)
    other = Workspace(Settings(home=workspace.settings.home / "other"), workspace.url, workspace.tracker)
    with pytest.raises(TunedEncoderMissing):
        load_encoder(other, version)
    with pytest.raises(TunedEncoderUnknown, match="99"):
        find_encoder_version(workspace.tracker, NAME, "99")


def test_few_rows_a_label_are_not_tuned_on_and_the_run_says_so(workspace: Workspace, trained: Trained) -> None:
    told: list[str] = []
    before = spaces(workspace)
    few = train(workspace, Recipe("intent_classifier", "few", 7, {"budget": "thorough"}), told.append, 0)
    assert few.encoder is None
    assert any("9 training prompts" in line for line in told)
    assert "9 training prompts" in of_run(workspace, few).data.params["fine_tuned"]
    assert set(spaces(workspace)) == set(before)
    assert few.as_json()["encoder"] is None
    assert trained.encoder is not None


def test_an_interrupted_run_is_failed_and_registers_nothing(
    workspace: Workspace, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, before = workspace.tracker.client, spaces(workspace)
    known = len(client.search_model_versions(f"name = '{NAME}'"))
    runs = {run.info.run_id for run in client.search_runs([trained.run.experiment_id])}

    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "judge", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(workspace, Recipe("intent_classifier", "small", 8, {"budget": "thorough"}), trials=0)
    (run,) = [run for run in client.search_runs([trained.run.experiment_id]) if run.info.run_id not in runs]
    assert run.info.status == "FAILED"
    assert len(client.search_model_versions(f"name = '{NAME}'")) == known
    assert client.search_logged_models([trained.run.experiment_id], f"source_run_id = '{run.info.run_id}'") == []
    assert spaces(workspace) == before
