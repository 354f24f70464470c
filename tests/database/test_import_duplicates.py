"""The same text again: in one file, in another file, in the other split."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from hashlib import md5 as md5_of
from pathlib import Path
from typing import Any

import pytest
from imported import CREATE, SPLIT, everything, load_csv, quarantine, stored

from workbench.db.connection import Connection


def md5(text: str) -> str:
    return md5_of(text.encode(), usedforsecurity=False).hexdigest()


@pytest.fixture
def load(database: str, tmp_path: Path) -> Any:
    return partial(load_csv, database, tmp_path)


def test_importing_a_file_twice_changes_nothing(load: Any, connection: Connection) -> None:
    lines = ("text,label,split", "hi,a,train", "hi,a,test", "yo,b,test", ",a,train", "tea,b,", "TEA,a,")
    first = load(*lines, options=SPLIT)
    before = everything(connection)
    second = load(*lines, options=SPLIT)
    assert everything(connection) == before
    assert (second.written, second.duplicates) == (0, first.written + first.duplicates)
    assert second.reasons == first.reasons


def test_spellings_of_one_text_are_one_text(load: Any, connection: Connection) -> None:
    result = load("text,label", "Book  a table,a", " book a TABLE ,a")
    assert (result.written, result.duplicates) == (1, 1)
    assert stored(connection) == [("Book  a table", "a", False)]


def test_of_two_labels_for_one_text_the_first_stays(load: Any, connection: Connection) -> None:
    result = load("text,label", "hi,a", "hi,b")
    assert (result.written, result.intents_created) == (1, 1)
    assert quarantine(connection) == [(3, "duplicate with another label", "hi", "b")]
    assert load("text,label", "hi,b", "yo,a").reasons == {"duplicate with another label": 1}


def test_a_text_in_both_splits_stays_in_the_test_split(load: Any, connection: Connection) -> None:
    result = load("text,label,split", "hi,a,train", "HI,b,val_train", "hi,a,Test", "hi,a,test", options=SPLIT)
    assert (result.written, result.duplicates, result.quarantined) == (1, 1, 2)
    assert stored(connection) == [("hi", "a", True)]
    assert {row[1] for row in quarantine(connection)} == {"training copy of a test text"}


def test_the_test_text_wins_over_an_earlier_label(load: Any, connection: Connection) -> None:
    load("text,label,split", "hi,b,train", "hi,a,test", options=SPLIT)
    assert stored(connection) == [("hi", "a", True)]
    assert quarantine(connection) == [(2, "training copy of a test text", "hi", "b")]


def test_a_new_training_copy_of_a_stored_test_text_is_set_aside(load: Any, connection: Connection) -> None:
    load("text,label,split", "hi,a,test", options=SPLIT)
    result = load("text,label,split", "hi,a,train", "yo,a,train", options=SPLIT)
    assert (result.written, result.reasons) == (1, {"training copy of a test text": 1})
    assert stored(connection) == [("hi", "a", True), ("yo", "a", False)]


def test_a_stored_training_text_that_arrives_as_test_moves(load: Any, connection: Connection) -> None:
    load("text,label,split", "hi,a,train", options=SPLIT)
    result = load("text,label,split", "hi,a,train", "hi,a,test", "hi,b,test", options=SPLIT)
    assert (result.moved_to_test, result.duplicates, result.written) == (1, 1, 0)
    assert set(result.reasons) == {"training copy of a test text", "duplicate with another label"}
    assert stored(connection) == [("hi", "a", True)]


def test_dataset_versions_do_not_know_each_other(load: Any) -> None:
    load("text,label", "hi,a")
    assert load("text,label", "hi,a", version="v2").written == 1


def test_rows_that_were_deleted_come_back(load: Any, connection: Connection) -> None:
    load("text,label", "hi,a")
    connection.execute("DELETE FROM ml_training_data")
    assert load("text,label", "hi,a").written == 1
    assert connection.execute("SELECT count(*), sum(rows_written) FROM import_batches").fetchone() == (1, 2)


def test_the_test_fraction_is_taken_of_every_label_by_the_text(load: Any, connection: Connection) -> None:
    lines = [f"{label} {n},{label}" for label, count in (("a", 10), ("b", 5), ("c", 1)) for n in range(count)]
    result = load("text,label", *lines, options=replace(CREATE, test_fraction=0.2))
    tests = {text: label for text, label, is_test in stored(connection) if is_test}
    assert (result.test_rows, result.train_rows) == (3, 13)
    assert Counter(tests.values()) == {"a": 2, "b": 1}
    assert {text for text in tests if tests[text] == "a"} == set(sorted((f"a {n}" for n in range(10)), key=md5)[:2])
    load("text,label", *reversed(lines), options=replace(CREATE, test_fraction=0.2), version="v2")
    again = connection.execute("SELECT prompt_text FROM ml_training_data WHERE is_test_set AND dataset_version = 'v2'")
    assert {row[0] for row in again} == set(tests)


def test_a_stored_text_keeps_its_split_whatever_the_fraction(load: Any, connection: Connection) -> None:
    lines = ("text,label", *(f"{n},a" for n in range(10)))
    load(*lines, options=replace(CREATE, test_fraction=0.2))
    before = stored(connection)
    result = load(*lines, options=replace(CREATE, test_fraction=0.9))
    assert (result.duplicates, result.moved_to_test, result.quarantined) == (10, 0, 0)
    assert stored(connection) == before
