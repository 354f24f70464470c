"""What the migration makes of a tree that was written when nothing kept it one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from workbench.db.connection import connect, ensure_database, ensure_extensions
from workbench.db.migrations import migrate, scripts
from workbench.errors import MigrationFailed
from workbench.resources import shipped

ROOT, OTHER, CHILD = (f"00000000-0000-0000-0000-00000000000{digit}" for digit in (1, 2, 3))


@pytest.fixture
def old(empty_database: str, tmp_path: Path) -> str:
    """URL of a database as it was before the tree was kept, with two roots and a child of the wrong one."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    for script in scripts(shipped("sql", "migrations")):
        if script.name < "0012":
            shutil.copy(shipped("sql", "migrations", f"{script.name}.sql"), folder)
    ensure_database(empty_database)
    ensure_extensions(empty_database)
    with connect(empty_database) as connection:
        for script in scripts(folder):
            connection.execute(script.text.encode())
        connection.execute("INSERT INTO intent_taxonomy (id, code, name, path) VALUES (%s, 'a', 'a', 'a')", [ROOT])
        connection.execute("INSERT INTO intent_taxonomy (id, code, name, path) VALUES (%s, 'b', 'b', 'b')", [OTHER])
        connection.execute(
            "INSERT INTO intent_taxonomy (id, code, name, path, level, parent_id, tree_sortkey)"
            " VALUES (%s, 'a.x', 'x', 'a.x', 2, %s, 'zzz')",
            [CHILD, OTHER],
        )
    return empty_database


def upgrade(url: str, folder: Path) -> None:
    """Apply the migration alone: the rest of the schema says nothing about the tree."""
    for kind in ("migrations", "routines"):
        (folder / "new" / kind).mkdir(parents=True)
    shutil.copy(shipped("sql", "migrations", "0012_checks.sql"), folder / "new" / "migrations")
    migrate(url, folder / "new")


def test_a_child_of_the_wrong_parent_goes_where_its_path_says(old: str, tmp_path: Path) -> None:
    upgrade(old, tmp_path)
    with connect(old) as connection:
        found = connection.execute(
            "SELECT parent_id::text, tree_sortkey FROM intent_taxonomy WHERE level = 2"
        ).fetchall()
    assert found == [(ROOT, "a x")]


def test_a_child_whose_parent_is_missing_is_named(old: str, tmp_path: Path) -> None:
    with connect(old) as connection:
        connection.execute("UPDATE intent_taxonomy SET path = 'c.x' WHERE level = 2")
    with pytest.raises(MigrationFailed, match=r'the intent "c\.x" has no parent "c"'):
        upgrade(old, tmp_path)
