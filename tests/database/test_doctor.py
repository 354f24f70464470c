"""`workbench doctor`: every check fails where it should, and says what to do."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from examined import cure
from rows import history, technique, training

from workbench.cli.main import cli
from workbench.db import health
from workbench.db.connection import Connection, ensure_database
from workbench.jobs.doctor import examine, healthy
from workbench.jobs.findings import Finding
from workbench.settings import Settings

NOWHERE = "postgresql://me:s3cret@127.0.0.1:1/none"


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url=database)


@pytest.fixture
def untouched(module_database: str, tmp_path: Path) -> Settings:
    """For tests that change nothing in the database."""
    return Settings(home=tmp_path / "home", database_url=module_database)


def finding(settings: Settings, name: str) -> Finding:
    return next(found for found in examine(settings) if found.name == name)


def own(tmp_path: Path, **values: object) -> Settings:
    return Settings(home=tmp_path / "home", **values)


@pytest.fixture
def any_pgvector(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make test-servers` takes a distribution's server, whose pgvector may be old."""
    monkeypatch.setattr("workbench.jobs.doctor_database.LEAST_PGVECTOR", (0, 5))


@pytest.mark.usefixtures("any_pgvector", "sound_server")
def test_a_sound_database_has_no_problem(untouched: Settings) -> None:
    findings = examine(untouched)
    assert [found for found in findings if found.state == "problem"] == []
    assert healthy(findings)


def test_nothing_is_started_or_made(tmp_path: Path) -> None:
    assert finding(own(tmp_path), "server").advice == "Start it with `workbench up`."
    assert not (tmp_path / "home").exists()


def test_missing_programs_are_named(tmp_path: Path) -> None:
    found = finding(own(tmp_path, pg_bin=tmp_path), "programs")
    assert found.state == "problem"
    assert f"WORKBENCH_PG_BIN {tmp_path}" in found.advice


def test_the_programs_do_not_matter_with_a_server_of_ones_own(untouched: Settings) -> None:
    assert "programs" not in [found.name for found in examine(untouched)]


def test_a_file_in_the_place_of_the_home_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    assert finding(own(tmp_path), "home").state == "problem"


def test_a_home_that_may_not_be_written_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "WORKBENCH_HOME" in finding(own(tmp_path), "home").advice


def test_a_full_disk_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1 << 29)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert finding(own(tmp_path), "disk").found == "0.5 GiB free"


def test_an_encoder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    found = finding(own(tmp_path, encoder=str(tmp_path)), "encoder")
    assert "model.safetensors" in found.advice


def test_processes_that_outlived_a_killed_server_are_a_problem(tmp_path: Path) -> None:
    data = tmp_path / "home" / "data"
    data.mkdir(parents=True)
    shutil.copy(shutil.which("sleep"), tmp_path / "postgres")
    left = subprocess.Popen([tmp_path / "postgres", "600"], cwd=data)
    try:
        assert str(left.pid) in finding(own(tmp_path), "left-over processes").found
    finally:
        left.kill()
        left.wait()


def test_a_server_that_does_not_answer_is_a_problem_and_keeps_its_password(tmp_path: Path) -> None:
    found = finding(own(tmp_path, database_url=NOWHERE), "server")
    assert found.state == "problem"
    assert "s3cret" not in found.advice


def test_an_empty_database_wants_a_schema(empty_database: str, tmp_path: Path) -> None:
    ensure_database(empty_database)
    settings = own(tmp_path, database_url=empty_database)
    assert "workbench db migrate" in finding(settings, "migrations").advice
    assert finding(settings, "extensions").state == "problem"
    assert finding(settings, "schema").state == "note"


def test_an_edited_migration_is_a_problem(settings: Settings, connection: Connection) -> None:
    connection.execute("UPDATE schema_migrations SET digest = 'other' WHERE name = '0003_intents'")
    assert "0003_intents" in finding(settings, "migrations").advice


def test_a_missing_migration_and_a_stale_routine_are_problems(settings: Settings, connection: Connection) -> None:
    connection.execute("DELETE FROM schema_migrations WHERE name = '0006_workbench'")
    connection.execute("UPDATE schema_migrations SET digest = 'other' WHERE kind = 'routine'")
    said = finding(settings, "migrations").found
    assert "0006_workbench" in said
    assert "get_optimal_techniques" in said


def test_a_missing_extension_is_a_problem(settings: Settings, connection: Connection) -> None:
    connection.execute("DROP EXTENSION btree_gin CASCADE")
    assert finding(settings, "extensions").found == "btree_gin not installed"


@pytest.mark.parametrize(("version", "state"), [("0.8.3", "problem"), ("0.8.4", "ok"), ("0.10.0", "ok"), ("1.0", "ok")])
def test_a_vulnerable_pgvector_is_a_problem(
    untouched: Settings, monkeypatch: pytest.MonkeyPatch, version: str, state: str
) -> None:
    installed = {"vector": version, "pg_trgm": "1", "btree_gin": "1"}
    monkeypatch.setattr(health, "extensions", lambda _: installed)
    assert finding(untouched, "pgvector").state == state


def test_statement_statistics_are_optional_on_a_server_of_ones_own(settings: Settings, connection: Connection) -> None:
    connection.execute("DROP EXTENSION pg_stat_statements")
    assert finding(settings, "pg_stat_statements").state == "note"


@pytest.mark.parametrize(("off", "state"), [(["data_checksums"], "note"), (["fsync"], "problem")])
def test_unsafe_settings_are_named(
    untouched: Settings, monkeypatch: pytest.MonkeyPatch, off: list[str], state: str
) -> None:
    monkeypatch.setattr(health, "unsafe_settings", lambda _: off)
    found = finding(untouched, "safety")
    assert found.state == state
    assert off[0].replace("data_", "").removesuffix("s") in found.found


@pytest.mark.usefixtures("sound_server")
def test_the_unsafe_settings_are_read_from_the_server(connection: Connection) -> None:
    assert health.unsafe_settings(connection) == []


def test_a_missing_next_month_is_a_problem(settings: Settings, connection: Connection) -> None:
    last = connection.execute("SELECT max(tablename) FROM pg_tables WHERE tablename ~ '^prompt_history_2'").fetchone()
    connection.execute(f"DROP TABLE {last[0]} CASCADE")
    assert "workbench db migrate" in finding(settings, "next month").advice


def test_rows_in_the_default_partition_are_a_problem_whose_cure_works(
    settings: Settings, connection: Connection
) -> None:
    history(connection, created_at="2024-01-05Z")
    found = finding(settings, "default partition")
    assert found.found == "1 row of 1 month without a partition"
    cure(connection, found)
    assert finding(settings, "default partition").state == "ok"


def test_ids_of_techniques_that_do_not_exist_are_a_problem(settings: Settings, connection: Connection) -> None:
    training(connection, optimal_techniques=[technique(connection)])
    connection.execute("DELETE FROM techniques")
    assert "1 technique without a row" in finding(settings, "references").found


@pytest.mark.usefixtures("any_pgvector", "sound_server")
def test_the_command_ends_in_1_when_a_check_fails_and_prints_one_object(database: str) -> None:
    runner = CliRunner(env={"WORKBENCH_DATABASE_URL": database})
    sound = runner.invoke(cli, ["doctor", "--json"])
    broken = runner.invoke(cli, ["doctor", "--json"], env={"WORKBENCH_DATABASE_URL": NOWHERE})
    assert (sound.exit_code, json.loads(sound.stdout)["healthy"]) == (0, True)
    assert (broken.exit_code, json.loads(broken.stdout)["healthy"]) == (1, False)


def test_the_text_marks_problems_and_counts_them() -> None:
    said = CliRunner(env={"WORKBENCH_DATABASE_URL": NOWHERE}).invoke(cli, ["doctor"]).stdout
    assert "PROBLEM  server" in said
    assert said.rstrip().endswith("checks failed.")
