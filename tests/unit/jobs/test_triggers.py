"""Triggers by name, their thresholds, and that a further one is one file."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from workbench.errors import TriggerInvalid
from workbench.jobs import trigger


def test_each_says_when_it_fires() -> None:
    assert set(trigger.known()) >= {"champion-age", "new-rows", "taxonomy"}
    assert all(trigger.said(found) for found in trigger.known().values())


def test_a_threshold_is_the_given_one_or_the_usual_one() -> None:
    assert trigger.read(["new-rows=20", "champion-age", "taxonomy"]) == {
        "new-rows": 20.0,
        "champion-age": 30.0,
        "taxonomy": None,
    }


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("moon", "none of that name"),
        ("new-rows=many", "'many' is no number of prompts"),
        ("new-rows=0", "above 0"),
        ("new-rows=nan", "above 0"),
        ("champion-age=inf", "above 0"),
        ("taxonomy=3", "takes no threshold"),
        ("", "none of that name"),
    ],
)
def test_what_cannot_be_used_is_said_beside_what_can(given: str, problem: str) -> None:
    with pytest.raises(TriggerInvalid, match=rf"{problem}.*new-rows=500 \(prompts\)"):
        trigger.read([given])


def test_a_further_trigger_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "full_moon.py").write_text(
        '"""A full moon."""\nfrom workbench.jobs.trigger import Answer\nUNIT = "moons"\nDEFAULT = 1.0\n\n'
        'def look(question):\n    return Answer(True, "It is full.")\n'
    )
    package = importlib.import_module(trigger.PACKAGE)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    assert trigger.read(["full-moon=2"]) == {"full-moon": 2.0}
    assert trigger.said(trigger.known()["full-moon"]) == "A full moon"
    sys.modules.pop(f"{trigger.PACKAGE}.full_moon")
