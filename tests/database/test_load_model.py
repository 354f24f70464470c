"""A recorded model is loaded by its run; what changed on disk since is not."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
import pytest
from psycopg import sql

from workbench.db.connection import connect, with_database
from workbench.errors import ModelFileRefused, ModelUnknown
from workbench.evaluation.judge import judge_intent
from workbench.jobs import training
from workbench.jobs.load_model import load_model
from workbench.jobs.workspace import Workspace, open_tracker
from workbench.models.build import estimator_for, labels_of
from workbench.records import DIMENSIONS, Examples, Fitted, Recipe, RunRef, Split, TrainingSet
from workbench.settings import Settings
from workbench.store.model_files import recorded_file
from workbench.tracking.models import file_of_version

RECIPE = Recipe("intent_classifier", "small", seed=7, options={"budget": "quick"})


def part(rows: int, seed: int) -> Examples:
    of_row = np.arange(rows) % 2
    vectors = np.random.default_rng(seed).normal(0, 0.05, (rows, DIMENSIONS)).astype(np.float32)
    vectors[np.arange(rows), of_row] += 1
    frame = pd.DataFrame({"prompt_text": [f"prompt {n}" for n in range(rows)], "embedding": list(vectors)})
    labels = np.array(["code", "talk"], dtype=object)[of_row]
    return Examples(frame, labels, tuple(f"{seed}-{n}" for n in range(rows)))


@pytest.fixture(scope="module")
def workspace(server_url: str, module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    name = f"t_{uuid.uuid4().hex[:16]}"
    mlflow_url = with_database(server_url, lambda _: name)
    settings = Settings(home=tmp_path_factory.mktemp("home"), mlflow_database_url=mlflow_url)
    yield Workspace(settings, module_database, open_tracker(settings, server_url))
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def recorded(workspace: Workspace) -> tuple[Fitted, RunRef]:
    split = Split(part(60, 1), part(40, 2))
    estimator = estimator_for(RECIPE, []).fit(split.train.X, split.train.y)
    fitted = Fitted(estimator, labels_of(estimator), 0.1)
    report = judge_intent(fitted, split, split.test.y, RECIPE.seed)
    prompts = TrainingSet("small", pd.DataFrame(), np.empty((0, DIMENSIONS), np.float32), "made up@0", "d" * 64)
    run_id = workspace.tracker.open("intent_classifier", "train small", {})
    reference = training.record(workspace.tracker, run_id, RECIPE, prompts, fitted, report, {})
    training.write_back(workspace.url, RECIPE, prompts, report, reference)
    return fitted, reference


def test_a_recorded_model_answers_bit_for_bit_as_before(workspace: Workspace, recorded: tuple[Fitted, RunRef]) -> None:
    fitted, reference = recorded
    X = part(30, 3).X
    assert np.array_equal(load_model(workspace, reference.run_id).predict_proba(X), fitted.estimator.predict_proba(X))


def test_the_digest_in_postgresql_decides_and_not_the_one_in_mlflow(
    workspace: Workspace, recorded: tuple[Fitted, RunRef]
) -> None:
    _, reference = recorded
    path = file_of_version(workspace.tracker, reference.model_name, reference.model_version)
    path.write_bytes(path.read_bytes() + b"x")
    tag = ("intent_classifier", reference.model_version, "sha256", "0" * 64)
    workspace.tracker.client.set_model_version_tag(*tag)
    with pytest.raises(ModelFileRefused, match=f"PostgreSQL has {reference.sha256}"):
        load_model(workspace, reference.run_id)


def test_a_location_outside_the_artifacts_is_refused(
    workspace: Workspace, recorded: tuple[Fitted, RunRef], tmp_path: Path
) -> None:
    _, reference = recorded
    path = file_of_version(workspace.tracker, reference.model_name, reference.model_version)
    elsewhere = tmp_path / "elsewhere"
    path.parent.rename(elsewhere)
    path.parent.symlink_to(elsewhere)
    with pytest.raises(ModelFileRefused, match="without following a link"):
        load_model(workspace, reference.run_id)


def test_a_run_that_nobody_recorded_is_named(workspace: Workspace) -> None:
    with pytest.raises(ModelUnknown, match="of the run nothing"):
        load_model(workspace, "nothing")


def test_the_recorded_digest_is_that_of_the_file(workspace: Workspace, recorded: tuple[Fitted, RunRef]) -> None:
    _, reference = recorded
    path = file_of_version(workspace.tracker, reference.model_name, reference.model_version)
    with connect(workspace.url) as connection:
        found = recorded_file(connection, reference.run_id)
    assert found is not None
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
