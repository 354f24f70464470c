"""`workbench db index`: HNSW after the data, beside readers and writers, and nothing half-built that stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from plans import indexes_used
from psycopg import sql

from workbench.cli.main import cli
from workbench.db import vector_indexes
from workbench.db.connection import Connection, connect
from workbench.db.vector_indexes import VectorIndex
from workbench.errors import IndexBusy, IndexFailed, IndexForbidden, VectorsMissing, VectorsTooFew
from workbench.jobs import vector_index
from workbench.settings import Settings
from workbench.sql import query
from workbench.store import search

SPACE, OTHER_SPACE = "encoder@1", "other@2"


def load(connection: Connection, rows: int, space: str = SPACE, version: str = "v1") -> None:
    """Rows with random unit vectors."""
    connection.execute("SELECT setseed(0.5)")
    connection.execute(
        "INSERT INTO ml_training_data (prompt_text, linguistic_features, intent_labels, dataset_version,"
        " prompt_embedding, embedding_space)"
        """ SELECT 'prompt ' || i, '{}', '{"primary": "creative"}', %(version)s,"""
        " l2_normalize((SELECT array_agg(random() - 0.5) FROM generate_series(1, 384 + 0 * i))::vector), %(space)s"
        " FROM generate_series(1, %(rows)s) AS i",
        {"rows": rows, "space": space, "version": version},
    )


def built(url: str, table: str | None = "ml_training_data", force: bool = True) -> list[vector_index.Built]:
    settings = Settings(database_url=url)
    return vector_index.build(settings, table, force=force, megabytes=None, tell=lambda _: None, tick=lambda *_: None)


def standing(url: str) -> dict[str | None, VectorIndex]:
    return {index.space: index for index in vector_indexes.standing(url) if index.table == "ml_training_data"}


def test_each_embedding_space_gets_an_index_of_its_own(database: str, connection: Connection) -> None:
    load(connection, 20)
    load(connection, 30, OTHER_SPACE, "v2")
    made = built(database)
    assert [(one.index.space, one.index.rows, one.index.state) for one in made] == [
        (SPACE, 20, "valid"),
        (OTHER_SPACE, 30, "valid"),
    ]
    definitions = connection.execute("SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '%hnsw%'").fetchall()
    assert sorted(text.rpartition("WHERE ")[2] for (text,) in definitions) == [
        f"((embedding_space)::text = '{space}'::text)" for space in (SPACE, OTHER_SPACE)
    ]


def test_building_again_changes_nothing(database: str, connection: Connection) -> None:
    load(connection, 20)
    assert [one.built for one in built(database)] == [True]
    assert [one.built for one in built(database)] == [False]


def test_interests_get_theirs(database: str, connection: Connection) -> None:
    connection.execute("INSERT INTO users (email) VALUES ('ada@example.invalid')")
    vector = str([1.0] * 384)
    connection.execute(
        "INSERT INTO user_learning_profiles (user_id, interest_vector) SELECT id, %s FROM users", [vector]
    )
    assert [one.index.name for one in built(database, None)] == ["idx_user_interests"]
    assert vector_index.drop(Settings(database_url=database), "user_learning_profiles")[0].name == "idx_user_interests"


def test_few_vectors_are_not_worth_it(database: str, connection: Connection) -> None:
    load(connection, 20)
    with pytest.raises(VectorsTooFew, match=r"20 vectors. Below 50,000") as caught:
        built(database, None, force=False)
    assert caught.value.exit_code == 2


def test_without_vectors_there_is_nothing_to_build(database: str) -> None:
    with pytest.raises(VectorsMissing, match="ml_training_data and user_learning_profiles"):
        built(database, None)


def test_the_memory_for_a_build_grows_with_the_rows() -> None:
    assert vector_index.needed_megabytes(10) == 64
    assert 200 < vector_index.needed_megabytes(100_000) < 400


def test_who_does_not_own_the_table_is_told_so(database: str, connection: Connection) -> None:
    load(connection, 20)
    role = f"r_{uuid.uuid4().hex[:12]}"
    connection.execute(sql.SQL("CREATE ROLE {} IN ROLE pg_read_all_data").format(sql.Identifier(role)))
    try:
        with pytest.raises(IndexForbidden, match="does not own ml_training_data"):
            vector_indexes.drop(f"{database}&options=-crole%3D{role}", standing(database)[SPACE])
    finally:
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


# searching with it


def test_a_search_takes_the_index_of_its_space_and_finds_as_many_as_asked(
    database: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(connection, 1_500)
    load(connection, 60, version="v2")
    built(database)
    connection.execute("ANALYZE ml_training_data")
    monkeypatch.setattr(search, "EXACT_ROWS", 0)
    vector = np.random.default_rng(0).normal(size=384).astype(np.float32)
    values = {"vector": str(vector.tolist()), "space": SPACE, "version": None, "limit": 10}
    assert indexes_used(connection, query("search", "similar"), values) == {standing(database)[SPACE].name}
    connection.execute("SET enable_sort = off")  # the filtered search, too, goes through the index
    found = search.similar_prompts(connection, vector, SPACE, "v2", limit=40)
    assert len(found) == 40
    assert [one.distance for one in found] == sorted(one.distance for one in found)


# what goes wrong in the middle


@contextmanager
def stuck_build(url: str, connection: Connection) -> Iterator[tuple[int, Callable[[], list[Any]]]]:
    """A build that waits for a transaction with a written row: its backend's pid and what ended it.

    The transaction is over when the block is.
    """
    ended: list[Any] = []

    def attempt() -> None:
        try:
            ended.append(built(url))
        except Exception as exc:
            ended.append(exc)

    builder = threading.Thread(target=attempt)
    with connect(url) as writer:
        writer.execute("UPDATE ml_training_data SET is_validated = true WHERE prompt_text = 'prompt 1'")
        builder.start()
        pid = _wait_for_builder(connection)

        def outcome() -> list[Any]:
            builder.join()
            return ended

        yield pid, outcome
    builder.join()


def _wait_for_builder(connection: Connection) -> int:
    # Only then is the index in the catalogue; a build that ends earlier leaves nothing.
    statement = (
        "SELECT pid FROM pg_stat_progress_create_index"
        " WHERE datname = current_database() AND phase = 'waiting for writers before build'"
    )
    while (row := connection.execute(statement).fetchone()) is None:
        time.sleep(0.01)
    return int(row[0])


@pytest.mark.parametrize(("end", "left"), [("pg_cancel_backend", "absent"), ("pg_terminate_backend", "invalid")])
def test_a_build_that_is_ended_can_be_done_again(database: str, connection: Connection, end: str, left: str) -> None:
    load(connection, 20)
    with stuck_build(database, connection) as (pid, outcome):
        connection.execute(f"SELECT {end}(%s)", [pid])
        if left == "invalid":
            assert isinstance(outcome()[0], IndexFailed)
    assert isinstance(outcome()[0], IndexFailed)
    assert standing(database)[SPACE].state == left
    assert built(database)[0].index.state == "valid"


def test_two_builders_at_once_do_not_meet(database: str, connection: Connection) -> None:
    load(connection, 20)
    with stuck_build(database, connection) as (_, outcome):
        assert standing(database)[SPACE].state == "building"
        with pytest.raises(IndexBusy, match="Another process has been at work on idx_ml_embedding_"):
            built(database)
    assert outcome()[0][0].index.state == "valid"


def test_rows_are_read_and_written_during_a_build(database: str, connection: Connection) -> None:
    load(connection, 20)
    with stuck_build(database, connection):
        connection.execute("SET lock_timeout = '2s'")
        load(connection, 5, version="v2")
        assert connection.execute("SELECT count(*) FROM ml_training_data").fetchone() == (25,)
    assert standing(database)[SPACE].state == "valid"


def test_a_killed_client_leaves_no_server_process_that_builds_on(database: str, connection: Connection) -> None:
    load(connection, 20)
    program = "from workbench.cli.main import main; main()"
    command = [sys.executable, "-c", program, "db", "index", "build", "--force"]
    with connect(database) as writer:
        writer.execute("UPDATE ml_training_data SET is_validated = true WHERE prompt_text = 'prompt 1'")
        client = subprocess.Popen(command, env={**os.environ, "WORKBENCH_DATABASE_URL": database})
        pid = _wait_for_builder(connection)
        client.send_signal(signal.SIGKILL)
        client.wait()
        deadline = time.monotonic() + 20
        while connection.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone():
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert standing(database)[SPACE].state == "invalid"
    assert built(database)[0].index.state == "valid"


# the command


def test_the_command_says_what_stands(database: str, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    load(connection, 20)
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", database)
    made = json.loads(CliRunner().invoke(cli, ["db", "index", "build", "--force", "--json"]).stdout)
    assert [(one["rows"], one["state"], one["built"]) for one in made["indexes"]] == [(20, "valid", True)]
    told = json.loads(CliRunner().invoke(cli, ["db", "index", "status", "--json"]).stdout)
    assert [one["state"] for one in told["indexes"]] == ["valid", "absent"]
    dropped = json.loads(CliRunner().invoke(cli, ["db", "index", "drop", "--json"]).stdout)
    assert dropped == {"dropped": [made["indexes"][0]["index"]]}


def test_an_index_of_a_space_that_is_gone_is_shown_and_dropped(database: str, connection: Connection) -> None:
    load(connection, 20)
    built(database)
    connection.execute("TRUNCATE ml_training_data CASCADE")
    (left,) = [index for index in vector_indexes.standing(database) if index.state == "valid"]
    assert left.rows == 0
    assert [index.name for index in vector_index.drop(Settings(database_url=database), None)] == [left.name]
