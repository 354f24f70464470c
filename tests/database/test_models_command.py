"""`workbench models` as a person types it: what it prints, what it answers, and the page that it writes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from small_models import train

from workbench.cli.main import cli
from workbench.errors import AlreadyLive, GateRefused, WorkbenchError
from workbench.jobs.consider import consider_model
from workbench.jobs.models import find
from workbench.jobs.review import LONGEST_NOTE, keep_review
from workbench.jobs.workspace import Workspace
from workbench.store.models import Model

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "json.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def models(workspace: Workspace) -> tuple[Model, Model]:
    """The better one first; it is made live by the first test."""
    return train(workspace, "small"), train(workspace, "small", spoilt=1)


@pytest.fixture(autouse=True)
def settings(workspace: Workspace, models: tuple[Model, Model], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(workspace.settings.home))
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", workspace.url)
    monkeypatch.setenv("WORKBENCH_MLFLOW_DATABASE_URL", str(workspace.settings.mlflow_database_url))


def call(*words: str, ends: type[Exception] | int = 0) -> Result:
    """``ends`` is the error that it ends in, or its exit code."""
    result = CliRunner().invoke(cli, ["models", *words], standalone_mode=False)
    if isinstance(ends, int):
        if isinstance(result.exception, WorkbenchError | click.ClickException):
            raise result.exception
        assert result.exit_code == ends, result.output
    else:
        assert isinstance(result.exception, ends), result.output
    return result


def said(*words: str, ends: type[Exception] | int = 0) -> dict[str, Any]:
    return dict(json.loads(call(*words, "--json", ends=ends).stdout))


def documented(verb: str) -> set[str]:
    """The keys of a verb in docs/json.md."""
    section = DOCUMENT.split(f"## `workbench models {verb}")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE)
    return {key for row in rows for key in re.findall(r"`(\w+)`", row)}


def test_promoting_asks_the_gate_and_says_every_check(workspace: Workspace, models: tuple[Model, Model]) -> None:
    good, _ = models
    dry = said("promote", good.name, "--dry-run")
    assert (dry["promote"], dry["promoted"], dry["champion"]) == (True, False, None)
    assert not find(workspace.url, good.run_id).is_active
    done = said("promote", good.name)
    assert (done["promoted"], done["model"]) == (True, good.name)
    assert set(done) == documented("promote")
    assert {"baseline", "file", "leak"} <= {check["name"] for check in done["checks"]}


def test_a_no_ends_in_three_and_is_printed_all_the_same(models: tuple[Model, Model]) -> None:
    refused = said("promote", models[1].name, ends=GateRefused)
    assert (refused["promote"], refused["promoted"], refused["champion"]) == (False, False, models[0].name)
    assert said("promote", models[1].name, "--dry-run", ends=GateRefused)["promote"] is False
    for word in ("--dry-run", "--json"):
        call("promote", models[0].name, word, ends=AlreadyLive)
    table = call("promote", models[1].name, ends=GateRefused).stdout
    assert "the gate says no" in table
    assert "REFUSED" in table


def test_an_override_and_the_way_back_are_one_command_each(models: tuple[Model, Model]) -> None:
    good, fair = models
    with pytest.raises(WorkbenchError, match="--reason goes with --override"):
        call("promote", fair.name, "--reason", "why not")
    assert "although the gate said no" in call("promote", fair.name, "--override", "--reason", "to see").stdout
    back = said("rollback", "intent", "--reason", "users complain")
    assert (back["from"], back["to"]) == (fair.name, good.name)
    assert set(back) == documented("rollback")


def test_the_list_has_every_model_and_its_state(models: tuple[Model, Model]) -> None:
    listed = said("list", "--type", "intent")["models"]
    assert {one["name"]: one["state"] for one in listed} == {models[1].name: "taken back", models[0].name: "live"}
    assert set(listed[0]) == documented("list") - {"models"}
    assert models[0].name in call("list").stdout


def test_a_comparison_has_scores_and_groups(models: tuple[Model, Model]) -> None:
    compared = said("compare", models[1].name, "champion")
    assert (compared["first"], compared["second"]) == (models[1].name, models[0].name)
    assert set(compared) == documented("compare")
    assert "code.debug" in call("compare", models[1].name, "champion").stdout


def test_verifying_agrees_or_ends_in_one(workspace: Workspace, models: tuple[Model, Model]) -> None:
    assert "say the same of all 2 models" in call("verify").stdout
    workspace.tracker.client.delete_registered_model_alias("intent_classifier", "champion")
    lost = said("verify", ends=1)
    assert set(lost) == documented("verify")
    assert [one["kind"] for one in lost["disagreements"]] == ["alias"]
    assert "Mended." in call("verify", "--repair").stdout
    assert said("verify")["agrees"] is True


def test_a_page_for_a_reviewer_is_written_and_says_what_the_terminal_says(
    models: tuple[Model, Model], tmp_path: Path
) -> None:
    page = tmp_path / "review.html"
    printed = call("show", models[1].name, "--html", str(page)).stdout
    content = page.read_text(encoding="utf-8")
    for word in ("What to look at", "Scores", "What changed, class by class", "Model card", "Its history", "synthetic"):
        assert word in printed
        assert word in content
    assert content.count("data:image/png;base64,") == 3
    assert "Calibration" in content
    shown = said("show", models[1].name)
    assert set(shown) == documented("show")
    assert shown["html"] is None


def test_a_page_that_cannot_be_written_is_refused(models: tuple[Model, Model], tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="Cannot write"):
        call("show", models[0].name, "--html", str(tmp_path / "nowhere" / "page.html"))


def test_the_run_of_a_challenger_keeps_the_page_and_the_words(
    workspace: Workspace, models: tuple[Model, Model]
) -> None:
    third = train(workspace, "small", seed=9)
    made = keep_review(workspace, consider_model(workspace, third))
    files = {item.path for item in workspace.tracker.client.list_artifacts(third.run_id, "review")}
    assert files == {"review/review.html"}
    assert workspace.tracker.tags(third.run_id)["mlflow.note.content"] == made.markdown
    assert made.title == f"{third.name} does not go live"
    assert len(made.markdown) <= LONGEST_NOTE


def test_an_unknown_model_is_told_what_there_is(models: tuple[Model, Model]) -> None:
    with pytest.raises(WorkbenchError, match=f"Known: .*{models[0].name}"):
        call("show", "intent@77")
