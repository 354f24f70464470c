"""The superuser of the private server. The first release called it ``workbench``, which is now the role of the data
scientists; a cluster of that release gets it renamed once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from workbench.db.account import Account, give
from workbench.db.postmaster import Postmaster
from workbench.sql import query

SUPERUSER = "workbench_owner"
FORMER = "workbench"
# A session cannot rename its own role, so another superuser does it and goes.
HELPER = "workbench_renaming"


def superuser(data: Path) -> str:
    """What the superuser of the cluster in ``data`` is called."""
    with contextlib.suppress(PermissionError):
        if (data / "PG_VERSION").exists() and not _marker(data).exists():
            return FORMER
    return SUPERUSER


def mark(data: Path, account: Account | None) -> None:
    """Note in ``data`` that its superuser has today's name."""
    _marker(data).write_text(f"{SUPERUSER}\n", encoding="utf-8")
    give(_marker(data), account)


def rename_superuser(server: Postmaster) -> None:
    """Give the superuser today's name. A call that was killed half-way is completed by the next one.

    Raises:
        psycopg.OperationalError: nobody may connect under either name.
    """
    if not _may_connect(server, SUPERUSER):
        with _session(server, FORMER) as connection:
            connection.execute(query("server", "forget_helper"))
            connection.execute(query("server", "create_helper"))
        with _session(server, HELPER) as connection:
            connection.execute(query("server", "rename_superuser"))
    with _session(server, SUPERUSER) as connection:
        connection.execute(query("server", "forget_helper"))


def _marker(data: Path) -> Path:
    return data / "workbench.superuser"


def _may_connect(server: Postmaster, role: str) -> bool:
    try:
        with _session(server, role):
            return True
    except psycopg.OperationalError:
        return False


@contextlib.contextmanager
def _session(server: Postmaster, role: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(
        host=server.socket_dir, port=server.port, user=role, dbname="postgres", autocommit=True, connect_timeout=10
    ) as connection:
        yield connection
