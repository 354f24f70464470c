"""What docs/backup.md says is run as it stands there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.db.binaries import find_binaries
from workbench.db.server import LocalServer

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "backup.md").read_text(encoding="utf-8")
INTRODUCTION, *PARTS = PAGE.split("\n## ")
SECTIONS = dict(part.partition("\n")[::2] for part in PARTS)
WRITE = 'psql --quiet "$DB" --command "INSERT INTO proof DEFAULT VALUES"'


def commands(text: str) -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the server's account can enter, with a home in it."""
    folder = Path(os.environ["WORKBENCH_TEST_HOME"]) / f"backup-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    folder.chmod(0o755)
    yield folder
    LocalServer(folder / "home").down()


def test_the_copies_and_the_log_bring_back_every_row(place: Path) -> None:
    script = ["set -euo pipefail", "workbench up", *commands(INTRODUCTION)]
    script += ['psql --quiet "$DB" --command "CREATE TABLE proof (number BIGINT GENERATED ALWAYS AS IDENTITY)"', WRITE]
    for command in commands(SECTIONS["Copies of the server"]):
        # Between the full and the incremental copy, and after it: the last row is in the log alone.
        script += [command, WRITE] if command.startswith(("pg_verifybackup", "LAST=")) else [command]
    script += ['psql "$DB" --tuples-only --no-align --command "TABLE proof"']
    text = re.sub(r"^(pg_(?:base|combine)backup) ", r"\1 --no-sync ", "\n".join(script), flags=re.MULTILINE)
    environment = {**os.environ, "WORKBENCH_HOME": str(place / "home"), "BACKUP": str(place / "kept")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    done = subprocess.run(["bash", "-c", text], env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-3:] == ["1", "2", "3"]


def test_every_program_and_option_of_the_page_exists() -> None:
    binaries = find_binaries()
    used = re.findall(r"^\$ ((?:pg_|createdb|psql)\w*) (.*)$", PAGE, re.MULTILINE)
    assert len(used) >= 8
    for program, rest in used:
        said = subprocess.run([binaries.program(program), "--help"], capture_output=True, text=True, check=True).stdout
        assert [option for option in re.findall(r" (--[a-z-]+)", f" {rest}") if option not in said] == [], program


def test_the_retention_of_the_table_is_that_of_the_commands_and_of_the_storage() -> None:
    lifecycle = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])["Rules"][0]
    assert (lifecycle["Transitions"][0]["Days"], lifecycle["Expiration"]["Days"]) == (90, 365)
    assert "in cold storage after 90 days, deleted after 365" in PAGE
    kept = dict(re.findall(r"find (.*?) -mindepth.*-mtime \+(\d+)", PAGE))
    assert kept == {'"$BACKUP/full"': "30", '"$BACKUP/hourly" "$BACKUP/wal"': "7"}
    assert re.findall(r"here (\d+) days", INTRODUCTION) == ["30", "7", "7"]
