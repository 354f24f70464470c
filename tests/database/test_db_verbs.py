"""`workbench db`: what would run, what was run, and a shell."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from workbench.cli.main import cli
from workbench.db.connection import connect, database_exists
from workbench.db.migrations import scripts
from workbench.db.shell import find_shell
from workbench.errors import DatabaseUnreachable, MigrationEdited, ShellMissing
from workbench.resources import shipped

EVERY_FILE = [s.name for kind in ("migrations", "routines") for s in scripts(shipped("sql", kind))]


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """The URL that the verbs are given: of ``database`` or ``empty_database``, whichever the test takes."""
    name = "database" if "database" in request.fixturenames else "empty_database"
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", request.getfixturevalue(name))
    return str(request.getfixturevalue(name))


def db(*words: str) -> Result:
    return CliRunner().invoke(cli, ["db", *words])


def test_a_dry_run_prints_every_file_of_a_database_that_does_not_exist(url: str, empty_database: str) -> None:
    said = db("migrate", "--dry-run")
    assert said.exit_code == 0
    assert re.findall(r"^-- sql/(?:migrations|routines)/(\w+)\.sql", said.output, re.MULTILINE) == EVERY_FILE
    assert "CREATE TABLE users (" in said.output
    assert 'CREATE EXTENSION IF NOT EXISTS "vector";' in said.output
    assert not database_exists(empty_database)


def test_a_dry_run_prints_what_changed_only(url: str, database: str) -> None:
    with connect(database, autocommit=True) as connection:
        connection.execute("UPDATE schema_migrations SET digest = 'x' WHERE name = 'fill_feedback_key'")
        before = connection.execute("SELECT * FROM schema_migrations ORDER BY 1, 2").fetchall()
        said = json.loads(db("migrate", "--dry-run", "--json").output)
        assert connection.execute("SELECT * FROM schema_migrations ORDER BY 1, 2").fetchall() == before
    (routine,) = said["routines"]
    assert (said["migrations"], routine["name"], len(routine["digest"])) == ([], "fill_feedback_key", 64)
    assert {script["name"] for script in said["access"]} >= {"public", "reviewer"}


def test_a_dry_run_refuses_an_edited_migration_as_the_real_one_does(url: str, database: str) -> None:
    with connect(database, autocommit=True) as connection:
        connection.execute("UPDATE schema_migrations SET digest = 'x' WHERE name = '0001_users'")
    said = db("migrate", "--dry-run")
    assert isinstance(said.exception, MigrationEdited)


def test_a_dry_run_does_not_make_the_private_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    assert db("migrate", "--dry-run").exit_code == 0
    assert not (tmp_path / "home").exists()


def test_migrating_tells_what_it_did(url: str, empty_database: str) -> None:
    said = json.loads(CliRunner().invoke(cli, ["db", "migrate", "--json"]).stdout)
    assert [*said["applied"], *said["routines"]] == EVERY_FILE
    assert db("migrate").output == "The schema is up to date.\n"


def test_the_status_of_a_migrated_database_is_0(url: str, database: str) -> None:
    said = db("status", "--json")
    found = json.loads(said.output)
    assert (said.exit_code, found["up_to_date"], found["pending"]) == (0, True, [])
    assert [one["name"] for one in found["applied"] if one["kind"] == "migration"] == EVERY_FILE[
        : len(scripts(shipped("sql", "migrations")))
    ]


def test_the_status_of_a_database_that_does_not_exist_is_1(url: str, empty_database: str) -> None:
    said = db("status", "--json")
    found = json.loads(said.output)
    assert (said.exit_code, found["applied"], [*found["pending"], *found["changed_routines"]]) == (1, [], EVERY_FILE)


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("DELETE FROM schema_migrations WHERE name = '0005_machine_learning'", "pending   0005_machine_learning: "),
        ("UPDATE schema_migrations SET digest = 'x' WHERE name = 'fill_feedback_key'", "changed   fill_feedback_key: "),
        ("UPDATE schema_migrations SET digest = 'x' WHERE name = '0001_users'", "EDITED    0001_users: restore"),
        (
            "INSERT INTO schema_migrations VALUES ('migration', '9999_x', 'x')",
            "UNKNOWN   9999_x: the database is newer",
        ),
        ("DELETE FROM schema_migrations WHERE kind = 'access'", "rights    reviewer: "),
    ],
)
def test_the_status_names_what_differs(url: str, database: str, statement: str, line: str) -> None:
    with connect(database, autocommit=True) as connection:
        connection.execute(statement)
    said = db("status")
    assert said.exit_code == 1
    assert line in said.output


def test_a_routine_that_lost_its_file_is_named_and_no_failure(url: str, database: str) -> None:
    with connect(database, autocommit=True) as connection:
        connection.execute("INSERT INTO schema_migrations VALUES ('routine', 'gone', 'x')")
    said = db("status")
    assert said.exit_code == 0
    assert "The routines gone have no file any more" in said.output


def test_the_status_of_a_server_that_does_not_run_starts_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    said = db("status")
    assert isinstance(said.exception, DatabaseUnreachable)
    assert not (tmp_path / "home").exists()


def test_the_shell_is_psql_on_the_database_and_takes_its_options(url: str, database: str) -> None:
    command = [sys.executable, "-c", "from workbench.cli.main import main; main()"]
    answer = subprocess.run(
        [*command, "db", "shell", "--", "-X", "-A", "-t", "-c", "SELECT count(*) FROM users"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.stdout, answer.stderr, answer.returncode) == ("0\n", "", 0)


def test_the_shell_hides_the_password_from_the_list_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}
    monkeypatch.setattr("workbench.db.shell.become", lambda *given: seen.update(zip("pae", given, strict=True)))
    monkeypatch.setenv(
        "WORKBENCH_DATABASE_URL", "postgresql://ada:secret@db.invalid:5433/w?keepalives=1&sslmode=require"
    )
    assert db("shell", "--", "-c", "SELECT 1").exit_code == 0
    assert seen["a"] == ["--dbname", "keepalives=1", "-c", "SELECT 1"]
    assert seen["e"] == {
        "PGUSER": "ada",
        "PGPASSWORD": "secret",
        "PGHOST": "db.invalid",
        "PGPORT": "5433",
        "PGDATABASE": "w",
        "PGSSLMODE": "require",
    }


def test_without_psql_the_shell_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(ShellMissing, match=re.escape(str(tmp_path))):
        find_shell(tmp_path)
