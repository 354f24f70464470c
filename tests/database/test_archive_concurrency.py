"""Four writers and two archivers at once, twenty times: every prompt, rating and comment is there once."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from rows import feedback, history, user

from workbench.db.connection import Connection, connect

ROUNDS = 20
WRITERS = 4
ERRANDS = 24
LIVE_AND_ARCHIVED = """SELECT id, original_length, COALESCE(user_rating, 0) FROM prompt_history UNION ALL
                       SELECT id, original_length, COALESCE(user_rating, 0) FROM prompt_history_archive"""
COMMENTS = """SELECT id, prompt_history_id, overall_rating FROM enhancement_feedback
              UNION ALL SELECT id, prompt_history_id, overall_rating FROM enhancement_feedback_archive"""


class Writer:
    """Asks, rates and comments on its own prompts, and remembers what the database took."""

    def __init__(self, connection: Connection, seed: int, author: Any) -> None:
        self.connection = connection
        self.random = random.Random(seed)
        self.author = author
        self.prompts: dict[UUID, tuple[UUID, int, int]] = {}
        self.comments: list[tuple[UUID, UUID, int]] = []

    def work(self) -> None:
        for _ in range(ERRANDS):
            known = list(self.prompts)[-30:]
            errand = self.random.choice([self.ask, self.rate, self.comment]) if known else self.ask
            with self.connection.transaction():
                errand(self.random.choice(known) if known else uuid4())

    def ask(self, _known: UUID) -> None:
        asked, length = uuid4(), self.random.randrange(1000)
        at = f"2024-0{self.random.randint(1, 6)}-10 12:00Z"
        history(self.connection, id=asked, original_length=length, created_at=at, user_id=self.author)
        self.prompts[asked] = (asked, length, 0)

    def rate(self, known: UUID) -> None:
        rating = self.random.randint(1, 5)
        update = "UPDATE prompt_history SET user_rating = %s WHERE id = %s"
        if self.connection.execute(update, [rating, known]).rowcount:
            self.prompts[known] = (known, self.prompts[known][1], rating)

    def comment(self, known: UUID) -> None:
        comment, rating = uuid4(), self.random.randint(1, 5)
        try:
            with self.connection.transaction():
                feedback(self.connection, known, id=comment, overall_rating=rating, user_id=self.author)
        except psycopg.errors.ForeignKeyViolation:
            return  # archived meanwhile, and said so
        self.comments.append((comment, known, rating))


def archive_until(done: threading.Event, connection: Connection, batch: int) -> int:
    moved = 0
    while True:
        last = done.is_set()
        moved += connection.execute("SELECT archive_old_prompts('2024-06-01Z', %s)", [batch]).fetchone()[0]
        if last:
            return moved


@pytest.fixture
def connections(database: str) -> Iterator[list[Connection]]:
    with ExitStack() as stack:
        yield [stack.enter_context(connect(database, autocommit=True)) for _ in range(WRITERS + 2)]


def test_nothing_is_lost_and_nothing_doubled(connection: Connection, connections: list[Connection]) -> None:
    for month in ("2024-01-01", "2024-03-01"):  # the other months are caught by the default partition
        connection.execute("SELECT create_monthly_partition(%s)", [month])
    author = user(connection)
    writers = [Writer(connections[number], number, author) for number in range(WRITERS)]
    archived = 0
    for _ in range(ROUNDS):
        archived += one_round(writers, connections[WRITERS:])
        kept = connection.execute(LIVE_AND_ARCHIVED).fetchall()
        assert sorted(kept) == sorted(row for writer in writers for row in writer.prompts.values())
        kept = connection.execute(COMMENTS).fetchall()
        assert sorted(kept) == sorted(row for writer in writers for row in writer.comments)
    assert connection.execute("SELECT count(*) FROM prompt_history_archive").fetchone() == (archived,)
    assert archived > ROUNDS


def one_round(writers: list[Writer], archivers: list[Connection]) -> int:
    """Returns how many prompts the archivers say they moved."""
    done = threading.Event()
    with ThreadPoolExecutor(WRITERS + 2) as pool:
        moving = [pool.submit(archive_until, done, one, batch) for batch, one in zip((7, 50), archivers, strict=True)]
        working = [pool.submit(writer.work) for writer in writers]
        try:
            for work in working:
                work.result()
        finally:
            done.set()
        return sum(job.result() for job in moving)
