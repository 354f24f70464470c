"""Versions and times of change count what was really changed."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from imported import everything
from rows import community_prompt, pattern, profile, technique, template, user

from workbench.db.connection import Connection, connect
from workbench.jobs.import_corpus import import_corpus
from workbench.resources import shipped

LONG_AGO = "2020-01-01 00:00Z"
TASK = {"type": "text", "description": "what is to be done", "default": None}


def made_technique(connection: Connection) -> None:
    technique(connection, updated_at=LONG_AGO, created_by=user(connection))


def made_pattern(connection: Connection) -> None:
    pattern(connection, technique(connection), updated_at=LONG_AGO)


def made_template(connection: Connection) -> None:
    template(connection, updated_at=LONG_AGO, created_by=user(connection))


VERSIONED = [
    pytest.param(made_technique, "techniques", "description", id="technique"),
    pytest.param(made_pattern, "technique_patterns", "template", id="pattern"),
    pytest.param(made_template, "prompt_templates", "template_text", id="template"),
]
Make = Callable[[Connection], Any]


def stamp(connection: Connection, table: str) -> tuple[int, bool]:
    """The version of the only row, and whether its time of change is new."""
    return connection.execute(f"SELECT version, updated_at > '2020-01-01Z' FROM {table}").fetchone()


@pytest.mark.parametrize(("make", "table", "column"), VERSIONED)
def test_a_change_is_one_version_on(schema: Connection, make: Make, table: str, column: str) -> None:
    make(schema)
    schema.execute(f"UPDATE {table} SET {column} = 'other'")
    assert stamp(schema, table) == (2, True)


@pytest.mark.parametrize(("make", "table", "column"), VERSIONED)
def test_an_update_that_changes_nothing_is_no_version(schema: Connection, make: Make, table: str, column: str) -> None:
    make(schema)
    schema.execute(f"UPDATE {table} SET {column} = {column}, version = 7, updated_at = NOW()")
    assert stamp(schema, table) == (1, False)


@pytest.mark.parametrize(
    ("make", "table", "counters"),
    [
        (made_pattern, "technique_patterns", "usage_count = 9, success_rate = 0.5, avg_user_rating = 4"),
        (made_template, "prompt_templates", "usage_count = 9, success_rate = 0.5, community_rating = 4"),
    ],
)
def test_counters_are_no_version(schema: Connection, make: Make, table: str, counters: str) -> None:
    make(schema)
    schema.execute(f"UPDATE {table} SET {counters}")
    assert stamp(schema, table) == (1, False)


@pytest.mark.parametrize(("make", "table", "column"), VERSIONED)
def test_a_change_takes_the_higher_version_that_it_names_and_never_a_lower(
    schema: Connection, make: Make, table: str, column: str
) -> None:
    make(schema)
    schema.execute(f"UPDATE {table} SET {column} = 'other', version = 5")
    assert stamp(schema, table) == (5, True)
    schema.execute(f"UPDATE {table} SET {column} = 'third', version = 1")
    assert stamp(schema, table) == (6, True)


@pytest.mark.parametrize("table", ["techniques", "prompt_templates"])
def test_the_end_of_an_author_is_no_version(schema: Connection, table: str) -> None:
    {"techniques": made_technique, "prompt_templates": made_template}[table](schema)
    schema.execute("DELETE FROM users")
    assert stamp(schema, table) == (1, False)
    assert schema.execute(f"SELECT created_by FROM {table}").fetchone() == (None,)


def test_versions_of_one_pattern_never_collide(schema: Connection) -> None:
    known = technique(schema)
    pattern(schema, known, version=1)
    pattern(schema, known, version=2)
    pattern(schema, known, name="other", version=4)
    schema.execute("UPDATE technique_patterns SET template = 'changed'")
    found = schema.execute("SELECT pattern_name, version FROM technique_patterns ORDER BY 1, 2").fetchall()
    assert found == [("other", 5), ("plain", 3), ("plain", 4)]


def test_two_edits_of_one_pattern_at_once_get_two_versions(database: str, connection: Connection) -> None:
    known = technique(connection)
    ids = [pattern(connection, known, version=number) for number in (1, 2)]
    edit = "UPDATE technique_patterns SET template = 'changed' WHERE id = %s"
    with connect(database) as first, connect(database, autocommit=True) as second:
        first.execute(edit, [ids[0]])
        waits = threading.Thread(target=second.execute, args=(edit, [ids[1]]))
        waits.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = %s"
        while connection.execute(waiting, [second.info.backend_pid]).fetchone() == (0,):
            pass
        first.commit()
        waits.join()
    assert connection.execute("SELECT version FROM technique_patterns ORDER BY id = %s", [ids[1]]).fetchall() == [
        (3,),
        (4,),
    ]


# times of change without versions


def made_user(connection: Connection) -> Any:
    return user(connection, updated_at=LONG_AGO)


def made_profile(connection: Connection) -> Any:
    return profile(connection, user(connection), updated_at=LONG_AGO)


def made_prompt(connection: Connection) -> Any:
    return community_prompt(connection, user(connection), updated_at=LONG_AGO)


TIMED = [
    (made_user, "users", "bio = 'b'", True),
    (made_user, "users", "last_login_at = NOW()", False),
    (made_user, "users", "is_active = is_active, updated_at = NOW()", False),
    (made_profile, "user_learning_profiles", "skill_level = 'expert'", True),
    (made_profile, "user_learning_profiles", "total_prompts_created = 9, techniques_tried = 2", False),
    (made_profile, "user_learning_profiles", "successful_prompts = 0, average_prompt_complexity = 2.5", False),
    (made_prompt, "community_prompts", "title = 't'", True),
    (made_prompt, "community_prompts", "is_public = false", True),
    (made_prompt, "community_prompts", "views = 1, likes = 1, saves = 1, remix_count = 1", False),
    (made_prompt, "community_prompts", "author_id = NULL", False),
]


@pytest.mark.parametrize(("make", "table", "change", "counts"), TIMED)
def test_the_time_of_change_is_that_of_the_content(
    schema: Connection, make: Make, table: str, change: str, counts: bool
) -> None:
    make(schema)
    schema.execute(f"UPDATE {table} SET {change}")
    assert schema.execute(f"SELECT updated_at > %s FROM {table}", [LONG_AGO]).fetchone() == (counts,)


# versions of a corpus


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """One intent, one technique, one pattern and one prompt of the starter corpus."""
    starter, folder = shipped("data", "starter"), tmp_path / "corpus"
    (folder / "prompts").mkdir(parents=True)
    for name in ("taxonomy.yaml", "techniques.yaml", "patterns.yaml"):
        shutil.copy(starter / name, folder / name)
        ((key, entries),) = yaml.safe_load((folder / name).read_text(encoding="utf-8")).items()
        (folder / name).write_text(yaml.safe_dump({key: entries[:1]}), encoding="utf-8")
    change(folder, "taxonomy", code="creative")
    change(folder, "techniques", code="pal")
    change(folder, "patterns", technique="pal", intent_types=["creative"])
    (folder / "prompts" / "one.jsonl").write_text(
        '{"text": "hi", "primary": "creative", "secondary": [], "complexity": 1, "techniques": [], "split": "test"}\n'
    )
    return folder


def change(folder: Path, file: str, **values: Any) -> None:
    path = folder / f"{file}.yaml"
    ((key, entries),) = yaml.safe_load(path.read_text(encoding="utf-8")).items()
    entries[0].update(values)
    path.write_text(yaml.safe_dump({key: entries}), encoding="utf-8")


def versions(connection: Connection) -> list[tuple[int, int]]:
    statement = "SELECT t.version, p.version FROM techniques t JOIN technique_patterns p ON p.technique_id = t.id"
    return connection.execute(statement + " ORDER BY 1, 2").fetchall()


def test_a_changed_entry_is_a_version_even_if_its_file_forgot(
    corpus: Path, database: str, connection: Connection
) -> None:
    import_corpus(database, str(corpus), "v1")
    change(corpus, "techniques", description="Other words")
    change(corpus, "patterns", is_active=False)
    import_corpus(database, str(corpus), "v1")
    assert versions(connection) == [(2, 2)]
    before = everything(connection)
    import_corpus(database, str(corpus), "v1")
    assert everything(connection) == before


def test_a_pattern_changed_twice_without_a_count_is_still_one_row(
    corpus: Path, database: str, connection: Connection
) -> None:
    for wording in ("Do {task}", "Please do {task}", "Do {task}, please"):
        change(corpus, "patterns", template=wording, template_vars={"task": TASK})
        import_corpus(database, str(corpus), "v1")
    found = connection.execute("SELECT template, version FROM technique_patterns").fetchall()
    assert found == [("Do {task}, please", 3)]


def test_a_version_without_a_change_is_none(corpus: Path, database: str, connection: Connection) -> None:
    import_corpus(database, str(corpus), "v1")
    before = everything(connection)
    change(corpus, "techniques", version=9)
    change(corpus, "patterns", version=9)
    import_corpus(database, str(corpus), "v1")
    assert everything(connection)[:4] == before[:4]


def test_a_new_version_of_a_pattern_stands_beside_the_old(corpus: Path, database: str, connection: Connection) -> None:
    import_corpus(database, str(corpus), "v1")
    change(corpus, "patterns", is_active=False, version=2)
    change(corpus, "techniques", name="Other name", version=4)
    import_corpus(database, str(corpus), "v1")
    assert versions(connection) == [(4, 1), (4, 2)]


def test_of_two_versions_in_a_file_the_first_may_change_too(
    corpus: Path, database: str, connection: Connection
) -> None:
    ((key, entries),) = yaml.safe_load((corpus / "patterns.yaml").read_text(encoding="utf-8")).items()
    newer = {**entries[0], "version": 2, "optimal_for": {"conditions": ["sums"]}}
    (corpus / "patterns.yaml").write_text(yaml.safe_dump({key: [entries[0], newer]}), encoding="utf-8")
    import_corpus(database, str(corpus), "v1")
    change(corpus, "patterns", is_active=False)
    import_corpus(database, str(corpus), "v1")
    found = connection.execute("SELECT version, is_active FROM technique_patterns ORDER BY 1").fetchall()
    import_corpus(database, str(corpus), "v1")
    again = connection.execute("SELECT version, is_active FROM technique_patterns ORDER BY 1").fetchall()
    assert found == again == [(2, True), (3, False)]
