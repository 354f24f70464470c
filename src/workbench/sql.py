"""Named queries read from ``sql/queries``.

A query starts at a line ``-- name: <name>`` and ends at the next one; comment lines right below the name say why it is
there. Values are psycopg's ``%(name)s``. A literal per cent sign is written ``%%`` in queries that take values.
"""

from __future__ import annotations

import re
from functools import cache
from typing import LiteralString

from workbench.resources import shipped

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def _subject(subject: str) -> dict[str, LiteralString]:
    text = shipped("sql", "queries", f"{subject}.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)
    return {name: body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def query(subject: str, name: str) -> LiteralString:
    """The text of one query.

    Raises:
        KeyError: ``sql/queries/<subject>.sql`` has no query of that name.
    """
    return _subject(subject)[name]


def subjects() -> dict[str, dict[str, LiteralString]]:
    """Every query by subject and name, for the tests that prepare them all."""
    return {path.stem: _subject(path.stem) for path in sorted(shipped("sql", "queries").glob("*.sql"))}
