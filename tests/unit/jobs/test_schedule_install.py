"""What is handed to cron, systemd and pg_cron: it holds no secret, and they can read it."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from workbench.errors import SchedulesNotHanded
from workbench.jobs.schedule_install import BEGIN, END, Whom, make, write
from workbench.settings import Settings

SECRETS = Path("/etc/work bench/env")
PASSWORD = "hunter2"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "a 100 % home", database_url=f"postgresql://me:{PASSWORD}@db/workbench")


@pytest.mark.parametrize("whom", ["cron", "systemd", "pg_cron"])
def test_no_password_is_in_it_and_where_it_goes_is_said(settings: Settings, whom: Whom) -> None:
    made = make(settings, whom, SECRETS)
    assert PASSWORD not in str(made)
    assert whom == "pg_cron" or str(SECRETS) in " ".join(made.notes)


def test_the_crontab_line_does_what_it_says(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "env").write_text("WORKBENCH_DATABASE_URL=postgresql://me@/nowhere?host=/nowhere\n")
    (settings.home / "log").mkdir(parents=True)
    line = make(settings, "cron", tmp_path / "env").files["crontab"].splitlines()[1]
    minute, command = line.split(" * * * * ", 1)
    assert minute == "*"
    # cron gives the shell what stands there, with \% for %.
    done = subprocess.run(["sh", "-c", command.replace(r"\%", "%")], check=False, env={"PATH": os.environ["PATH"]})
    assert done.returncode == 1
    assert "Cannot connect to postgresql://me@/nowhere" in (settings.home / "log" / "schedule.log").read_text()


def test_a_crontab_keeps_what_is_not_ours(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that keeps a file like crontab does: the real one would change this machine."""
    table = tmp_path / "table"
    table.write_text(f"MAILTO=me\n{BEGIN}\nold\n{END}\n0 1 * * * backup\n")
    program = tmp_path / "crontab"
    program.write_text(f'#!/bin/sh\nif [ "$1" = -l ]; then cat {table}; else cat > {table}; fi\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    made = make(settings, "cron", SECRETS)
    write("", made)
    write("", made)
    assert table.read_text() == "MAILTO=me\n0 1 * * * backup\n" + made.files["crontab"]


def test_without_the_program_it_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SchedulesNotHanded, match="no program crontab"):
        write("", make(settings, "cron", SECRETS))


def test_the_units_are_whole(settings: Settings) -> None:
    service, timer = (_parsed(text) for text in make(settings, "systemd", SECRETS).files.values())
    assert service["Service"]["ExecStart"].endswith("schedule run --once")
    assert service["Service"]["TimeoutStartSec"] == "infinity"
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Install"]["WantedBy"] == "timers.target"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here to ask")
def test_systemd_finds_nothing_wrong_with_them(settings: Settings, tmp_path: Path) -> None:
    for path, text in make(settings, "systemd", SECRETS).files.items():
        (tmp_path / Path(path).name).write_text(text)
    units = [str(tmp_path / name) for name in ("workbench-schedule.service", "workbench-schedule.timer")]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "workbench-schedule" in line]
    assert said == []


def _parsed(text: str) -> configparser.ConfigParser:
    found = configparser.ConfigParser(interpolation=None)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read_string(text)
    return found
