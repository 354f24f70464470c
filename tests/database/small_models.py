"""Small intent models, trained, judged, recorded and written back on real parts, some of them worse on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from psycopg.types.json import Jsonb

from copies import drop, new_name
from workbench.db.connection import connect, with_database
from workbench.evaluation.judge import judge_intent
from workbench.jobs import data, training
from workbench.jobs.models import find
from workbench.jobs.workspace import Workspace, open_tracker
from workbench.models.build import estimator_for, labels_of
from workbench.records import DIMENSIONS, Examples, Fitted, Recipe, Split
from workbench.settings import Settings
from workbench.store.models import Model

INTENTS = ("code.debug", "code.write", "talk", "write.poem")
SPACE = "made up@0"
ROWS = 320


@contextmanager
def workspace_on(server_url: str, database: str, home: Path) -> Iterator[Workspace]:
    """``database`` with an MLflow database of its own, which is dropped afterwards."""
    name = new_name()
    settings = Settings(home=home, mlflow_database_url=with_database(server_url, lambda _: name))
    yield Workspace(settings, database, open_tracker(settings, server_url))
    drop(server_url, name)


def fill(url: str, version: str, rows: int = ROWS, intents: tuple[str, ...] = INTENTS, first: int = 0) -> None:
    """Labelled prompts, every other one a test prompt; an intent's vectors lie around a direction of its own."""
    random = np.random.default_rng(first)
    vectors = random.normal(0, 0.05, (rows, DIMENSIONS)).astype(np.float32)
    of_row = np.arange(rows) % len(intents)
    vectors[np.arange(rows), of_row] += 1
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    insert = """
        INSERT INTO ml_training_data (prompt_text, prompt_embedding, embedding_space, linguistic_features,
                                      intent_labels, dataset_version, is_test_set, source_type)
        VALUES (%s, %s, %s, '{}', %s, %s, %s, 'synthetic')
    """
    values = [
        (f"prompt {first + n}", vectors[n], SPACE, Jsonb({"primary": intents[i]}), version, n // len(intents) % 2 == 1)
        for n, i in enumerate(of_row)
    ]
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.executemany(insert, values)


def train(workspace: Workspace, version: str, spoilt: int = 0, seed: int = 7) -> Model:
    """Of the first ``spoilt`` intents four in five training prompts get the label of the intent after it, so that such
    prompts are answered wrongly."""
    recipe = Recipe("intent_classifier", version, seed, {"budget": "quick"})
    prompts = data.load(workspace.url, version)
    split = data.split(prompts, recipe, [])
    learnt = Split(_spoilt(split.train, spoilt), split.test)
    estimator = estimator_for(recipe, []).fit(learnt.train.X, learnt.train.y)
    fitted = Fitted(estimator, labels_of(estimator), 0.1)
    report = judge_intent(fitted, learnt, np.roll(split.test.y, 1), recipe.seed)
    run_id = workspace.tracker.open("intent_classifier", f"train {version}", {})
    reference = training.record(workspace.tracker, run_id, recipe, prompts, fitted, report, {})
    training.write_back(workspace.url, recipe, prompts, report, reference)
    workspace.tracker.close(run_id, "FINISHED")
    return find(workspace.url, run_id)


def _spoilt(train: Examples, count: int) -> Examples:
    names = sorted(set(train.y))
    y = train.y.copy()
    for place, name in enumerate(names[:count]):
        rows = np.flatnonzero(train.y == name)
        y[rows[np.arange(len(rows)) % 5 != 0]] = names[(place + 1) % len(names)]
    return replace(train, y=y)
