"""Import, embed, simulate, retrain: what the command line promises, on real parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlflow
import pytest

from conftest import Bench
from workbench.jobs.notebook import execute
from workbench.jobs.workspace import sqlalchemy_url

pytestmark = pytest.mark.slow
STEPS = [
    "01_explore_training_data",
    "02_train_intent_classifier",
    "03_train_complexity_model",
    "04_train_technique_selector",
    "05_estimate_effectiveness",
    "06_compare_and_promote",
]


@pytest.fixture(scope="module")
def retrained(bench: Bench, small_corpus: Path) -> dict[str, Any]:
    bench.run("db", "migrate")
    bench.run("import", str(small_corpus), "--dataset-version", "small")
    bench.run("history", "simulate", "--rows", "3000", "--dataset-version", "small")
    return bench.json("retrain", "--dataset-version", "small")


@pytest.fixture(scope="module")
def client(bench: Bench) -> mlflow.MlflowClient:
    head, _, tail = bench.url.partition("?")
    return mlflow.MlflowClient(sqlalchemy_url(f"{head}_mlflow?{tail}"))


def test_every_notebook_ran_and_is_kept_with_its_page(retrained: dict[str, Any]) -> None:
    kept = sorted(path.name for path in Path(retrained["folder"]).iterdir())
    assert kept == sorted(f"{step}{suffix}" for step in STEPS for suffix in (".ipynb", ".html"))
    assert list(retrained["notebooks"]) == STEPS


def test_every_run_is_finished(retrained: dict[str, Any], client: mlflow.MlflowClient) -> None:
    states = {client.get_run(run).info.status for run in retrained["notebooks"].values()}
    assert states == {"FINISHED"}


def test_the_executed_notebook_stands_in_mlflow(retrained: dict[str, Any], client: mlflow.MlflowClient) -> None:
    run = retrained["notebooks"]["02_train_intent_classifier"]
    names = {Path(item.path).name for item in client.list_artifacts(run, "notebooks")}
    assert names == {"02_train_intent_classifier.ipynb", "02_train_intent_classifier.html"}


def test_json_mlflow_and_the_database_say_the_same_numbers(
    retrained: dict[str, Any], client: mlflow.MlflowClient, bench: Bench
) -> None:
    for model in retrained["models"]:
        logged = client.get_run(model["run_id"]).data.metrics
        ((accuracy, stored),) = bench.rows(
            "SELECT accuracy::float8, metrics FROM ml_model_performance WHERE mlflow_run_id = %s", model["run_id"]
        )
        numbers = {name: value for name, value in model["metrics"].items() if name != "baselines"}
        assert numbers == {name: value for name, value in stored.items() if name != "baselines"}
        assert numbers == pytest.approx({name: logged[name] for name in numbers}, abs=0)
        assert accuracy == round(numbers["accuracy"], 3)


def test_every_model_is_judged_beside_its_baselines(retrained: dict[str, Any]) -> None:
    found = {model["model_type"]: set(model["metrics"]["baselines"]) for model in retrained["models"]}
    usual = {"nearest neighbour (pgvector)", "TF-IDF + logistic regression"}
    assert found["intent_classifier"] == usual | {"majority"}
    assert found["complexity_model"] == usual | {"majority", "prompt length"}
    assert found["technique_selector"] == usual | {"most popular", "get_optimal_techniques (told the truth)"}


def test_effectiveness_is_written_and_marked_synthetic(retrained: dict[str, Any], bench: Bench) -> None:
    ((rows, synthetic, sampled),) = bench.rows(
        "SELECT count(*), count(*) FILTER (WHERE is_synthetic), count(*) FILTER (WHERE sample_size > 0) "
        "FROM intent_technique_effectiveness WHERE estimated_by_run = %s",
        retrained["notebooks"]["05_estimate_effectiveness"],
    )
    assert rows == synthetic == retrained["effectiveness_rows"] > 100
    assert sampled > 50


def test_the_alias_follows_the_active_row(retrained: dict[str, Any], client: mlflow.MlflowClient, bench: Bench) -> None:
    active = bench.rows("SELECT model_name, model_version FROM ml_model_performance WHERE is_active")
    assert active
    for name, version in active:
        assert client.get_model_version_by_alias(name, "champion").version == int(version)


def test_no_connection_string_is_in_any_output(retrained: dict[str, Any], bench: Bench) -> None:
    for path in Path(retrained["folder"]).iterdir():
        assert bench.url not in path.read_text(encoding="utf-8"), path.name


def test_a_second_retraining_adds_a_version_and_doubles_nothing(retrained: dict[str, Any], bench: Bench) -> None:
    before = bench.rows("SELECT count(*) FROM intent_technique_effectiveness")
    again = bench.json("retrain", "--dataset-version", "small", "--models", "complexity")
    ((versions, prompts),) = bench.rows(
        "SELECT count(*), (SELECT count(*) FROM ml_training_data) FROM ml_model_performance "
        "WHERE model_type = 'complexity_model'"
    )
    assert [model["model_version"] for model in again["models"]] == ["2"]
    assert (versions, prompts, again["embedded"]) == (2, 210, 0)
    assert bench.rows("SELECT count(*) FROM intent_technique_effectiveness") == before


def test_train_prints_the_promised_object_and_nothing_else(retrained: dict[str, Any], bench: Bench) -> None:
    printed = bench.run("train", "complexity", "--dataset-version", "small", "--json")
    promised = {"model_type", "model_name", "model_version", "run_id", "dataset_version", "n_train", "n_test"}
    promised |= {"accuracy", "macro_f1", "metrics", "baselines", "search", "encoder", "seconds"}
    assert set(json.loads(printed.stdout)) == promised


def test_the_same_seed_gives_the_same_scores(retrained: dict[str, Any], bench: Bench) -> None:
    first = next(model for model in retrained["models"] if model["model_type"] == "complexity_model")
    second = bench.json("train", "complexity", "--dataset-version", "small")
    assert second["accuracy"] == first["metrics"]["accuracy"]
    assert second["metrics"]["log_loss"] == pytest.approx(first["metrics"]["log_loss"], rel=1e-6)


def test_a_notebook_run_by_hand_opens_and_finishes_a_run_of_its_own(
    retrained: dict[str, Any],
    bench: Bench,
    client: mlflow.MlflowClient,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name, value in bench.env.items():
        monkeypatch.setenv(name, value)
    execute("05_estimate_effectiveness", {"dataset_version": "small"}, tmp_path)
    experiment = client.get_experiment_by_name("technique_effectiveness").experiment_id
    newest = client.search_runs([experiment], order_by=["attributes.start_time DESC"])[0].info
    assert newest.run_id not in retrained["notebooks"].values()
    assert (newest.run_name, newest.status) == ("notebook 05 on small", "FINISHED")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("train", "intent", "--dataset-version", "nowhere"), 2, "no dataset version 'nowhere'"),
        (("train", "poetry", "--dataset-version", "small"), 2, "is not one of"),
        (("retrain", "--dataset-version", "nowhere"), 2, "Known: small"),
        (("retrain", "--dataset-version", "small", "--models", "intent,magic"), 2, "unknown model 'magic'"),
        (("embed", "--dataset-version", "nowhere"), 2, "no dataset version"),
        (("frobnicate",), 2, "No such command"),
    ],
)
def test_misuse_is_named(words: tuple[str, ...], code: int, said: str, retrained: dict[str, Any], bench: Bench) -> None:
    done = bench.run(*words, expect=code)
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
