"""An outcome log becomes decisions and their outcomes, once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from outcome_logs import CREATE, LengthEncoder, everything, load_log
from rows import intent, technique, training

from workbench.cli.history import history
from workbench.db.connection import Connection
from workbench.errors import ColumnMissing, FileEmpty, FileUnreadable, LabelsCollide, NothingImported, SchemaNotMigrated
from workbench.jobs.import_outcomes import OutcomeOptions, import_outcomes
from workbench.jobs.outcome_rows import pseudonym
from workbench.store.decisions import read_log

HEAD = "external_id,techniques,reward"


@pytest.fixture
def load(database: str, tmp_path: Path) -> Any:
    return partial(load_log, database, tmp_path)


def column(connection: Connection, name: str, table: str = "decision_log") -> list[Any]:
    return [row[0] for row in connection.execute(f"SELECT {name} FROM {table} ORDER BY 1").fetchall()]


def quarantine(connection: Connection) -> list[Any]:
    return connection.execute("SELECT line, reason, content FROM outcome_quarantine ORDER BY line").fetchall()


def test_a_row_arrives_as_a_decision_with_its_outcome(load: Any, connection: Connection) -> None:
    for code in ("cot", "pal"):
        technique(connection, code)
    intent(connection, "creative")
    intent(connection, "creative.verse", name="Verse")
    head = "prompt,techniques,rating,intent,complexity,domain,language_model,cost_tokens,propensity,policy,user,time"
    load(head, "A Poem ,pal;cot,4,creative.verse,3,art,m-1,120,0.25,uniform,ada,2024-01-02", options=OutcomeOptions())
    log = read_log(connection)
    (row,) = log.frame.to_dict("records")
    assert (row["arm"], row["reward"], row["intent"], row["complexity"]) == ("cot;pal", 0.75, "creative.verse", 3.0)
    assert (row["domain"], row["language_model"], row["cost_tokens"]) == ("art", "m-1", 120.0)
    assert (row["policy"], row["propensity"], row["user"]) == ("uniform", 0.25, str(pseudonym("ada")))
    assert (row["decided_at"].isoformat(), row["is_synthetic"]) == ("2024-01-02T00:00:00+00:00", False)
    assert np.flatnonzero(log.embeddings[0]).tolist() == [len("A Poem ")]
    assert column(connection, "prompt_text") == ["A Poem "]
    assert column(connection, "embedding_space") == ["own@0"]
    key = connection.execute("SELECT md5(normalised_prompt('a poem'))").fetchone()
    assert column(connection, "prompt_key") == [key[0]]


def test_what_the_log_does_not_say_is_unknown(load: Any, connection: Connection) -> None:
    load(HEAD, "q1,,0")
    (row,) = read_log(connection).frame.to_dict("records")
    assert (row["prompt"], row["arm"], row["policy"], row["language_model"]) == ("id:q1", "", "unknown", "")
    assert (row["intent"], row["user"]) == (None, None)
    assert np.isnan([row["propensity"], row["complexity"], row["cost_tokens"]]).all()


def test_made_up_rows_are_marked(load: Any, connection: Connection) -> None:
    load(HEAD, "q1,cot,0", options=replace(CREATE, is_synthetic=True))
    assert read_log(connection).frame["is_synthetic"].tolist() == [True]


def test_techniques_and_intents_are_made_where_that_is_asked_for(load: Any, connection: Connection) -> None:
    technique(connection, "cot")
    result = load(f"{HEAD},intent", "q1,cot;pal,0,Talk.Greet", "q2,pal,1,talk.greet", "q3,bad,7,other")
    assert (result.techniques_created, result.intents_created) == (["pal"], ["talk", "talk.greet"])
    row = connection.execute(
        "SELECT base_effectiveness::float8, complexity_level, is_active, description FROM techniques WHERE code = 'pal'"
    ).fetchone()
    assert row == (0.5, 3, True, "Made by an import of outcomes from log.csv; nobody has described it.")
    assert column(connection, "path", "intent_taxonomy") == ["talk", "talk.greet"]


def test_without_that_they_are_set_aside(load: Any, connection: Connection) -> None:
    technique(connection, "cot")
    result = load(
        f"{HEAD},intent", "q1,cot,1,", "q2,cot;pal,1,", "q3,cot,1,talk", "q4,cot,2,", options=OutcomeOptions()
    )
    assert (result.read, result.written, result.quarantined) == (4, 1, 3)
    assert quarantine(connection) == [
        (3, "unknown technique", '{"techniques": "cot;pal", "external_id": "q2"}'),
        (4, "unknown label", '{"intent": "talk", "techniques": "cot", "external_id": "q3"}'),
        (5, "invalid reward", '{"external_id": "q4", "techniques": "cot", "reward": "2"}'),
    ]


def test_an_intent_may_be_named_as_in_an_import_of_labels(load: Any, connection: Connection) -> None:
    intent(connection, "creative")
    intent(connection, "creative.verse")
    technique(connection, "cot")
    names = ("creative", "Creative", "creative.verse", "Creative.Verse", "verse")
    lines = [f"q{n},cot,1,{name}" for n, name in enumerate(names)]
    result = load(f"{HEAD},intent", *lines, options=OutcomeOptions())
    assert column(connection, "intent_path") == ["creative"] * 2 + ["creative.verse"] * 2
    assert result.reasons == {"unknown label": 1}


def test_the_result_counts_what_was_chosen(load: Any) -> None:
    result = load(f"{HEAD},propensity", "q1,a,1,0.5", "q1,b;a,1,", "q2,a;b,0,1", "q3,,0,0", "q3,,0,")
    assert result.arms == {"a;b": 2, "": 1, "a": 1}
    assert (result.prompts, result.with_propensity, result.reasons) == (3, 2, {"invalid propensity": 1})


# texts


def test_each_distinct_text_is_encoded_once(load: Any, connection: Connection) -> None:
    encoder = LengthEncoder()
    lines = [f'"{text}",{code},1' for text in ("hello", " HELLO", "a poem") for code in ("cot", "pal")]
    result = load("prompt,techniques,reward", *lines, encoder=encoder)
    assert (result.embedded, result.prompts, len(encoder.asked)) == (2, 2, 2)
    assert len(set(column(connection, "prompt_embedding::text"))) == 2


def test_a_text_that_was_embedded_before_is_not_encoded_again(
    load: Any, database: str, connection: Connection, tmp_path: Path
) -> None:
    vector = "[" + ",".join(["0.25"] * 384) + "]"
    training(connection, "hello", prompt_embedding=vector, embedding_space="own@0")
    training(connection, "bye", prompt_embedding=vector, embedding_space="other@0")
    encoder = LengthEncoder()
    load("prompt,techniques,reward", "Hello,cot,1", "bye,cot,1", encoder=encoder)
    assert encoder.asked == ["bye"]
    (tmp_path / "second").mkdir()
    load_log(database, tmp_path / "second", "prompt,techniques,reward", "BYE,cot,0", encoder=encoder)
    assert encoder.asked == ["bye"]
    assert column(connection, "embedding_space") == ["own@0"] * 3


def test_a_log_without_texts_needs_no_encoder(database: str, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(f"{HEAD}\nq1,cot,1\n")

    def find_encoder() -> Any:
        raise AssertionError("nobody needs it")

    assert import_outcomes(database, path, CREATE, find_encoder).written == 1


def test_an_identifier_stands_for_the_prompt_where_the_text_is_empty(load: Any, connection: Connection) -> None:
    load("prompt,external_id,techniques,reward", ",q1,cot,1", "hello,q2,cot,1")
    assert sorted(key.startswith("id:") for key in column(connection, "prompt_key")) == [False, True]
    assert column(connection, "embedding_space") == ["own@0", None]


# who asked


def test_the_name_of_a_user_stands_nowhere(load: Any, connection: Connection) -> None:
    head = "prompt,techniques,reward,user"
    result = load(head, "hello,cot,1,ada", "hello,cot,9,ada", "hello,cot,1,ada,more", "bye,cot,0,bob")
    assert (result.written, result.quarantined) == (2, 2)
    assert not any("ada" in str(row) for table in everything(connection) for row in table)
    assert set(column(connection, "user_pseudonym")) == {pseudonym("ada"), pseudonym("bob")}


# once, and all or nothing


def test_importing_a_file_twice_changes_nothing(load: Any, connection: Connection) -> None:
    lines = ("prompt,techniques,reward,intent", "hi,cot,1,a", "hi,cot,1,a", "yo,cot;pal,0,b.c", "yo,cot,3,a")
    encoder = LengthEncoder()
    first = load(*lines, encoder=encoder)
    before = everything(connection)
    second = load(*lines, encoder=encoder)
    assert everything(connection) == before
    assert (first.is_repeat, second.is_repeat, second.written, second.duplicates) == (False, True, 0, 3)
    assert (second.reasons, second.arms, second.embedded) == (first.reasons, first.arms, 0)


def test_other_options_bring_what_was_set_aside_and_nothing_twice(load: Any, connection: Connection) -> None:
    technique(connection, "cot")
    lines = (HEAD, "q1,cot,1", "q2,pal,1", "q3,pal,7")
    first = load(*lines, options=OutcomeOptions())
    second = load(*lines)
    assert (first.written, first.reasons) == (1, {"unknown technique": 1, "invalid reward": 1})
    assert (second.written, second.duplicates, second.reasons) == (1, 1, {"invalid reward": 1})
    assert len(read_log(connection).frame) == 2


def test_the_same_options_bring_what_can_be_taken_since(load: Any, connection: Connection) -> None:
    technique(connection, "cot")
    lines = (HEAD, "q1,cot,1", "q2,pal,1")
    load(*lines, options=OutcomeOptions())
    technique(connection, "pal")
    again = load(*lines, options=OutcomeOptions())
    assert (again.written, again.quarantined) == (1, 0)
    assert connection.execute("SELECT rows_written, rows_quarantined FROM outcome_imports").fetchall() == [(2, 0)]
    assert quarantine(connection) == []


def test_deleting_an_import_removes_its_decisions_and_it_may_come_again(load: Any, connection: Connection) -> None:
    lines = (HEAD, "q1,cot,1", "q2,cot,7")
    load(*lines)
    connection.execute("DELETE FROM outcome_imports")
    left = [column(connection, "1", table) for table in ("decision_log", "decision_outcomes", "outcome_quarantine")]
    assert left == [[], [], []]
    assert load(*lines).written == 1


def test_other_columns_of_the_same_file_are_other_decisions(load: Any, connection: Connection) -> None:
    for model in ("weak", "strong"):
        options = replace(CREATE, columns={"reward": model}, constants={"techniques": model})
        assert load("external_id,weak,strong", "q1,0,1", "q2,1,1", options=options).written == 2
    frame = read_log(connection).frame
    assert frame.groupby("arm")["reward"].mean().to_dict() == {"strong": 1.0, "weak": 0.5}


def test_a_dry_run_reports_and_takes_everything_back(load: Any, connection: Connection) -> None:
    encoder = LengthEncoder()
    before = everything(connection)
    result = load("prompt,techniques,reward,intent", "hi,cot,1,a", "hi,,2,", encoder=encoder, dry_run=True)
    assert (result.written, result.quarantined, result.techniques_created) == (1, 1, ["cot"])
    assert encoder.asked == []
    assert everything(connection) == before


def test_a_file_without_a_good_row_writes_and_embeds_nothing(load: Any, connection: Connection) -> None:
    encoder = LengthEncoder()
    before = everything(connection)
    with pytest.raises(NothingImported, match=r"unknown technique: 2, first on line 2.*--create-techniques") as caught:
        load("prompt,techniques,reward", "hi,cot,1", "yo,cot,0", options=OutcomeOptions(), encoder=encoder)
    assert caught.value.exit_code == 1
    assert encoder.asked == []
    assert everything(connection) == before


def test_an_import_that_is_killed_while_it_embeds_leaves_nothing(load: Any, connection: Connection) -> None:
    lines = ["prompt,techniques,reward", *(f"prompt {n},cot,1" for n in range(200))]
    before = everything(connection)
    with pytest.raises(KeyboardInterrupt):
        load(*lines, encoder=LengthEncoder(fails_at=100))
    assert everything(connection) == before
    assert load(*lines).embedded == 200


def test_an_error_in_the_middle_of_the_file_writes_nothing(load: Any, connection: Connection) -> None:
    def break_off(done: int, total: int, what: str) -> None:
        if done > 600:
            raise RuntimeError(f"{done} of {total} {what}")

    before = everything(connection)
    with pytest.raises(RuntimeError, match="rows"):
        load(HEAD, *(f"q{n},cot,1" for n in range(2000)), tick=break_off)
    assert everything(connection) == before


def test_labels_that_collide_write_nothing(load: Any, connection: Connection) -> None:
    before = everything(connection)
    with pytest.raises(LabelsCollide):
        load(f"{HEAD},intent", "q1,cot,1,foo bar", "q2,cot,1,foo-bar")
    assert everything(connection) == before


def load_at_once(url: str, *imports: tuple[Path, OutcomeOptions]) -> list[int]:
    """Import with none beginning to judge before all have read; how many rows each wrote."""
    all_have_read = Barrier(len(imports), timeout=30)

    def load(path: Path, options: OutcomeOptions) -> int:
        def wait(done: int, total: int, _: str) -> None:
            if done == total:
                all_have_read.wait()

        return import_outcomes(url, path, options, LengthEncoder, tick=wait).written

    with ThreadPoolExecutor() as pool:
        return sorted(pool.map(load, *zip(*imports, strict=True)))


def log_file(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("\n".join([f"{HEAD},intent", *(f"{name}-{n},t{n % 7},1,a{n % 5}.b" for n in range(300))]))
    return path


def test_two_imports_of_one_file_write_each_row_once(database: str, tmp_path: Path, connection: Connection) -> None:
    path = log_file(tmp_path, "log.csv")
    other = replace(CREATE, is_synthetic=True)
    assert load_at_once(database, (path, CREATE), (path, other)) == [0, 300]
    assert len(read_log(connection).frame) == 300


def test_two_imports_make_each_technique_and_intent_once(database: str, tmp_path: Path, connection: Connection) -> None:
    files = [(log_file(tmp_path, name), CREATE) for name in ("one.csv", "two.csv")]
    assert load_at_once(database, *files) == [300, 300]
    assert (len(column(connection, "code", "techniques")), len(column(connection, "path", "intent_taxonomy"))) == (
        7,
        10,
    )


def test_a_data_scientist_imports_a_log_and_imports_it_again(
    database: str, tmp_path: Path, connection: Connection
) -> None:
    mine = f"{database}&options=-crole%3Dworkbench"
    technique(connection, "cot")
    lines = ("prompt,techniques,reward", "hi,cot,1", "yo,pal,0", "yo,pal,7")
    assert load_log(mine, tmp_path, *lines, options=OutcomeOptions()).written == 1
    technique(connection, "pal")
    assert load_log(mine, tmp_path, *lines, options=OutcomeOptions()).written == 1
    made = load_log(mine, tmp_path, "prompt,techniques,reward,intent", "hey,new,1,talk.greet")
    assert (made.techniques_created, made.intents_created) == (["new"], ["talk", "talk.greet"])
    assert len(read_log(connection).frame) == 3


# files


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("log.csv", b"", FileEmpty),
        ("log.csv", b"prompt,techniques,reward\n", FileEmpty),
        ("log.csv", "prompt,techniques,reward\nhi,cot,1\n".encode("utf-16"), FileUnreadable),
        ("log.parquet", b"PAR1 not really", FileUnreadable),
        ("log.jsonl", b'{"text": "hi"}', ColumnMissing),
    ],
)
def test_a_file_that_is_none_is_refused(
    database: str, tmp_path: Path, name: str, content: bytes, error: type[Exception]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(error) as caught:
        import_outcomes(database, path, CREATE, LengthEncoder)
    assert caught.value.exit_code == 2


def test_a_wrongly_encoded_row_costs_that_row(database: str, tmp_path: Path, connection: Connection) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(b"prompt,techniques,reward\ncaf\xe9,cot,1\nhi,cot,1\n")
    assert import_outcomes(database, path, CREATE, LengthEncoder).reasons == {"wrong encoding": 1}
    assert quarantine(connection)[0][2] == '{"prompt": "caf\\\\xe9", "techniques": "cot", "reward": "1"}'


def test_json_lines_and_parquet_say_the_same(database: str, tmp_path: Path, connection: Connection) -> None:
    rows = [
        {"external_id": 1, "techniques": ["b", "a"], "reward": True, "time": "2024-01-02T03:04:05Z"},
        {"external_id": 2, "techniques": [], "reward": False, "time": "2024-01-02T03:04:06Z"},
    ]
    lines = tmp_path / "log.jsonl"
    lines.write_text("\n".join(map(json.dumps, rows)))
    table = tmp_path / "log.parquet"
    frame = pd.DataFrame(rows)
    frame.assign(time=pd.to_datetime(frame["time"])).to_parquet(table)
    for path in (lines, table):
        import_outcomes(database, path, CREATE, LengthEncoder)
    frame = read_log(connection).frame[["prompt", "arm", "reward", "decided_at"]]
    assert frame.groupby("prompt").nunique().to_numpy().max() == 1
    assert (len(frame), frame["arm"].tolist()) == (4, ["a;b", "a;b", "", ""])


def test_a_database_without_the_schema_is_refused(server_url: str, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(f"{HEAD}\nq1,cot,1\n")
    with pytest.raises(SchemaNotMigrated, match="workbench db migrate"):
        import_outcomes(server_url, path, CREATE, LengthEncoder)


# what is counted

PROMPTS = st.sampled_from(["", "hi", "Hi ", "yo", "tea\0", "x" * 50_001, "naïve"])
CODES = st.sampled_from(["", "a", "a;b", "x" * 51, ";"])
REWARDS = st.sampled_from(["0", "1", "0.5", "2", "", "nan", 0.25, True])
LABELS = st.sampled_from(["", "a", "b.c", "???", "z" * 101, None])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(PROMPTS, CODES, REWARDS, LABELS), min_size=1), st.booleans())
def test_what_is_read_is_written_set_aside_or_there(
    database: str, tmp_path: Path, cells: list[tuple[Any, ...]], create: bool
) -> None:
    path = tmp_path / "log.jsonl"
    names = ("prompt", "techniques", "reward", "intent")
    path.write_text("\n".join(json.dumps(dict(zip(names, row, strict=True))) for row in cells))
    try:
        result = import_outcomes(database, path, OutcomeOptions({}, {}, create, create), LengthEncoder)
    except NothingImported:
        return
    assert result.read == len(cells) == result.written + result.quarantined + result.duplicates
    assert sum(result.reasons.values()) == result.quarantined
    assert sum(result.arms.values()) == result.written + result.duplicates


# the command


def invoke(monkeypatch: pytest.MonkeyPatch, database: str, *arguments: str) -> Any:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", database)
    return CliRunner().invoke(history, ["import", *arguments], catch_exceptions=False)


def test_the_command_prints_one_object(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.csv"
    path.write_text("when,item,click\n2024-01-02,7,0\n2024-01-03,,2\n")
    mapped = [f"--map={pair}" for pair in ("external_id=when", "time=when", "techniques=item", "reward=click")]
    done = invoke(monkeypatch, database, str(path), *mapped, "--set=policy=mine", "--create-techniques", "--json")
    assert json.loads(done.stdout) == {
        "file": str(path),
        "dry_run": False,
        "is_repeat": False,
        "is_synthetic": False,
        "read": 2,
        "written": 1,
        "quarantined": 1,
        "duplicates": 0,
        "reasons": {"invalid reward": 1},
        "prompts": 1,
        "arms": {"7": 1},
        "with_propensity": 0,
        "embedded": 0,
        "techniques_created": ["7"],
        "intents_created": [],
    }


def test_the_command_says_where_the_rows_set_aside_are_and_what_comes_next(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, connection: Connection
) -> None:
    path = tmp_path / "it's.csv"
    path.write_text(f"{HEAD}\nq1,cot,1\nq2,cot,7\n")
    told = invoke(monkeypatch, database, str(path), "--create-techniques", "--synthetic")
    statement = told.stderr.partition("SELECT")[2].partition(";")[0]
    assert [row[:2] for row in connection.execute(f"SELECT{statement}".encode())] == [(3, "invalid reward")]
    assert "workbench evaluate-policy" in told.stderr
    assert "SYNTHETIC" in told.stdout
    again = invoke(monkeypatch, database, str(path), "--create-techniques", "--synthetic")
    assert "nothing changed" in again.stderr
