"""Databases of the run's server: copies of the migrated template, and how one is dropped."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from workbench.db.connection import with_database

TEMPLATE = "workbench_template"


def new_name() -> str:
    return f"t_{uuid.uuid4().hex[:16]}"


@contextmanager
def copy_of_the_template(server_url: str) -> Iterator[str]:
    """URL of a migrated database that is dropped afterwards."""
    name = new_name()
    names = sql.Identifier(name), sql.Identifier(TEMPLATE)
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(*names))
    yield with_database(server_url, lambda _: name)
    drop(server_url, name)


def drop(server_url: str, name: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
