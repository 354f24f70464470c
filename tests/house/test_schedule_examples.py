"""The files for other schedulers fit what is there: notebooks, parameters, verbs, settings, fields."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from workbench.cli.main import cli
from workbench.jobs.notebook import check_parameters
from workbench.jobs.retrain_plan import steps_for
from workbench.records import SHORT_NAMES
from workbench.settings import Settings

ROOT = Path(__file__).parents[2]
DAG = ast.parse((ROOT / "docs/examples/airflow_dag.py").read_text(encoding="utf-8"))
CRONJOB: dict[str, Any] = yaml.safe_load((ROOT / "docs/examples/kubernetes_cronjob.yaml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs/schedule.md").read_text(encoding="utf-8")


def constants() -> dict[str, ast.expr]:
    return {ast.unparse(node.targets[0]): node.value for node in DAG.body if isinstance(node, ast.Assign)}


def calls(name: str) -> list[dict[str, ast.expr]]:
    found = [node for node in ast.walk(DAG) if isinstance(node, ast.Call) and ast.unparse(node.func) == name]
    return [{word.arg or "": word.value for word in call.keywords} for call in found]


def test_the_dag_compiles() -> None:
    compile(DAG, "airflow_dag.py", "exec")


def test_the_dag_runs_every_notebook_in_order_with_parameters_that_it_has() -> None:
    steps = ast.literal_eval(constants()["STEPS"])
    assert list(steps) == [step.notebook for step in steps_for(list(SHORT_NAMES), has_history=True)]
    for name, further in steps.items():
        check_parameters(name, {"dataset_version": "v1"} | further)


def test_the_operator_gets_what_it_takes() -> None:
    (operator,) = calls("PapermillOperator")
    assert set(operator) == {"task_id", "input_nb", "output_nb", "parameters", "kernel_name"}
    assert "ts_nodash" in ast.unparse(operator["output_nb"])
    assert "try_number" in ast.unparse(operator["output_nb"])


def test_the_dag_makes_up_for_what_was_missed_once_and_sweeps_whatever_happened() -> None:
    (dag,), (sweep,) = calls("DAG"), calls("BashOperator")
    assert ast.literal_eval(dag["catchup"]) is False
    assert ast.literal_eval(dag["max_active_runs"]) == 1
    assert ast.literal_eval(sweep["trigger_rule"]) == "all_done"
    check_command(ast.literal_eval(sweep["bash_command"]).split())


def test_the_cronjob_has_the_fields_that_it_needs() -> None:
    assert (CRONJOB["apiVersion"], CRONJOB["kind"]) == ("batch/v1", "CronJob")
    spec = CRONJOB["spec"]
    assert re.fullmatch(r"\S+( \S+){4}", spec["schedule"])
    assert spec["concurrencyPolicy"] in {"Allow", "Forbid", "Replace"}
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["restartPolicy"] in {"Never", "OnFailure"}
    assert {mount["name"] for mount in pod["containers"][0]["volumeMounts"]} == {v["name"] for v in pod["volumes"]}
    check_command(pod["containers"][0]["command"])


def test_the_cronjobs_settings_exist_and_the_secret_is_one() -> None:
    (container,) = CRONJOB["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    given = {entry["name"]: entry for entry in container["env"]}
    assert set(given) <= {f"WORKBENCH_{name.upper()}" for name in Settings.model_fields}
    assert "secretKeyRef" in given["WORKBENCH_DATABASE_URL"]["valueFrom"]


@pytest.mark.parametrize("name", ["airflow_dag.py", "kubernetes_cronjob.yaml"])
def test_the_page_shows_them(name: str) -> None:
    assert f"](examples/{name})" in PAGE


def test_the_commands_of_the_page_exist() -> None:
    shown = re.findall(r"^\$ (workbench (?:schedule|retrain).*)$", PAGE, re.MULTILINE)
    assert shown
    for line in shown:
        check_command(re.sub(r"'[^']*'|#.*", "", line).split())


def check_command(words: list[str]) -> None:
    program, *rest = words
    assert program == "workbench"
    named = [word for word in rest if re.fullmatch(r"[a-z]+", word)][: 2 if rest[0] == "schedule" else 1]
    answer = CliRunner().invoke(cli, [*named, "--help"])
    assert answer.exit_code == 0, words
    assert all(word.split("=")[0] in answer.output for word in rest if word.startswith("--")), words
