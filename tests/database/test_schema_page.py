"""docs/schema.md says what the catalogue says, and every addition to the seed says that it is one."""

from __future__ import annotations

import os

from schema_page import COLUMNS, PAGE, RELATIONS, SEED_VIEWS, diagram, seed_columns, written
from test_catalogue import REWRITE

from workbench.db.connection import Connection


def test_the_generated_parts_are_those_of_the_catalogue(schema: Connection) -> None:
    page = PAGE.read_text(encoding="utf-8")
    if os.environ.get(REWRITE):
        PAGE.write_text(written(page, schema), encoding="utf-8")
        page = PAGE.read_text(encoding="utf-8")
    assert page == written(page, schema), "run `make schema`"
    assert page.count("<!-- generated: ") == page.count("<!-- end -->") == 3


def test_every_table_and_column_of_the_seed_exists(schema: Connection) -> None:
    live: dict[str, set[str]] = {}
    for table, column, *_ in schema.execute(COLUMNS):
        live.setdefault(table, set()).add(column)
    missing = {table: columns - live.get(table, set()) for table, columns in seed_columns().items()}
    assert {table: columns for table, columns in missing.items() if columns} == {}


def test_every_table_and_view_says_what_it_is_for_and_whether_the_seed_has_it(schema: Connection) -> None:
    seed = seed_columns().keys() | SEED_VIEWS
    for name, _, comment in schema.execute(RELATIONS):
        assert comment, name
        assert comment.startswith("Ours: ") == (name not in seed), f"{name}: {comment}"


def test_every_column_that_the_seed_lacks_says_so(schema: Connection) -> None:
    seed = seed_columns()
    for table, column, _, comment, _, _ in schema.execute(COLUMNS):
        if table in seed:
            assert comment.startswith("Ours: ") == (column not in seed[table]), f"{table}.{column}: {comment}"


def test_the_diagram_has_every_table(schema: Connection) -> None:
    drawn = diagram(schema)
    for name, kind, _ in schema.execute(RELATIONS):
        assert (f"\n    {name} {{" in drawn or f"`{name}`" in drawn) == (kind == "table")
