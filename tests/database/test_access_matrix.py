"""Every role, every relation of the catalogue, every operation, one's own row and others', with and without a user set:
what happens is what was decided, in words, in access_matrix.py."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import psycopg
import pytest
from access_matrix import COLUMNS, FUNCTIONS, RELATIONS, ROLES
from access_world import NEW_ROWS, ONE_A_USER, WORDS, World, make_world
from acting import acting_as
from psycopg import sql

from workbench.db.connection import Connection

PARTITION = "a partition of prompt_history"
VERBS = {"reads": "SELECT", "adds": "INSERT", "changes": "UPDATE", "deletes": "DELETE"}
KINDS = {"own": {"own"}, "open": {"open"}, "visible": {"own", "open"}}
REFUSALS = (psycopg.errors.InsufficientPrivilege, psycopg.errors.WrongObjectType, psycopg.errors.FeatureNotSupported)
NOT_A_TABLE = (*REFUSALS, psycopg.errors.ObjectNotInPrerequisiteState)
OURS = """
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
"""


@dataclass(frozen=True)
class Relation:
    name: str
    is_partition: bool
    columns: list[str]
    writable: list[str]

    @property
    def decisions(self) -> dict[str, str]:
        return RELATIONS[PARTITION if self.is_partition else self.name]


@pytest.fixture
def world(schema: Connection) -> World:
    return make_world(schema)


def relations(connection: Connection) -> list[Relation]:
    columns = "SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped"
    writable = f"{columns} AND attidentity = '' AND attgenerated = ''"
    statement = f"SELECT relname, relispartition, ARRAY({columns}), ARRAY({writable}) {OURS} ORDER BY relname"
    rows = connection.execute(statement).fetchall()
    return [Relation(*row) for row in rows]


def whose(relation: Relation, role: str, verb: str) -> str:
    """The decision's word: whose rows the role reads, adds, changes or deletes; empty when none."""
    found = re.search(rf"\b{verb} (\w+)", relation.decisions.get(role, ""))
    return found[1] if found else ""


def allowed(connection: Connection, role: str, relation: Relation, privilege: str) -> list[str]:
    statement = "SELECT name FROM unnest(%s::text[]) AS name WHERE has_column_privilege(%s, %s, name, %s)"
    rows = connection.execute(statement, [relation.columns, role, f"public.{relation.name}", privilege]).fetchall()
    return [name for (name,) in rows]


def sizes(connection: Connection, relation: Relation) -> Counter[str]:
    """How many rows the owner finds, by whose they are."""
    word = WORDS.get(relation.name)
    label = sql.Identifier(word) if word else sql.Literal("all")
    statement = sql.SQL("SELECT {}, count(*) FROM {} GROUP BY 1").format(label, sql.Identifier(relation.name))
    return Counter(dict(connection.execute(statement).fetchall()))


def statement_for(connection: Connection, role: str, relation: Relation, verb: str) -> sql.Composed:
    table = sql.Identifier(relation.name)
    if verb == "reads":
        return sql.SQL("SELECT count(*) FROM {}").format(table)
    if verb == "deletes":
        return sql.SQL("DELETE FROM {}").format(table)
    column = sql.Identifier((allowed(connection, role, relation, "UPDATE") or relation.writable)[0])
    return sql.SQL("UPDATE {} SET {} = {}").format(table, column, column)


def touched(connection: Connection, role: str, user: str | None, verb: str, statement: sql.Composed) -> int | str:
    """How many rows the role reads, changes or deletes, or that it is refused."""
    try:
        with acting_as(connection, user, role):
            cursor = connection.execute(statement)
            return int(cursor.fetchone()[0]) if verb == "reads" else cursor.rowcount
    except NOT_A_TABLE:
        return "refused"


def expected(relation: Relation, role: str, verb: str, found: Counter[str], user: str | None) -> int | str:
    word = whose(relation, role, verb)
    if not word:
        return "refused"
    if word == "all":
        return found.total()
    if relation.name == "v_my_technique_affinity":
        return 1 if user else 0
    return sum(found[kind] for kind in KINDS[word] if user or kind != "own")


@pytest.mark.parametrize("verb", ["reads", "changes", "deletes"])
@pytest.mark.parametrize("role", ROLES)
def test_a_role_reaches_the_rows_that_were_decided_and_no_others(
    schema: Connection, world: World, role: str, verb: str
) -> None:
    came, decided = {}, {}
    for user in (None, "", str(world.me)):  # first while nothing was ever set in this session
        for relation in relations(schema):
            key = (relation.name, {None: "nothing set", "": "empty"}.get(user, "own id"))
            came[key] = touched(schema, role, user, verb, statement_for(schema, role, relation, verb))
            decided[key] = expected(relation, role, verb, sizes(schema, relation), user)
    assert came == decided


def adds(connection: Connection, role: str, user: str | None, relation: Relation, row: dict[str, Any]) -> str:
    names = sql.SQL(", ").join(map(sql.Identifier, row))
    values = sql.SQL(", ").join(map(sql.Placeholder, row))
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(relation.name), names, values)
    row = {name: psycopg.types.json.Jsonb(value) if isinstance(value, dict) else value for name, value in row.items()}
    if not row:
        statement = sql.SQL("INSERT INTO {} DEFAULT VALUES").format(sql.Identifier(relation.name))
    try:
        with connection.transaction(force_rollback=True):
            if relation.name in ONE_A_USER:
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(relation.name)))
            with acting_as(connection, user, role):
                connection.execute(statement, row)
        return "added"
    except NOT_A_TABLE:
        return "refused"


@pytest.mark.parametrize("role", ROLES)
def test_a_role_adds_the_rows_that_were_decided_and_no_others(schema: Connection, world: World, role: str) -> None:
    came, decided = {}, {}
    for user in (None, "", str(world.me)):
        for relation in relations(schema):
            word = whose(relation, role, "adds")
            for row in ("own", "other"):
                key = (relation.name, {None: "nothing set", "": "empty"}.get(user, "own id"), row)
                values = NEW_ROWS[relation.name](world, row) if word else {}
                came[key] = adds(schema, role, user, relation, values)
                mine = word == "all" or (word == "own" and row == "own" and bool(user))
                decided[key] = "added" if mine else "refused"
    assert came == decided


def test_every_relation_has_a_decision_and_every_decision_a_relation(schema: Connection) -> None:
    found = {PARTITION if relation.is_partition else relation.name for relation in relations(schema)}
    assert found == set(RELATIONS)


def test_a_new_table_has_no_decision(schema: Connection) -> None:
    schema.execute("CREATE TABLE undecided ()")
    with pytest.raises(AssertionError):
        test_every_relation_has_a_decision_and_every_decision_a_relation(schema)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_the_columns_that_were_decided(schema: Connection, role: str) -> None:
    came, decided = {}, {}
    for relation in relations(schema):
        for verb in ("reads", "adds", "changes"):
            columns = allowed(schema, role, relation, VERBS[verb])
            if columns and columns != relation.columns:
                came[role, relation.name, verb] = set(columns)
    decided = {key: set(names.split()) for key, names in COLUMNS.items() if key[0] == role}
    assert came == decided


@pytest.mark.parametrize("role", ROLES)
def test_a_role_calls_the_functions_that_were_decided(schema: Connection, role: str) -> None:
    statement = """
        SELECT DISTINCT proname FROM pg_proc p
        WHERE pronamespace = 'public'::regnamespace AND has_function_privilege(%s, p.oid, 'EXECUTE')
          AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
    """
    assert {name for (name,) in schema.execute(statement, [role])} == set(FUNCTIONS[role].split())


@pytest.mark.parametrize("name", WORDS)
def test_whose_rows_were_reached_follows_from_their_number(schema: Connection, world: World, name: str) -> None:
    found = sizes(schema, Relation(name, False, [], []))
    kinds = [set(some) for size in range(len(found) + 1) for some in combinations(found, size)]
    assert len(found) > 1
    assert len({sum(found[kind] for kind in some) for some in kinds}) == len(kinds)
