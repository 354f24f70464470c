"""Cheap connections for tests that look at one schema rule each."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from workbench.db.connection import Connection, connect, with_database


@pytest.fixture(scope="session")
def shared_database(server_url: str) -> Iterator[str]:
    """URL of a migrated database whose tests leave nothing behind."""
    yield from _copied(server_url)


@pytest.fixture(scope="module")
def module_database(server_url: str) -> Iterator[str]:
    """URL of a migrated database for tests that cannot be rolled back and clean up after themselves."""
    yield from _copied(server_url)


def _copied(server_url: str) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex[:16]}"
    named = sql.Identifier(name)
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE workbench_template STRATEGY FILE_COPY").format(named))
        yield with_database(server_url, lambda _: name)
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(named))


@pytest.fixture
def schema(shared_database: str) -> Iterator[Connection]:
    """A connection in a transaction that is rolled back: copying a database for every rule would take minutes."""
    with connect(shared_database) as opened:
        yield opened
        opened.rollback()
