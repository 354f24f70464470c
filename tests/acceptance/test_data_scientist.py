"""A login in the group of the data scientists, owner of nothing: what the workbench is for works, and no more."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from conftest import Bench
from workbench.db.connection import with_database
from workbench.jobs.effectiveness_batches import apply_if_any, stage, undo
from workbench.jobs.estimate_effectiveness import estimate

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def scientist(bench: Bench, server_url: str) -> Iterator[Bench]:
    """The bench through the eyes of a data scientist, whose MLflow database is their own."""
    login, tracked = f"scientist_{uuid.uuid4().hex[:8]}", f"m_{uuid.uuid4().hex[:8]}"
    bench.run("db", "migrate")
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {login} LOGIN IN ROLE workbench")
        admin.execute(f"CREATE DATABASE {tracked} OWNER {login}")
        url = bench.url.replace("workbench_owner@", f"{login}@")
        own = {"WORKBENCH_MLFLOW_DATABASE_URL": with_database(url, lambda _: tracked)}
        yield Bench(url, bench.home, own)
        admin.execute(f"DROP DATABASE {tracked} WITH (FORCE)")


@pytest.fixture(scope="module")
def imported(scientist: Bench, small_corpus: Path) -> Bench:
    """The taxonomy, techniques and prompts, twice: once anew, once as what is there already."""
    for _ in range(2):
        scientist.run("import", str(small_corpus), "--dataset-version", "small")
    return scientist


def test_a_data_scientist_imports_a_corpus_and_labels(imported: Bench, tmp_path: Path) -> None:
    assert imported.rows("SELECT count(*) > 100 FROM ml_training_data") == [(True,)]
    file = tmp_path / "labels.csv"
    file.write_text("text,intent\nWrite a haiku about rain,creative\n,creative\n")
    words = ["--dataset-version", "mine", "--text-column", "text", "--label-column", "intent", "--create-intents"]
    imported.run("import", str(file), *words)
    assert imported.rows("SELECT count(*) FROM import_quarantine") == [(1,)]


def test_a_data_scientist_embeds_trains_and_promotes(imported: Bench) -> None:
    assert imported.json("train", "complexity", "--dataset-version", "small")["n_train"] > 50
    words = ("--override", "--reason", "a few prompts prove nothing")
    assert imported.json("models", "promote", "complexity@1", *words)["promoted"]
    assert imported.rows("SELECT kind FROM model_deployment_events") == [("promote",)]
    imported.run("models", "rollback", "complexity", "--to", "none", "--reason", "they do not")
    assert imported.run("models", "verify").stdout.startswith("PostgreSQL, MLflow and the files say the same")


def test_a_data_scientist_searches_and_trains_and_the_search_is_kept(imported: Bench) -> None:
    words = ("train", "intent", "--dataset-version", "small", "--trials", "3")
    first, second = imported.json(*words), imported.json(*words)
    assert first["search"]["trials"] == 3
    assert second["search"] == first["search"] | {"reused": 3}
    assert first["search"]["reused"] == 0
    assert first["accuracy"] == second["accuracy"]
    assert imported.json(*words[:-1], "0")["search"] is None


def test_a_data_scientist_estimates_effectiveness_without_seeing_a_person(imported: Bench, bench: Bench) -> None:
    bench.run("history", "simulate", "--rows", "2000", "--dataset-version", "small")
    found = estimate(imported.url)
    assert found.n_outcomes > 100
    assert found.found.source == "recorded"
    done = apply_if_any(imported.url, stage(imported.url, found, "a" * 32))
    assert done.written > 10
    assert undo(imported.url, done.batch).removed == done.written


def test_simulating_is_the_owners_and_a_data_scientist_hears_so(imported: Bench) -> None:
    refused = imported.run("history", "simulate", "--name", "mine", "--dataset-version", "small", expect=1)
    assert "may not simulate history" in refused.stderr


def test_migrating_is_the_owners_and_a_data_scientist_hears_so(imported: Bench) -> None:
    assert "may not change the schema" in imported.run("db", "migrate", expect=1).stderr


@pytest.mark.usefixtures("sound_server")
def test_status_and_doctor_answer_a_data_scientist(imported: Bench) -> None:
    imported.run("status")
    checks = {check["name"]: check["state"] for check in imported.json("doctor")["checks"]}
    assert {checks["roles"], checks["rights"]} == {"ok"}
