"""A file becomes rows of a dataset version, once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imported import CREATE, SPLIT, everything, load_csv, quarantine
from rows import technique

from workbench.cli.importing import import_
from workbench.db.connection import Connection, connect
from workbench.errors import LabelsCollide, MisuseError, NothingImported, SchemaNotMigrated
from workbench.jobs.import_file import ImportOptions, import_file
from workbench.sql import query
from workbench.store import imports


@pytest.fixture
def load(database: str, tmp_path: Path) -> Any:
    return partial(load_csv, database, tmp_path)


def test_a_row_arrives_with_labels_and_features(load: Any, connection: Connection) -> None:
    load("text,label", "book a table,Restaurants")
    row = connection.execute(
        "SELECT intent_labels, linguistic_features ->> 'words', complexity_label, optimal_techniques, source_type, "
        "is_validated, is_test_set, prompt_embedding FROM ml_training_data"
    ).fetchone()
    assert row == ({"primary": "restaurants", "secondary": []}, "3.0", None, [], "manual", False, False, None)


def test_new_intents_form_a_tree(load: Any, connection: Connection) -> None:
    result = load("text,label,domain", "hi,Greet,Talk", "bye,oos,oos", options=replace(CREATE, parent_column="domain"))
    tree = connection.execute(
        "SELECT i.code, i.name, i.level, i.tree_sortkey, p.code FROM intent_taxonomy i "
        "LEFT JOIN intent_taxonomy p ON p.id = i.parent_id ORDER BY i.path"
    ).fetchall()
    oos, talk, greet = tree
    assert result.intents_created == 3
    assert oos == ("oos", "oos", 1, "oos", None)
    assert talk == ("talk", "Talk", 1, "talk", None)
    assert greet == ("talk.greet", "Greet", 2, "talk greet", "talk")


def test_without_create_intents_an_unknown_label_is_set_aside(load: Any, connection: Connection) -> None:
    load("text,label", "hi,greet")
    result = load("text,label", "hello,greet", "tea,drinks", options=ImportOptions())
    assert (result.written, result.reasons) == (1, {"unknown label": 1})
    assert quarantine(connection) == [(3, "unknown label", "tea", "drinks")]


def test_techniques_complexity_and_secondary_intents_are_kept(load: Any, connection: Connection) -> None:
    first, second = technique(connection, "cot"), technique(connection, "pal")
    options = replace(CREATE, techniques_column="t", complexity_column="c", secondary_column="s")
    load("text,label,t,c,s", "hi,greet,pal; cot,4,talk;greet", options=options)
    row = connection.execute(
        "SELECT optimal_techniques, complexity_label, intent_labels -> 'secondary' FROM ml_training_data"
    ).fetchone()
    assert row == ([second, first], 4, ["talk"])


# all or nothing


def test_a_dry_run_reports_and_takes_everything_back(load: Any, connection: Connection) -> None:
    result = load("text,label", "hi,a", ",a", dry_run=True)
    assert (result.written, result.quarantined, result.intents_created, result.train_rows) == (1, 1, 1, 1)
    assert not any(everything(connection))


def test_a_file_without_a_good_row_writes_nothing(load: Any, connection: Connection) -> None:
    with pytest.raises(NothingImported, match="unknown label: 2, first on line 2") as caught:
        load("text,label", "hi,a", "yo,b", options=ImportOptions())
    assert caught.value.exit_code == 1
    assert not any(everything(connection))


def test_labels_that_collide_write_nothing(load: Any, connection: Connection) -> None:
    with pytest.raises(LabelsCollide):
        load("text,label", "hi,foo bar", "yo,foo-bar")
    assert not any(everything(connection))


def test_an_error_in_the_middle_of_the_file_writes_nothing(load: Any, connection: Connection) -> None:
    def break_off(done: int, total: int) -> None:
        if done > 600:
            raise RuntimeError(f"{done} of {total}")

    with pytest.raises(RuntimeError):
        load("text,label", *(f"{n},a" for n in range(2000)), tick=break_off)
    assert not any(everything(connection))


@pytest.mark.parametrize(
    ("options", "version", "message"),
    [
        (CREATE, "", "Expected 1 to 20"),
        (CREATE, "v" * 21, "Expected 1 to 20"),
        (CREATE, "v 1", "Expected 1 to 20"),
        (CREATE, "v1\n", "Expected 1 to 20"),
        (replace(CREATE, test_fraction=1.0), "v1", "below 1"),
        (replace(CREATE, test_fraction=float("nan")), "v1", "below 1"),
        (replace(SPLIT, test_fraction=0.2), "v1", "Give one of them"),
    ],
)
def test_misuse_is_refused_before_anything_is_read(options: ImportOptions, version: str, message: str) -> None:
    with pytest.raises(MisuseError, match=message):
        import_file("postgresql://nowhere", Path("missing.csv"), version, options)


def test_a_database_without_the_schema_is_refused(server_url: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("text,label\nhi,a\n")
    with pytest.raises(SchemaNotMigrated, match="workbench db migrate"):
        import_file(server_url, path, "v1", CREATE)


def load_two_at_once(url: str, folder: Path, options: ImportOptions, versions: str) -> list[int]:
    """Import 300 texts twice, neither import beginning to judge before both have read; how many rows each wrote."""
    both_have_read = Barrier(2, timeout=30)
    path = folder / "rows.csv"
    path.write_text("\n".join(["text,label", *(f"text {n},l{n % 7}" for n in range(300))]))

    def load(version: str) -> int:
        return import_file(url, path, version, options, tick=lambda n, of: n == of and both_have_read.wait()).written

    with ThreadPoolExecutor() as pool:
        return sorted(pool.map(load, versions))


def test_two_imports_into_one_version_write_each_text_once(load: Any, database: str, tmp_path: Path) -> None:
    load("text,label", *(f"other text {n},l{n}" for n in range(7)), version="other")
    assert load_two_at_once(database, tmp_path, ImportOptions(), "aa") == [0, 300]


def test_two_imports_create_each_intent_once(database: str, tmp_path: Path, connection: Connection) -> None:
    assert load_two_at_once(database, tmp_path, CREATE, "ab") == [300, 300]
    assert connection.execute("SELECT count(*) FROM intent_taxonomy").fetchone() == (7,)


@pytest.mark.parametrize("name", ["set_paths", "split_by_text", "judge", "move_to_test"])
def test_no_join_of_an_import_is_a_loop_whatever_the_statistics_say(database: str, name: str) -> None:
    with connect(database) as connection:
        imports.stage(connection, [])
        imports.set_labels(connection, [])
        explain = b"EXPLAIN " + query("imports", name).encode()
        plan = connection.execute(explain, {"version": "v1", "fraction": Decimal("0.2")}).fetchall()
    assert "Nested Loop" not in str(plan)


# what is counted

CELLS = st.sampled_from(["", "hi", "Hi ", "yo", "tea\0", "x" * 50_001, "naïve", '"'])
LABELS = st.sampled_from(["", "a", "A", "b.c", "???", "z" * 101])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, LABELS, st.sampled_from(["train", "test", ""])), min_size=1), st.booleans())
def test_what_is_read_is_written_set_aside_or_a_duplicate(
    database: str, tmp_path: Path, cells: list[tuple[str, str, str]], create: bool
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(dict(zip(("text", "label", "split"), row, strict=True))) for row in cells))
    try:
        result = import_file(database, path, "v1", replace(SPLIT, create_intents=create))
    except NothingImported:
        return
    assert result.read == len(cells) == result.written + result.quarantined + result.duplicates
    assert sum(result.reasons.values()) == result.quarantined


def test_the_command_prints_one_object(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", database)
    (tmp_path / "rows.csv").write_text("text,label\nhi,a\n,a\n")
    arguments = [str(tmp_path / "rows.csv"), "--dataset-version", "v1", "--create-intents", "--json"]
    result = json.loads(CliRunner().invoke(import_, arguments, catch_exceptions=False).stdout)
    assert {key: result[key] for key in ("read", "written", "quarantined", "duplicates", "reasons")} == {
        "read": 2,
        "written": 1,
        "quarantined": 1,
        "duplicates": 0,
        "reasons": {"empty text": 1},
    }


def test_the_command_says_where_the_rows_set_aside_are(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, connection: Connection
) -> None:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", database)
    (tmp_path / "rows.csv").write_text("text,label\nhi,a\n,a\n")
    arguments = [str(tmp_path / "rows.csv"), "--dataset-version", "v1", "--create-intents"]
    told = CliRunner().invoke(import_, arguments, catch_exceptions=False)
    statement = told.stderr.partition("SELECT")[2].partition(";")[0]
    assert connection.execute(f"SELECT{statement}".encode()).fetchall() == [(3, "empty text", "a", "")]
    assert "Next: workbench train intent --dataset-version v1" in told.stderr


def test_the_command_names_the_columns_that_nobody_asked_for(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", database)
    (tmp_path / "rows.csv").write_text("text,label,split,domain\nhi,a,test,x\nyo,a,train,x\n")
    arguments = [str(tmp_path / "rows.csv"), "--dataset-version", "v1", "--create-intents"]

    def told(*more: str) -> str:
        return CliRunner().invoke(import_, [*arguments, *more], catch_exceptions=False).stderr

    assert "nobody asked for: split; domain." in told("--dry-run")
    assert "nobody asked for: domain." in told("--dry-run", "--split-column", "split")
    assert "nobody asked for" not in told("--dry-run", "--split-column", "split", "--parent-column", "domain")
