"""A password in the address of the database turns up nowhere: not in a notebook, a log, MLflow, a row, a process list.

The retraining that is looked at is one that a schedule started.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from killing import VERSION, corpus
from psycopg import sql

from conftest import Bench
from workbench.db.connection import masked, mlflow_database_url, with_database
from workbench.settings import Settings

pytestmark = pytest.mark.slow
PASSWORD = "correct-horse-battery-staple"
TABLES = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""


@pytest.fixture(scope="module")
def guarded(bench: Bench) -> Bench:
    """The server of the tests asks for no password, so that a wrong one does as well as a right one."""
    return Bench(bench.url.replace("@", f":{PASSWORD}@", 1), bench.home)


class Watched:
    """Every command line seen while the block runs, and how the server calls its own processes."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watched:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue


def texts_of_rows(url: str) -> Iterator[tuple[str, str]]:
    with psycopg.connect(url) as connection:
        for schema, table in connection.execute(TABLES).fetchall():
            rows = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(schema, table))
            yield f"{schema}.{table}", "\n".join(str(text) for (text,) in connection.execute(rows))


def test_a_password_turns_up_nowhere_and_why_it_retrained_is_on_record(guarded: Bench, tmp_path: Path) -> None:
    assert PASSWORD in guarded.url
    assert PASSWORD not in masked(guarded.url)
    said = [guarded.run("db", "migrate")]
    said.append(guarded.run("import", str(corpus(tmp_path / "corpus")), "--dataset-version", VERSION))
    words = ("--cron", "* * * * *", "--dataset-version", VERSION, "--models", "complexity", "--trigger", "taxonomy")
    said.append(guarded.run("schedule", "add", "watch", *words))
    guarded.rows("UPDATE schedules SET added_at = added_at - interval '2 minutes' RETURNING 1")
    with Watched() as watched:
        said.append(guarded.run("schedule", "run", "--once", "--json"))
    (taken,) = json.loads(said[-1].stdout)["taken"]
    assert (taken["state"], taken["evaluations"][0]["fired"]) == ("finished", True)
    said += [guarded.run("schedule", "list"), guarded.run("retrain", "--status", "--json")]

    assert [done.args for done in said if PASSWORD in done.stdout + done.stderr] == []
    assert any("ipykernel_launcher" in line for line in watched.seen)
    assert any("cli.main retrain" in line for line in watched.seen)
    assert [line for line in watched.seen if PASSWORD in line] == []
    files = [path for path in guarded.home.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".ipynb", ".html", ".log", ".skops"}
    assert [path for path in files if PASSWORD.encode() in path.read_bytes()] == []
    settings = Settings(database_url=guarded.url, home=guarded.home)
    for url in (guarded.url, mlflow_database_url(settings)):
        tables = dict(texts_of_rows(url))
        assert any(tables.values())
        assert [name for name, text in tables.items() if PASSWORD in text] == [], with_database(masked(url), str)
    assert_on_record(guarded)


def assert_on_record(bench: Bench) -> None:
    """What the schedule did stands beside the retraining that came of it."""
    listed = bench.json("schedule", "list")["schedules"][0]
    (run,) = bench.json("retrain", "--status")["runs"]
    assert (run["asked_by"], run["state"], run["models"]) == ("trigger", "finished", ["complexity"])
    assert listed["last"]["retrain_run_id"] == run["id"]
    assert {each["retrain_run_id"] for each in listed["evaluations"] if each["fired"]} == {run["id"]}
    assert run["reason"].startswith("The taxonomy (")
