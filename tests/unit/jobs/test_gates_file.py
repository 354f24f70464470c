"""The file with the rules: the shipped one is the usual rules, and a wrong one is refused by name."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from workbench.errors import GatesInvalid
from workbench.evaluation.gate_rules import Rules
from workbench.jobs.gates import read_gates
from workbench.records import MODEL_TYPES
from workbench.resources import shipped
from workbench.settings import Settings


def test_the_shipped_file_says_what_the_code_takes_for_usual() -> None:
    gates = read_gates(Settings())
    assert gates.path == shipped("mlflow", "gates.toml")
    assert gates.rules == dict.fromkeys(MODEL_TYPES, Rules())
    assert gates.sha256 == hashlib.sha256(gates.path.read_bytes()).hexdigest()


def test_another_file_may_be_named(tmp_path: Path) -> None:
    own = tmp_path / "gates.toml"
    own.write_text("[only.complexity_model.better]\nlevel = 0.01\n")
    rules = read_gates(Settings(gates=own)).rules
    assert rules["complexity_model"].better.level == 0.01
    assert rules["intent_classifier"] == Rules()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[better]\nlevel = 0.9", "better.level: Input should be less than or equal to 0.5"),
        ("[better]\nlevels = 0.01", "better.levels: Extra inputs are not permitted"),
        ("[beter]\nlevel = 0.01", "beter: Extra inputs"),
        ("[only.poet.better]\nlevel = 0.01", "[only.poet]"),
        ("better = 3", "cannot be used"),
        ("[better", "cannot be used"),
    ],
)
def test_a_wrong_rule_is_named(tmp_path: Path, content: str, problem: str) -> None:
    own = tmp_path / "gates.toml"
    own.write_text(content)
    with pytest.raises(GatesInvalid) as caught:
        read_gates(Settings(gates=own))
    assert problem in str(caught.value)
    assert str(own) in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(GatesInvalid, match="No such file"):
        read_gates(Settings(gates=tmp_path / "none.toml"))
