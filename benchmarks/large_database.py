"""A made-up database of any size, for benchmarks and for tests of query plans.

Everything in it is synthetic: texts are pieces of one shuffled passage, and each training vector is a unit vector
scattered around the centre of its intent, so that near neighbours exist. The same sizes and seed give the same rows.

    python benchmarks/large_database.py postgresql://... --history 500000

fills a migrated, empty database. Without a URL it only explains itself, so that `make bench` may pass over it.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pgvector import Vector
from psycopg import ClientCursor
from psycopg.types.json import Jsonb

from workbench.db.connection import Connection, connect

SPACE = "made-up@0"
DIMENSIONS = 384
VERSIONS = (("large", 0.80), ("middle", 0.98), ("small", 1.0))
SCATTER = 0.9
BATCH = 5000

_PARTS = re.split(r"^-- name: (\w+)\s*$", Path(__file__).with_suffix(".sql").read_text("utf-8"), flags=re.MULTILINE)
STATEMENTS = {name: body.strip() for name, body in zip(_PARTS[1::2], _PARTS[2::2], strict=True)}


@dataclass(frozen=True)
class Sizes:
    """Rows of each kind. ``months`` of history end with the month of ``until``."""

    history: int = 500_000
    training: int = 100_000
    techniques: int = 1_000
    intents: int = 200
    users: int = 5_000
    templates: int = 5_000
    community: int = 20_000
    months: int = 18
    seed: int = 7


def fill(connection: Connection, sizes: Sizes, until: datetime, tell: Callable[[str], None] = lambda _: None) -> None:
    """Fill an empty, migrated database by an autocommit connection, and gather statistics."""
    months = [_back(until, n) for n in reversed(range(sizes.months))]
    values = {**asdict(sizes), "branches": max(1, sizes.intents // 10), "first": months[0], "last": until}
    _run(connection, "helpers", {"seed": sizes.seed})
    for name in ("techniques", "intents", "users", "templates", "community"):
        tell(name)
        _run(connection, name, values)
    for month in months:
        _run(connection, "month", {"month": month})
    for name in ("history", "models"):
        tell(name)
        _run(connection, name, values)
    tell("training")
    _copy_training(connection, sizes)
    _run(connection, "interests", {})
    _run(connection, "vacuum", {})


def _run(connection: Connection, name: str, values: dict[str, object]) -> None:
    # Values are put in by the client: a function's body takes no parameters.
    with ClientCursor(connection) as cursor:
        for statement in STATEMENTS[name].split(";\n\n"):
            cursor.execute(statement.encode(), values or None)


def _back(until: datetime, months: int) -> datetime:
    count = until.year * 12 + until.month - 1 - months
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)


def centres(intents: int, seed: int) -> NDArray[np.float32]:
    """One unit vector an intent, shape (intents, 384)."""
    return _unit(np.random.default_rng([seed, 1]).normal(size=(intents, DIMENSIONS)))


def scattered(around: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    """A unit vector near each row of ``around``."""
    noise = generator.normal(size=around.shape) / np.sqrt(DIMENSIONS)
    return _unit(around + SCATTER * noise)


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _copy_training(connection: Connection, sizes: Sizes) -> None:
    paths = [row[0] for row in connection.execute(STATEMENTS["intent_paths"].encode())]
    techniques = [row[0] for row in connection.execute(STATEMENTS["technique_ids"].encode())]
    middle = centres(len(paths), sizes.seed)
    generator = np.random.default_rng([sizes.seed, 2])
    types = "uuid text vector varchar jsonb jsonb int4 uuid[] varchar varchar bool".split()
    with connection.cursor() as cursor, cursor.copy(STATEMENTS["copy_training"].encode()) as copy:
        copy.set_types(types)
        for start in range(0, sizes.training, BATCH):
            rows = np.arange(start, min(start + BATCH, sizes.training))
            intents = generator.integers(len(paths), size=len(rows))
            chosen = generator.integers(len(techniques), size=len(rows))
            vectors = scattered(middle[intents], generator)
            for row, intent, technique, vector in zip(rows.tolist(), intents, chosen, vectors, strict=True):
                version = next(name for name, share in VERSIONS if row < share * sizes.training)
                text = f"Made-up prompt {row} on {paths[intent]}. " + "It says what is wanted. " * 8
                copy.write_row(
                    (
                        UUID(int=row + 1),
                        text,
                        Vector(vector),
                        SPACE,
                        Jsonb({f"feature_{n}": round(float(vector[n]), 4) for n in range(20)}),
                        Jsonb({"primary": paths[intent], "secondary": [paths[(intent + 1) % len(paths)]]}),
                        1 + row % 5,
                        [techniques[technique]],
                        "synthetic",
                        version,
                        row % 5 == 0,
                    )
                )


def add_sizes(parser: argparse.ArgumentParser) -> None:
    """One option a field of ``Sizes``."""
    for field in fields(Sizes):
        parser.add_argument(f"--{field.name}", type=int, default=field.default)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", nargs="?", help="a migrated, empty database")
    add_sizes(parser)
    given = vars(parser.parse_args())
    url = given.pop("url")
    if url is None:
        parser.print_usage()
        return
    with connect(url, autocommit=True) as connection:
        fill(connection, Sizes(**given), datetime.now(UTC), print)


if __name__ == "__main__":
    main()
