"""`workbench evaluate-policy` on logs of a real database."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from outcome_logs import CREATE, load_log

from workbench.cli.evaluate_policy import ESTIMATORS
from workbench.cli.main import cli
from workbench.db.connection import Connection
from workbench.errors import WorkbenchError
from workbench.evaluation import off_policy
from workbench.evaluation.policies import MEANINGS
from workbench.jobs.evaluate_policy import evaluate_policies
from workbench.jobs.policy_order import PolicyOrder

HEAD = "external_id,intent,complexity,language_model,policy,techniques,reward,cost_tokens,propensity"
CODES = ("cot", "pal", "cot;role")
SUCCESS = {"cot": 0.7, "pal": 0.5, "cot;role": 0.3}


def lines(rows: int = 240, seed: int = 0, tokens: bool = True, recorded: bool = True, by: str = "coin") -> list[str]:
    """Three arms with known propensities, 120 prompts; the intent sways the choice."""
    random = np.random.default_rng(seed)
    found = [HEAD]
    for row in range(rows):
        talks = row % 2 == 0
        shares = [0.5, 0.3, 0.2] if talks else [0.2, 0.3, 0.5]
        place = int(random.choice(3, p=shares))
        arm = CODES[place]
        reward = int(random.random() < SUCCESS[arm])
        cost = str(100 * (place + 1)) if tokens else ""
        share = str(shares[place]) if recorded else ""
        intent = "talk.small" if talks else "code"
        found.append(f"q{row % 120},{intent},{1 + row % 5},m{row % 2},{by},{arm},{reward},{cost},{share}")
    return found


@pytest.fixture
def filled(database: str, tmp_path: Path) -> str:
    load_log(database, tmp_path, *lines(), options=CREATE)
    return database


def run(database: str, *words: str) -> Result:
    return CliRunner(env={"WORKBENCH_DATABASE_URL": database}).invoke(cli, ["evaluate-policy", *words])


def said(database: str, *words: str) -> dict[str, Any]:
    result = run(database, "--json", *words)
    assert result.exit_code == 0, result.exception
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def refusal(database: str, *words: str) -> WorkbenchError:
    found = run(database, *words).exception
    assert isinstance(found, WorkbenchError), found
    return found


def test_every_policy_is_judged_by_every_estimator(filled: str) -> None:
    answer = said(filled)
    names = {row["policy"] for row in answer["policies"]}
    assert names == {*MEANINGS, *(f"always:{arm}" for arm in CODES)} - {"always"}
    assert all(set(row["estimates"]) == set(ESTIMATORS) for row in answer["policies"])
    assert (answer["decisions"], answer["prompts"], answer["synthetic"]) == (240, 120, 0)
    assert answer["propensities"]["source"] == "recorded"
    assert answer["logged_by"] == ["coin"]


def test_values_are_near_the_truth_and_the_best_comes_first(filled: str) -> None:
    values = {row["policy"]: row["estimates"]["dr"] for row in said(filled, "--policies", "always,logged")["policies"]}
    assert next(iter(values)) == "always:cot"
    for arm, truth in SUCCESS.items():
        found = values[f"always:{arm}"]
        assert abs(found["value"] - truth) < 3 * found["standard_error"] < 0.3


def test_a_cost_weight_makes_the_dear_arms_worth_less(filled: str) -> None:
    free, priced = (said(filled, "--policies", "always", *words) for words in ((), ("--cost-weight", "1")))
    before, after = ({r["policy"]: r["estimates"]["dr"]["value"] for r in one["policies"]} for one in (free, priced))
    lost = [before[f"always:{arm}"] - after[f"always:{arm}"] for arm in CODES]
    assert lost == pytest.approx([0.1, 0.2, 0.3], abs=0.02)


def test_propensities_that_nobody_recorded_are_estimated_and_it_is_said(database: str, tmp_path: Path) -> None:
    load_log(database, tmp_path, *lines(recorded=False), options=CREATE)
    answer = said(database)
    assert (answer["propensities"]["source"], bool(answer["propensities"]["model"])) == ("estimated", True)
    assert any("estimated" in sentence for sentence in answer["warnings"])
    assert answer["policies"][0]["estimates"]["ips"]["low"] is None
    assert answer["policies"][0]["estimates"]["dr"]["low"] is not None


def test_one_language_model_or_one_logging_policy_can_be_taken(filled: str, tmp_path: Path) -> None:
    load_log(filled, tmp_path, *lines(seed=1, by="other"), options=CREATE)
    assert said(filled)["decisions"] == 480
    assert said(filled, "--policy-log", "other")["decisions"] == 240
    assert said(filled, "--language-model", "m1")["language_models"] == ["m1"]
    assert any("2 language models together" in sentence for sentence in said(filled)["warnings"])


def test_synthetic_decisions_are_named_everywhere(filled: str, connection: Connection, tmp_path: Path) -> None:
    connection.execute("UPDATE decision_log SET is_synthetic = true WHERE prompt_key < 'id:q2'")
    answer = said(filled)
    assert 0 < answer["synthetic"] < 240
    assert any("SYNTHETIC" in sentence for sentence in answer["warnings"])
    shown = run(filled, "--figure", str(tmp_path / "values.svg"))
    assert "SYNTHETIC" in shown.stdout
    assert "SYNTHETIC" in shown.stderr


@pytest.mark.parametrize(("name", "begins"), [("values.png", b"\x89PNG"), ("values.svg", b"<?xml")])
def test_a_picture_is_drawn(filled: str, tmp_path: Path, name: str, begins: bytes) -> None:
    result = run(filled, "--policies", "always,logged", "--figure", str(tmp_path / name))
    assert result.exit_code == 0, result.exception
    assert (tmp_path / name).read_bytes().startswith(begins)
    assert "always:cot;role" in result.stdout


def test_arms_with_little_support_are_left_out_and_counted(filled: str) -> None:
    answer = said(filled, "--min-support", "80")
    assert answer["left_out"]
    assert len(answer["arms"]) + len(answer["left_out"]) == 3
    assert any("left out" in sentence for sentence in answer["warnings"])


def test_what_is_misspelt_is_refused_by_name(filled: str, tmp_path: Path) -> None:
    for words, part in (
        (("--policies", "best_ever"), "no policy 'best_ever'"),
        (("--policies", ","), "no policy ''"),
        (("--language-model", "gpt"), "language model 'gpt'"),
        (("--policy-log", "ours"), "policy 'ours'"),
        (("--figure", str(tmp_path / "values.pdf")), "values.pdf"),
    ):
        found = refusal(filled, *words)
        assert (found.exit_code, part in str(found)) == (2, True), str(found)


def test_a_cost_weight_needs_costs(database: str, tmp_path: Path) -> None:
    load_log(database, tmp_path, *lines(tokens=False), options=CREATE)
    assert refusal(database, "--cost-weight", "0.1").exit_code == 2
    assert {row["tokens"] for row in said(database)["policies"]} == {None}


def test_no_outcome_is_misuse(database: str) -> None:
    assert refusal(database).exit_code == 2


def test_too_little_support_says_no(filled: str) -> None:
    found = refusal(filled, "--min-support", "1000")
    assert (found.exit_code, "1000 decisions" in str(found)) == (3, True)


def test_no_overlap_says_no_and_why(database: str, tmp_path: Path) -> None:
    head, *rest = lines()
    stubborn = [head, *(row for row in rest if row.split(",")[5] == ("cot" if "talk.small" in row else "pal"))]
    certain = [stubborn[0], *(row.rpartition(",")[0] + ",1" for row in stubborn[1:])]
    load_log(database, tmp_path, *certain, options=CREATE)
    found = refusal(database, "--policies", "always", "--min-support", "10")
    assert found.exit_code == 3
    assert "always:cot: " in str(found)
    assert "hardly ever tried" in str(found)


def test_a_data_scientist_may_ask(filled: str, connection: Connection) -> None:
    login = f"scientist_{uuid.uuid4().hex[:8]}"
    connection.execute(f"CREATE ROLE {login} LOGIN IN ROLE workbench")
    try:
        theirs = filled.replace("workbench_owner@", f"{login}@")
        assert said(theirs)["policies"] == said(filled)["policies"]
    finally:
        connection.execute(f"DROP ROLE {login}")


def test_the_same_question_has_the_same_answer(filled: str) -> None:
    order = PolicyOrder(policies=("best_fixed", "selector"))
    first, again = evaluate_policies(filled, order), evaluate_policies(filled, order)
    assert first.as_json() == again.as_json()


def test_the_options_name_the_estimators_that_there_are() -> None:
    assert ESTIMATORS == off_policy.ESTIMATORS
