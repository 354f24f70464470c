"""The command line on a database and a home of the module's own, with a small part of the starter corpus."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from workbench.db.connection import with_database
from workbench.resources import shipped

BRANCHES = ("creative", "technical", "reasoning")
PROMPTS_A_BRANCH = 70
PROGRAM = str(Path(sys.executable).with_name("workbench"))


@dataclass(frozen=True)
class Bench:
    """``run`` calls the installed command with the module's settings."""

    url: str
    home: Path
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        own = {"WORKBENCH_DATABASE_URL": self.url, "WORKBENCH_HOME": str(self.home)}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
        return kept | own | self.extra

    def run(self, *words: str, expect: int = 0, timeout: float = 400) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([PROGRAM, *words], env=self.env, capture_output=True, text=True, timeout=timeout)
        assert done.returncode == expect, f"{words} gave {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *words: str) -> dict[str, Any]:
        return dict(json.loads(self.run(*words, "--json").stdout))

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement, values).fetchall()


@pytest.fixture(scope="module")
def bench(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    name = f"a_{uuid.uuid4().hex[:12]}"
    yield Bench(with_database(server_url, lambda _: name), tmp_path_factory.mktemp("home"))
    with psycopg.connect(server_url, autocommit=True) as admin:
        for each in (name, f"{name}_mlflow"):
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(each)))


@pytest.fixture(scope="module")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter's taxonomy and techniques with the first prompts of three branches."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "prompts").mkdir()
    for path in shipped("data", "starter").glob("*.yaml"):
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    lines = [line for path in shipped("data", "starter", "prompts").glob("*.jsonl") for line in _lines(path)]
    chosen = []
    for branch in BRANCHES:
        chosen += [line for line in lines if json.loads(line)["primary"].split(".")[0] == branch][:PROMPTS_A_BRANCH]
    (folder / "prompts" / "few.jsonl").write_text("\n".join(chosen) + "\n", encoding="utf-8")
    return folder


def _lines(path: Path) -> list[str]:
    """In an order that mixes the intents: by the text, not as they stand in the file."""
    return sorted(path.read_text(encoding="utf-8").splitlines())
