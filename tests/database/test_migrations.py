"""The migration runner: whole files or nothing, one at a time, and never over an edited past."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from workbench.db.connection import connect, ensure_database
from workbench.db.migrations import check_migrated, migrate, scripts
from workbench.errors import MigrationEdited, MigrationFailed, MigrationForbidden, MigrationMissing, SchemaNotMigrated
from workbench.resources import shipped

MIGRATOR = (
    "import pathlib, sys; from workbench.db.migrations import migrate; migrate(sys.argv[1], pathlib.Path(sys.argv[2]))"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped SQL that a test may change."""
    for kind in ("migrations", "routines", "access"):
        shutil.copytree(shipped("sql", kind), tmp_path / "sql" / kind)
    return tmp_path / "sql"


@contextlib.contextmanager
def migrator(url: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen([sys.executable, "-c", MIGRATOR, url, str(folder)], stderr=subprocess.PIPE)
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    with connect(url, autocommit=True) as connection:
        return connection.execute(statement).fetchall()


def tables(url: str) -> set[object]:
    return {name for (name,) in rows(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def test_an_empty_database_gets_every_file(empty_database: str) -> None:
    done = migrate(empty_database)
    assert done.applied == tuple(script.name for script in scripts(shipped("sql", "migrations")))
    assert done.routines == tuple(script.name for script in scripts(shipped("sql", "routines")))
    assert {"users", "ml_training_data", "schema_migrations"} <= tables(empty_database)


def test_migrating_twice_changes_nothing(database: str) -> None:
    before = rows(database, "SELECT * FROM schema_migrations ORDER BY kind, name")
    done = migrate(database)
    assert (done.applied, done.routines) == ((), ())
    assert rows(database, "SELECT * FROM schema_migrations ORDER BY kind, name") == before


def test_two_migrators_at_once_apply_each_file_once(empty_database: str, folder: Path) -> None:
    with migrator(empty_database, folder) as one, migrator(empty_database, folder) as two:
        said = [child.communicate(timeout=60)[1].decode() for child in (one, two)]
        assert (one.returncode, two.returncode) == (0, 0), said
    check_migrated(empty_database)


@pytest.mark.parametrize(
    ("file", "statement"),
    [
        ("migrations/9000_slow.sql", "CREATE TABLE slow ();"),
        ("routines/a_slow.sql", "CREATE FUNCTION slow() RETURNS INTEGER LANGUAGE sql RETURN 1;"),
        ("access/public.sql", "COMMENT ON SCHEMA public IS 'slow';"),
    ],
)
def test_a_migrator_killed_in_the_middle_leaves_whole_files_and_the_next_completes(
    database: str, folder: Path, file: str, statement: str
) -> None:
    path = folder / file
    text = path.read_text() if path.exists() else ""
    path.write_text(f"{text}\n{statement}\nSELECT pg_sleep(1);")
    before = facts(database)
    with migrator(database, folder) as child:
        _wait_until_asleep(database)
        child.send_signal(signal.SIGKILL)
    assert facts(database) == before
    path.write_text(f"{text}\n{statement}")
    done = migrate(database, folder)
    assert path.stem in (*done.applied, *done.routines, *done.access)
    assert facts(database) != before


def facts(url: str) -> list[tuple[object, ...]]:
    """What the statements of the test above would change."""
    wanted = (
        "SELECT to_regclass('slow')::text, to_regproc('slow')::text,"
        " obj_description('public'::regnamespace, 'pg_namespace')"
    )
    return rows(url, wanted)


def _wait_until_asleep(url: str) -> None:
    statement = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    while not rows(url, statement):
        time.sleep(0.05)


def test_an_edited_applied_file_is_refused_by_name_and_nothing_is_applied(database: str, folder: Path) -> None:
    with (folder / "migrations" / "0003_intents.sql").open("a") as file:
        file.write("-- an afterthought\n")
    (folder / "migrations" / "9000_new.sql").write_text("CREATE TABLE new ();")
    with pytest.raises(MigrationEdited, match="0003_intents"):
        migrate(database, folder)
    assert "new" not in tables(database)


def test_a_database_newer_than_the_files_is_refused(database: str, folder: Path) -> None:
    (folder / "migrations" / "0006_workbench.sql").unlink()
    with pytest.raises(MigrationMissing, match=r"0006_workbench.*update the checkout"):
        migrate(database, folder)


def test_a_failing_file_is_rolled_back_whole_and_earlier_ones_stay(database: str, folder: Path) -> None:
    (folder / "migrations" / "9000_good.sql").write_text("CREATE TABLE good ();")
    (folder / "migrations" / "9001_bad.sql").write_text("CREATE TABLE half (); SELECT 1 / 0;")
    with pytest.raises(MigrationFailed, match=r"9001_bad.*division by zero.*What stands: 9000_good\.") as failed:
        migrate(database, folder)
    assert "goes on from there" in str(failed.value)
    assert "good" in tables(database)
    assert "half" not in tables(database)


def test_a_failure_names_the_line_of_the_file(database: str, folder: Path) -> None:
    (folder / "migrations" / "9000_bad.sql").write_text("-- a remark\n\nSELECT 1;\nSELECT * FROM nowhere;\n")
    with pytest.raises(MigrationFailed, match=r"(?s)nowhere.*LINE 4.*Nothing was applied before it"):
        migrate(database, folder)


def test_a_mended_file_is_applied_after_a_failure(database: str, folder: Path) -> None:
    bad = folder / "migrations" / "9000_bad.sql"
    bad.write_text("SELECT 1 / 0;")
    with pytest.raises(MigrationFailed):
        migrate(database, folder)
    bad.write_text("SELECT 1;")
    assert migrate(database, folder).applied == ("9000_bad",)


def test_a_changed_routine_is_run_again(database: str, folder: Path) -> None:
    routine = folder / "routines" / "fill_feedback_key.sql"
    routine.write_text(routine.read_text() + "COMMENT ON FUNCTION fill_feedback_key() IS 'changed';\n")
    assert migrate(database, folder).routines == ("fill_feedback_key",)
    assert rows(database, "SELECT obj_description('fill_feedback_key()'::regprocedure)") == [("changed",)]
    assert migrate(database, folder).routines == ()


def test_a_routine_without_a_file_is_told_and_what_it_made_stands(database: str, folder: Path) -> None:
    (folder / "routines" / "z_old.sql").write_text("CREATE VIEW v_old AS SELECT 1 AS one;")
    migrate(database, folder)
    (folder / "routines" / "z_old.sql").unlink()
    assert migrate(database, folder).left_over == ("z_old",)
    assert rows(database, "TABLE v_old") == [(1,)]


def test_a_migration_takes_away_what_a_removed_routine_made(database: str, folder: Path) -> None:
    (folder / "routines" / "z_old.sql").write_text("CREATE VIEW v_old AS SELECT 1 AS one;")
    migrate(database, folder)
    (folder / "routines" / "z_old.sql").unlink()
    forget = "DELETE FROM schema_migrations WHERE kind = 'routine' AND name = 'z_old'"
    (folder / "migrations" / "9000_drop.sql").write_text(f"DROP VIEW v_old; {forget};")
    assert migrate(database, folder).left_over == ()


def test_a_routine_may_change_the_columns_of_its_view_and_its_readers_keep_their_right(
    database: str, folder: Path
) -> None:
    view, rights = folder / "routines" / "z_view.sql", folder / "access" / "reviewer.sql"
    view.write_text("CREATE VIEW v_new WITH (security_invoker = true) AS SELECT 1 AS one;")
    rights.write_text(rights.read_text() + "\nGRANT SELECT ON v_new TO reviewer;")
    migrate(database, folder)
    view.write_text("DROP VIEW IF EXISTS v_new;\nCREATE VIEW v_new AS SELECT 'a' AS letter;")
    migrate(database, folder)
    assert rows(database, "SELECT letter, has_table_privilege('reviewer', 'v_new', 'SELECT') FROM v_new") == [
        ("a", True)
    ]


def test_every_routine_can_be_run_again(database: str, folder: Path) -> None:
    for path in (folder / "routines").glob("*.sql"):
        path.write_text(path.read_text() + "\n-- once more\n")
    assert len(migrate(database, folder).routines) == len(scripts(folder / "routines"))


def test_the_partitions_of_last_this_and_next_month_exist(database: str) -> None:
    now = datetime.now(UTC)
    months = [divmod(now.year * 12 + now.month - 1 + step, 12) for step in (-1, 0, 1)]
    wanted = {f"prompt_history_{year}_{month + 1:02}" for year, month in months}
    assert wanted | {"prompt_history_default"} <= tables(database)


def test_a_schema_that_is_complete_passes_the_check(database: str) -> None:
    check_migrated(database)


def test_a_database_without_a_schema_does_not_pass_the_check(empty_database: str) -> None:
    ensure_database(empty_database)
    with pytest.raises(SchemaNotMigrated, match="workbench db migrate"):
        check_migrated(empty_database)


def test_a_missing_file_does_not_pass_the_check(database: str, folder: Path) -> None:
    (folder / "migrations" / "9000_new.sql").write_text("SELECT 1;")
    with pytest.raises(SchemaNotMigrated, match=r"lacks 1 of \d+ migrations"):
        check_migrated(database, folder)


def test_files_are_applied_in_the_order_of_their_names(empty_database: str, tmp_path: Path) -> None:
    for kind in ("migrations", "routines"):
        (tmp_path / kind).mkdir()
    for name in ("0010_c", "0002_b", "0001_a"):
        (tmp_path / "migrations" / f"{name}.sql").write_text("SELECT 1;")
    assert migrate(empty_database, tmp_path).applied == ("0001_a", "0002_b", "0010_c")


def test_a_per_cent_sign_in_a_file_is_no_placeholder(database: str, folder: Path) -> None:
    (folder / "migrations" / "9000_like.sql").write_text("CREATE VIEW v AS SELECT 'a' LIKE '%(x)s%' AS found;")
    assert migrate(database, folder).applied == ("9000_like",)


def test_a_role_that_owns_nothing_may_not_migrate_and_hears_why(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE reader_{os.getpid()} LOGIN")
    url = database.replace("workbench_owner@", f"reader_{os.getpid()}@")
    with pytest.raises(MigrationForbidden, match="permission denied"):
        migrate(url)
