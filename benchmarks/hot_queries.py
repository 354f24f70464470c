"""Promise: the seed's hot queries answer within 50 ms, in a database of half a million prompts.

Fills a private server of its own with made-up rows (benchmarks/large_database.py), asks each query as the assistant
asks it, over one connection and with other values each time, and prints and keeps the median and the 95th percentile
in milliseconds beside the promise. Vectors are synthetic: recall on them says how the index works, not how well an
encoder does.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import large_database
import numpy as np

from workbench.db import vector_indexes
from workbench.db.connection import Connection, connect
from workbench.db.migrations import migrate
from workbench.db.server import LocalServer
from workbench.jobs.vector_index import needed_megabytes
from workbench.store import browse, search

PROMISE_MS = 50
ROUNDS = 200
NEAREST = 10
WORDS = ["poem story", "debug code", "market plan", "lesson", "budget table", "draft email", "proof method"]
MISSPELT = ["chian of thougt", "few shto examples", "resoning and actnig", "poem stroy", "budgte table"]

Ask = Callable[[int], Any]


def milliseconds(ask: Ask, rounds: int = ROUNDS) -> dict[str, float]:
    """Median and 95th percentile over ``rounds``, after a tenth as many that are not counted."""
    for number in range(max(1, rounds // 10)):
        ask(rounds + number)
    taken = []
    for number in range(rounds):
        started = time.perf_counter()
        ask(number)
        taken.append(1000 * (time.perf_counter() - started))
    p50, p95 = np.percentile(taken, [50, 95])
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2), "rounds": rounds}


def query_vectors(sizes: large_database.Sizes) -> np.ndarray:
    """As many as there are rounds, near the intents as the rows are, and none of them a row."""
    generator = np.random.default_rng([sizes.seed, 3])
    middle = large_database.centres(sizes.intents, sizes.seed)
    return large_database.scattered(middle[generator.integers(sizes.intents, size=2 * ROUNDS)], generator)


def plain_queries(connection: Connection, last: date) -> Iterator[tuple[str, Ask, int]]:
    """(name, ask, rounds) for everything but vectors."""
    users = [row[0] for row in connection.execute("SELECT id FROM users ORDER BY username")]
    sessions = [row[0] for row in connection.execute("SELECT session_id FROM prompt_history LIMIT 1000")]
    paths = [row[0] for row in connection.execute("SELECT path FROM intent_taxonomy ORDER BY path")]
    optimal = "SELECT * FROM get_optimal_techniques(%s, %s, %s)"

    def day(number: int) -> date:
        return last - timedelta(days=1 + number % 30)

    def of(rows: list[Any], number: int) -> Any:
        return rows[number * 7919 % len(rows)]

    yield (
        "optimal techniques",
        lambda n: connection.execute(optimal, [of(paths, n), 1 + n % 5, None]).fetchall(),
        ROUNDS,
    )
    yield (
        "optimal techniques for a user",
        lambda n: connection.execute(optimal, [of(paths, n), 1 + n % 5, of(users, n)]).fetchall(),
        ROUNDS,
    )
    yield "a user's recent history, as owner", lambda n: browse.recent_history(connection, of(users, n)), ROUNDS

    def as_user(number: int) -> Any:
        user = of(users, number)
        with connection.transaction():
            connection.execute("SELECT set_config('app.current_user_id', %s, true)", [str(user)])
            connection.execute("SET LOCAL ROLE application_user")
            return browse.recent_history(connection, user)

    if connection.execute("SELECT FROM pg_roles WHERE rolname = 'application_user'").rowcount:
        yield "a user's recent history, under row-level security", as_user, ROUNDS
    yield "a session", lambda n: browse.history_of_session(connection, of(sessions, n)), ROUNDS
    yield "techniques by words", lambda n: search.search_techniques(connection, of(WORDS, n)), ROUNDS
    yield "techniques by misspelt name", lambda n: search.search_techniques(connection, of(MISSPELT, n)), ROUNDS
    yield "templates by words", lambda n: search.search_templates(connection, of(WORDS, n)), ROUNDS
    yield "shared prompts by words", lambda n: search.search_community(connection, of(WORDS, n)), ROUNDS
    yield "analytics of a day, read", lambda n: browse.analytics_of_day(connection, day(n)), ROUNDS
    yield (
        "analytics of a day, computed (a job)",
        lambda n: connection.execute("CALL update_technique_analytics(%s)", [day(n)]),
        20,
    )


def vector_queries(connection: Connection, vectors: np.ndarray, how: str) -> Iterator[tuple[str, Ask, int]]:
    for version, share in ((None, "all rows"), ("large", "80 %"), ("middle", "18 %"), ("small", "2 %")):

        def ask(number: int, version: str | None = version) -> list[str]:
            vector = vectors[number % len(vectors)]
            found = search.similar_prompts(connection, vector, large_database.SPACE, version, NEAREST)
            return [one.id for one in found]

        yield f"similar prompts among {share}, {how}", ask, ROUNDS // 2


def measure(url: str, sizes: large_database.Sizes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def note(name: str, numbers: dict[str, Any]) -> None:
        found.append({"query": name, **numbers, "promise_ms": PROMISE_MS, "met": numbers["p95_ms"] <= PROMISE_MS})
        recall = f"  recall@{NEAREST} {numbers['recall']:.3f}" if "recall" in numbers else ""
        verdict = "met" if found[-1]["met"] else "MISSED"
        print(f"{name:<52} p50 {numbers['p50_ms']:8.2f}  p95 {numbers['p95_ms']:8.2f}  {verdict}{recall}", flush=True)

    with connect(url, autocommit=True) as connection:
        now = datetime.now(UTC)
        large_database.fill(connection, sizes, now, lambda what: print("filling:", what, flush=True))
        for name, ask, rounds in plain_queries(connection, now.date()):
            note(name, milliseconds(ask, rounds))
        vectors = query_vectors(sizes)
        exact: dict[str, list[list[str]]] = {}
        for name, ask, rounds in vector_queries(connection, vectors, "no index"):
            note(name, milliseconds(ask, rounds))
            exact[name.removesuffix(", no index")] = [ask(number) for number in range(rounds)]
        started = time.perf_counter()
        for index in vector_indexes.standing(url):
            vector_indexes.build(url, index, needed_megabytes(index.rows), print, lambda *_: None)
        print(f"HNSW built in {time.perf_counter() - started:.1f} s", flush=True)
        for name, ask, rounds in vector_queries(connection, vectors, "HNSW"):
            numbers = milliseconds(ask, rounds)
            hits = [
                len(set(ask(number)) & set(right)) / len(right)
                for number, right in enumerate(exact[name.removesuffix(", HNSW")])
            ]
            note(name, {**numbers, "recall": round(float(np.mean(hits)), 4)})
    return found


@contextmanager
def private_server() -> Iterator[str]:
    """URL of a migrated database on a server of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as folder:
        Path(folder).chmod(0o755)
        server = LocalServer(Path(folder) / "home")
        server.up()
        try:
            url = server.url("bench")
            migrate(url)
            yield url
        finally:
            server.down()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    large_database.add_sizes(parser)
    sizes = large_database.Sizes(**vars(parser.parse_args()))
    load = os.getloadavg()[0]
    with private_server() as url:
        queries = measure(url, sizes)
    result = {
        "what": "milliseconds of each hot query, over one local connection, beside the seed's promise",
        "sizes": asdict(sizes),
        "queries": queries,
        "machine": {
            "cores": os.cpu_count(),
            "load_before": round(load, 2),
            "platform": platform.platform(),
            "python": platform.python_version(),
        },
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    target = Path(__file__).with_name("results") / "hot_queries.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"{sum(query['met'] for query in queries)} of {len(queries)} queries keep the promise of {PROMISE_MS} ms.")


if __name__ == "__main__":
    main()
