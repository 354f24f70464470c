"""A corpus folder: what is updated, and every mistake by its place."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from imported import everything

from workbench.cli.importing import import_
from workbench.db.connection import Connection
from workbench.errors import CorpusInvalid, MisuseError
from workbench.jobs.import_corpus import import_corpus
from workbench.jobs.import_file import ImportOptions
from workbench.resources import shipped

PROMPT = {
    "text": "say hi",
    "primary": "creative",
    "secondary": [],
    "complexity": 1,
    "techniques": ["cot"],
    "split": "test",
}
Edit = Callable[[Any], None]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """The starter corpus with two prompts."""
    folder = tmp_path / "corpus"
    shutil.copytree(shipped("data", "starter"), folder, ignore=shutil.ignore_patterns("*.jsonl"))
    write_prompts(folder, PROMPT, {**PROMPT, "text": "say bye", "split": "train"})
    return folder


def write_prompts(folder: Path, *prompts: Any) -> None:
    lines = [prompt if isinstance(prompt, str) else json.dumps(prompt) for prompt in prompts]
    (folder / "prompts" / "some.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def edit(path: Path, change: Callable[[list[Any]], Any]) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(next(iter(content.values())))
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def test_only_the_changed_entry_is_written(corpus: Path, database: str, connection: Connection) -> None:
    import_corpus(database, str(corpus), "v1")
    before = connection.execute("SELECT code, xmin, updated_at FROM techniques").fetchall()
    edit(corpus / "techniques.yaml", lambda entries: entries[3].update(name="Changed"))
    assert import_corpus(database, str(corpus), "v1").written == 0
    after = connection.execute("SELECT code, xmin, updated_at FROM techniques").fetchall()
    changed = connection.execute(
        "SELECT code FROM techniques WHERE name = 'Changed' AND updated_at > created_at"
    ).fetchone()
    assert {row[0] for row in set(after) - set(before)} == set(changed or ())


def test_what_others_keep_in_the_rows_stays(corpus: Path, database: str, connection: Connection) -> None:
    import_corpus(database, str(corpus), "v1")
    connection.execute("UPDATE intent_taxonomy SET usage_frequency = 7")
    connection.execute("UPDATE technique_patterns SET usage_count = 7")
    edit(corpus / "taxonomy.yaml", lambda entries: entries[0].update(name="Changed"))
    edit(corpus / "patterns.yaml", lambda entries: entries[0].update(is_active=False))
    import_corpus(database, str(corpus), "v1")
    assert connection.execute("SELECT DISTINCT usage_frequency FROM intent_taxonomy").fetchall() == [(7,)]
    assert connection.execute("SELECT DISTINCT usage_count FROM technique_patterns").fetchall() == [(7,)]


def test_a_dry_run_takes_everything_back(corpus: Path, database: str, connection: Connection) -> None:
    assert import_corpus(database, str(corpus), "v1", dry_run=True).written == 2
    assert not any(everything(connection))


def test_a_relabelled_prompt_needs_a_new_version(corpus: Path, database: str) -> None:
    import_corpus(database, str(corpus), "v1")
    write_prompts(corpus, {**PROMPT, "primary": "analysis"}, {**PROMPT, "text": "say bye", "split": "train"})
    assert import_corpus(database, str(corpus), "v1").reasons == {"duplicate with another label": 1}
    assert import_corpus(database, str(corpus), "v2").written == 2


def test_options_of_a_file_are_misuse_for_a_folder(corpus: Path, database: str) -> None:
    with pytest.raises(MisuseError, match="only"):
        import_corpus(database, str(corpus), "v1", ImportOptions(test_fraction=0.2))


def test_the_command_takes_a_folder(corpus: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", database)
    arguments = [str(corpus), "--dataset-version", "v1", "--json"]
    result = json.loads(CliRunner().invoke(import_, arguments, catch_exceptions=False).stdout)
    assert (result["read"], result["written"], result["test_rows"], result["train_rows"]) == (2, 2, 1, 1)


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("taxonomy.yaml", lambda e: e[1].pop("name"), r"entry 2 \(creative\.writing\): name: Field required"),
        ("taxonomy.yaml", lambda e: e[0].update(complexity=6), r"entry 1 \(creative\): complexity"),
        ("taxonomy.yaml", lambda e: e[0].update(needs=["speed"]), r"needs\.0"),
        ("taxonomy.yaml", lambda e: e[0].update(keyword=[]), "keyword: Extra inputs"),
        ("taxonomy.yaml", lambda e: e[0].update(code="Creative Work"), "code"),
        ("taxonomy.yaml", lambda e: e.append(e[0]), "creative stands there twice"),
        ("taxonomy.yaml", lambda e: e[1].update(code="nowhere.writing"), "its parent nowhere is missing"),
        ("taxonomy.yaml", lambda e: e.clear(), "expected one key 'intents' with a list"),
        ("techniques.yaml", lambda e: e[0].update(sources=[]), r"entry 1 \(pal\): sources"),
        ("techniques.yaml", lambda e: e[0].update(base_effectiveness=1.2), "base_effectiveness"),
        ("techniques.yaml", lambda e: e[0].update(max_context_length=0, min_context_length=9), "max_context_length"),
        ("techniques.yaml", lambda e: e.append(e[0]), "pal stands there twice"),
        ("patterns.yaml", lambda e: e[0].update(technique="nope"), "pal|nope.*unknown technique 'nope'"),
        ("patterns.yaml", lambda e: e[0].update(intent_types=["nope"]), "unknown intent 'nope'"),
        ("patterns.yaml", lambda e: e[0].update(template="{task} {more}"), "unknown placeholder or unused variable"),
        ("patterns.yaml", lambda e: e.append(e[0]), "stands there twice"),
    ],
)
def test_a_mistake_in_a_list_is_named(corpus: Path, file: str, change: Edit, message: str) -> None:
    edit(corpus / file, change)
    with pytest.raises(CorpusInvalid, match=rf"{file} is not a valid corpus file: .*({message})"):
        import_corpus("postgresql://nowhere", str(corpus), "v1")


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ({**PROMPT, "primary": "nope"}, "unknown intent 'nope'"),
        ({**PROMPT, "secondary": ["nope"]}, "unknown intent 'nope'"),
        ({**PROMPT, "techniques": ["nope"]}, "unknown technique 'nope'"),
        ({**PROMPT, "complexity": "1"}, "complexity"),
        ({**PROMPT, "split": "val"}, "split"),
        ({**PROMPT, "text": ""}, "text"),
        ({"text": "hi"}, "primary: Field required"),
        ({**PROMPT, "text": "Say  HI"}, r"the same text stands in some\.jsonl line 1"),
        ("{", "not a JSON object"),
    ],
)
def test_a_mistake_in_a_prompt_is_named_by_its_line(corpus: Path, prompt: Any, message: str) -> None:
    write_prompts(corpus, PROMPT, prompt)
    with pytest.raises(CorpusInvalid, match=rf"some\.jsonl is not a valid corpus file: line 2: .*{message}"):
        import_corpus("postgresql://nowhere", str(corpus), "v1")


@pytest.mark.parametrize("text", ["a\0b", "\ud83d", " \u200b", "x" * 50_001])
def test_a_prompt_that_could_not_be_stored_is_named(
    corpus: Path, database: str, text: str, connection: Connection
) -> None:
    write_prompts(corpus, PROMPT, {**PROMPT, "text": text})
    with pytest.raises(CorpusInvalid, match=r"line 2: (NUL byte|wrong encoding|empty text|text too long|text: )"):
        import_corpus(database, str(corpus), "v1")
    assert not any(everything(connection))


def test_a_missing_file_and_broken_yaml_are_named(corpus: Path) -> None:
    (corpus / "patterns.yaml").write_text("patterns: [")
    with pytest.raises(CorpusInvalid, match=r"patterns\.yaml .*line \d"):
        import_corpus("postgresql://nowhere", str(corpus), "v1")
    (corpus / "patterns.yaml").unlink()
    with pytest.raises(CorpusInvalid, match=r"patterns\.yaml .*it is missing"):
        import_corpus("postgresql://nowhere", str(corpus), "v1")
    with pytest.raises(CorpusInvalid, match=r"needs prompts"):
        import_corpus("postgresql://nowhere", str(corpus.parent), "v1")


def test_a_forgotten_dash_is_found(corpus: Path) -> None:
    path = corpus / "taxonomy.yaml"
    path.write_text(path.read_text().replace("  - code: creative.writing\n", "    code: creative.writing\n", 1))
    with pytest.raises(CorpusInvalid, match=r"the key 'code' stands twice.* line \d+"):
        import_corpus("postgresql://nowhere", str(corpus), "v1")
