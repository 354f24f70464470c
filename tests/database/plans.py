"""A made-up database of modest size, and which indexes PostgreSQL takes for a statement in it."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from workbench.db.connection import Connection, connect

UNTIL = datetime(2024, 6, 20, tzinfo=UTC)


def _generator() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "large_database.py"
    spec = importlib.util.spec_from_file_location("large_database", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["large_database"] = module
    spec.loader.exec_module(module)
    return module


large_database = _generator()


def fill(url: str, **sizes: int) -> None:
    with connect(url, autocommit=True) as connection:
        large_database.fill(connection, large_database.Sizes(**sizes), UNTIL)


def id_of(kind: str, number: int) -> str:
    """The id that the generator gives to a row."""
    import hashlib
    import uuid

    return str(uuid.UUID(hashlib.md5(f"{kind}:{number}".encode()).hexdigest()))  # noqa: S324  as md5() in SQL


def indexes_used(connection: Connection, statement: str, values: Mapping[str, Any]) -> set[str]:
    """Names of the indexes in the plan; for the index of a partition, that of the parent's."""
    plan = connection.execute(b"EXPLAIN (FORMAT JSON) " + statement.encode(), values, prepare=False).fetchone()[0]
    return of_parents(connection, set(_index_names(plan)))


def indexes_used_inside(
    connection: Connection, statement: str, values: Mapping[str, Any], role: str = "none"
) -> set[str]:
    """As ``indexes_used``, of the statements that a function runs when ``role`` calls it."""
    plans: list[str] = []
    connection.add_notice_handler(lambda said: plans.append(said.message_primary or ""))
    connection.execute(
        "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;"
        "SET client_min_messages = log"
    )
    connection.execute("SELECT set_config('role', %s, true)", [role])
    connection.execute(statement.encode(), values, prepare=False)
    return of_parents(connection, set(re.findall(r"Index (?:Only )?Scan (?:using|on) (\w+)", "\n".join(plans))))


def of_parents(connection: Connection, names: set[str]) -> set[str]:
    rows = connection.execute(
        "SELECT c.relname, p.relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid"
        " JOIN pg_class p ON p.oid = inhparent WHERE c.relkind = 'i'"
    ).fetchall()
    parents = dict(rows)
    return {parents.get(name, name) for name in names}


def _index_names(plan: Any) -> list[str]:
    if isinstance(plan, list):
        return [name for part in plan for name in _index_names(part)]
    if isinstance(plan, dict):
        own = [plan["Index Name"]] if "Index Name" in plan else []
        return own + [name for part in plan.values() for name in _index_names(part)]
    return []
