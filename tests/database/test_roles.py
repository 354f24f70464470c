"""Roles belong to the cluster and rights to the database: rights are given when both are there, again when they change,
and never to somebody who owns the schema."""

from __future__ import annotations

import re
import shutil
import uuid
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from workbench.db.access import role_advice
from workbench.db.connection import Connection, connect, ensure_database, ensure_extensions, with_database
from workbench.db.migrations import check_migrated, migrate
from workbench.errors import MigrationFailed, RoleWithoutRights
from workbench.jobs import doctor_access
from workbench.resources import shipped

ROLES = """
DO $$ BEGIN
    CREATE ROLE {role} NOLOGIN;
EXCEPTION WHEN duplicate_object OR insufficient_privilege THEN NULL;
END $$
"""


@pytest.fixture
def role() -> str:
    return f"role_{uuid.uuid4().hex[:10]}"


@pytest.fixture
def small(tmp_path: Path, role: str) -> Path:
    """A schema of one table, which ``role`` may read."""
    for kind in ("migrations", "routines", "access"):
        (tmp_path / "small" / kind).mkdir(parents=True)
    (tmp_path / "small/migrations/0001_things.sql").write_text("CREATE TABLE things ();")
    (tmp_path / "small/access/roles.sql").write_text(ROLES.format(role=role))
    (tmp_path / f"small/access/{role}.sql").write_text(f"GRANT SELECT ON things TO {role};")
    return tmp_path / "small"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped SQL that a test may change."""
    shutil.copytree(shipped("sql"), tmp_path / "sql")
    return tmp_path / "sql"


def send(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def may_read(url: str, role: str, table: str = "things") -> bool:
    with psycopg.connect(url) as connection:
        return bool(connection.execute("SELECT has_table_privilege(%s, %s, 'SELECT')", [role, table]).fetchone()[0])


def owned_by_somebody_plain(url: str, owner: str) -> str:
    """The database made for a role that may make neither roles nor extensions; the URL of that role."""
    ensure_database(url)
    ensure_extensions(url)
    name = sql.Identifier(url.split("?")[0].rpartition("/")[2]).as_string()
    send(url, f"CREATE ROLE {owner} LOGIN", f"ALTER DATABASE {name} OWNER TO {owner}")
    return url.replace("workbench_owner@", f"{owner}@")


def test_a_role_that_is_missing_is_made_and_given_its_rights(empty_database: str, small: Path, role: str) -> None:
    done = migrate(empty_database, small)
    assert (done.access, done.missing_roles) == ((role,), ())
    assert may_read(empty_database, role)
    assert migrate(empty_database, small).access == ()


def test_a_second_database_of_the_cluster_gives_the_same_role_its_rights(
    empty_database: str, small: Path, role: str
) -> None:
    migrate(empty_database, small)
    second = with_database(empty_database, lambda name: f"{name}_b")
    try:
        assert migrate(second, small).access == (role,)
        assert may_read(second, role)
    finally:
        send(
            empty_database, f"DROP DATABASE {with_database(second, str).split('?')[0].rpartition('/')[2]} WITH (FORCE)"
        )


def test_who_may_make_no_roles_migrates_and_hears_what_to_ask_for(empty_database: str, small: Path, role: str) -> None:
    url = owned_by_somebody_plain(empty_database, f"owner_{role}")
    done = migrate(url, small)
    assert (done.applied, done.access, done.missing_roles) == (("0001_things",), (), (role,))
    assert done.remedy == f"CREATE ROLE {role} NOLOGIN;"
    assert done.remedy in role_advice(done.missing_roles, done.owner_roles, done.remedy)[0]
    send(empty_database, done.remedy)
    assert migrate(url, small).access == (role,)
    assert may_read(url, role)


def test_a_plain_owner_migrates_the_whole_schema_and_gives_every_role_its_rights(
    database: str, empty_database: str
) -> None:
    url = owned_by_somebody_plain(empty_database, f"owner_{uuid.uuid4().hex[:10]}")
    done = migrate(url)
    assert set(done.access) == {"application_user", "public", "reviewer", "workbench"}
    assert (done.missing_roles, done.owner_roles) == ((), ())
    assert may_read(url, "reviewer", "techniques")


def test_a_role_that_owns_the_schema_keeps_what_it_has_and_gets_nothing(
    empty_database: str, small: Path, role: str
) -> None:
    (small / f"access/{role}.sql").write_text(f"REVOKE ALL ON things FROM {role};")
    url = owned_by_somebody_plain(empty_database, role)
    done = migrate(url, small)
    assert (done.access, done.owner_roles) == ((), (role,))
    assert may_read(url, role)
    assert "may act as the owner" in role_advice(done.missing_roles, done.owner_roles, done.remedy)[0]


def test_a_role_that_was_dropped_and_made_anew_gets_its_rights_again(
    empty_database: str, small: Path, role: str
) -> None:
    migrate(empty_database, small)
    send(empty_database, f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    assert migrate(empty_database, small).access == (role,)
    assert may_read(empty_database, role)


def test_what_a_file_no_longer_says_is_no_longer_so(database: str, folder: Path) -> None:
    assert may_read(database, "reviewer", "ab_experiments")
    file = folder / "access" / "reviewer.sql"
    file.write_text(file.read_text().replace(", ab_experiments", ""))
    assert migrate(database, folder).access == ("reviewer",)
    assert not may_read(database, "reviewer", "ab_experiments")
    assert may_read(database, "reviewer", "techniques")


def test_rights_that_went_with_a_function_come_back_even_after_a_failure(database: str, folder: Path) -> None:
    made_anew, broken = folder / "routines" / "get_optimal_techniques.sql", folder / "routines" / "zz_broken.sql"
    made_anew.write_text(made_anew.read_text() + "-- changed\n")
    broken.write_text("SELECT 1 / 0;")
    with pytest.raises(MigrationFailed):
        migrate(database, folder)
    broken.unlink()
    migrate(database, folder)
    with connect(database) as connection:
        connection.execute("SET ROLE workbench")
        connection.execute("SELECT count(*) FROM get_optimal_techniques('creative', 3)")


def test_a_ledger_of_the_first_release_takes_rights(empty_database: str, small: Path, role: str) -> None:
    ensure_database(empty_database)
    send(
        empty_database,
        "CREATE TABLE schema_migrations (kind VARCHAR(20) NOT NULL CHECK (kind IN ('migration', 'routine')), "
        "name VARCHAR(200) NOT NULL, digest CHAR(64) NOT NULL, applied_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), "
        "PRIMARY KEY (kind, name))",
    )
    assert migrate(empty_database, small).access == (role,)


@pytest.mark.parametrize("group", [None, "application_user"])
def test_a_login_that_may_not_look_hears_which_group_it_lacks(database: str, role: str, group: str | None) -> None:
    send(database, f"CREATE ROLE {role} LOGIN")
    if group:
        send(database, f"GRANT {group} TO {role}")
    with pytest.raises(RoleWithoutRights, match="GRANT workbench TO"):
        check_migrated(database.replace("workbench_owner@", f"{role}@"))


def test_the_doctor_says_which_roles_are_missing_and_what_to_run(
    database: str, monkeypatch: pytest.MonkeyPatch, folder: Path, role: str
) -> None:
    with connect(database) as connection:
        assert doctor_access.roles(connection).state == "ok"
        (folder / "access" / f"{role}.sql").write_text("SELECT 1;")
        monkeypatch.setattr("workbench.jobs.doctor_access.shipped", lambda *parts: folder.joinpath(*parts[1:]))
        found = doctor_access.roles(connection)
        assert (found.state, f"CREATE ROLE {role} NOLOGIN;" in found.advice) == ("note", True)


def test_the_doctor_says_when_rights_are_not_those_of_the_files(
    database: str, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    (folder / "access" / "reviewer.sql").write_text("SELECT 1;")
    monkeypatch.setattr("workbench.jobs.doctor_access.shipped", lambda *parts: folder.joinpath(*parts[1:]))
    with connect(database) as connection:
        found = doctor_access.roles(connection)
    assert (found.state, "reviewer" in found.found) == ("problem", True)


def test_the_statements_of_the_administrators_page_work(schema: Connection) -> None:
    page = shipped("docs", "access.md").read_text()
    for name in ("application_user", "workbench", "reviewer"):
        schema.execute(f"ALTER ROLE {name} RENAME TO was_{name}")  # rolled back; the page makes them
    for block in re.findall(r"```sql\n(.*?)```", page, re.DOTALL):
        for statement in block.replace("BEGIN;", "").replace("COMMIT;", "").split(";"):
            if statement.strip():
                schema.execute(statement)
