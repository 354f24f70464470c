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
