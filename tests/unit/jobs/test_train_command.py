"""What the command line of `workbench train` refuses before any work begins."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from workbench.cli.train import train


@pytest.mark.parametrize("model", ["complexity", "selector"])
def test_a_budget_is_for_the_intent_model(model: str) -> None:
    done = CliRunner().invoke(train, [model, "--dataset-version", "v", "--budget", "quick"])
    assert done.exit_code == 2
    assert "intent" in done.output


def test_an_unknown_budget_is_refused_with_the_known_ones() -> None:
    done = CliRunner().invoke(train, ["intent", "--dataset-version", "v", "--budget", "endless"])
    assert done.exit_code == 2
    assert "quick" in done.output
    assert "standard" in done.output


@pytest.mark.parametrize("words", [["complexity"], ["selector"], ["intent", "--budget", "quick"]])
def test_trials_are_for_an_intent_model_that_searches(words: list[str]) -> None:
    done = CliRunner().invoke(train, [*words, "--dataset-version", "v", "--trials", "5"])
    assert done.exit_code == 2
    assert "searches nothing" in done.output


@pytest.mark.parametrize("model", ["intent", "complexity"])
def test_outcomes_are_for_the_selector(model: str) -> None:
    done = CliRunner().invoke(train, [model, "--dataset-version", "v", "--with-synthetic"])
    assert done.exit_code == 2
    assert "for the selector alone" in done.output


def test_a_number_of_trials_below_nothing_is_refused() -> None:
    done = CliRunner().invoke(train, ["intent", "--dataset-version", "v", "--trials", "-1"])
    assert done.exit_code == 2
    assert "-1" in done.output
