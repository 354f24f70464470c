"""Promise: embeddings travel as binary, which is many times faster than text.

Loads the same rows both ways in one run, on a private server of its own, and prints and keeps the ratio.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from workbench.db.connection import Connection, connect
from workbench.db.migrations import migrate
from workbench.db.server import LocalServer
from workbench.store import embeddings, training

ROWS = 5000
ROUNDS = 5
SPACE = "benchmark@0"


def fill(connection: Connection) -> None:
    """Made-up prompts with random unit vectors."""
    vectors = np.random.default_rng(0).normal(size=(ROWS, 384)).astype(np.float32)
    texts = [f"made-up prompt number {number}" for number in range(ROWS)]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ml_training_data (prompt_text, linguistic_features, intent_labels, dataset_version) "
            """VALUES (%s, '{}', '{"primary": "made.up"}', 'bench')""",
            [(text,) for text in texts],
        )
    embeddings.save(connection, texts, vectors, SPACE, "bench", False)


def seconds_of(connection: Connection, binary: bool) -> float:
    started = time.perf_counter()
    with connection.cursor(binary=binary) as cursor:
        cursor.execute("SELECT prompt_embedding FROM ml_training_data WHERE dataset_version = 'bench'")
        matrix = np.stack([vector.to_numpy() for (vector,) in cursor])
    assert matrix.shape == (ROWS, 384)
    return time.perf_counter() - started


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as folder:
        Path(folder).chmod(0o755)
        server = LocalServer(Path(folder) / "home")
        server.up()
        try:
            url = server.url("bench")
            migrate(url)
            with connect(url) as connection:
                fill(connection)
                assert len(training.load(connection, "bench").embeddings) == ROWS
                ratios = [seconds_of(connection, False) / seconds_of(connection, True) for _ in range(ROUNDS)]
        finally:
            server.down()
    result = {
        "what": f"seconds to read {ROWS} vectors as text over seconds as binary",
        "ratio_median": round(statistics.median(ratios), 1),
        "ratio_min": round(min(ratios), 1),
        "ratio_max": round(max(ratios), 1),
        "machine": {"cores": os.cpu_count(), "platform": platform.platform(), "python": platform.python_version()},
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    target = Path(__file__).with_name("results") / "vectors_as_binary.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
