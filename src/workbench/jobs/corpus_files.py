"""Read the files of a corpus folder and refuse every mistake by file, entry and problem."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from workbench.errors import CorpusInvalid, FileUnreadable
from workbench.jobs.corpus_entries import Entry, Intent, Pattern, Prompt, Technique
from workbench.jobs.reading import fingerprint, open_source

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML built without libyaml: the same, slower
    from yaml import SafeLoader  # type: ignore[assignment]

Model = TypeVar("Model", bound=Entry)


class _Loader(SafeLoader):
    """YAML lets the last of two equal keys win; here that is a forgotten dash, and half an entry would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        repeated = [key for key in keys if keys.count(key) > 1]
        if repeated:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {repeated[0]!r} stands twice", node.start_mark
            )
        return super().construct_mapping(node, deep)


@dataclass(frozen=True)
class Corpus:
    """``prompts`` are (file, line, prompt) in the order of the files."""

    intents: list[Intent]
    techniques: list[Technique]
    patterns: list[Pattern]
    prompts: list[tuple[Path, int, Prompt]]


def read_corpus(folder: Path) -> Corpus:
    """Read and check taxonomy.yaml, techniques.yaml, patterns.yaml and prompts/*.jsonl.

    Raises:
        CorpusInvalid, FileUnreadable
    """
    files = sorted((folder / "prompts").glob("*.jsonl"))
    if not files:
        raise CorpusInvalid(path=folder, problem="a corpus folder needs prompts/*.jsonl, and there is none.")
    corpus = Corpus(
        _entries(folder / "taxonomy.yaml", "intents", Intent),
        _entries(folder / "techniques.yaml", "techniques", Technique),
        _entries(folder / "patterns.yaml", "patterns", Pattern),
        [(path, line, prompt) for path in files for line, prompt in _prompts(path)],
    )
    _check_intents(folder / "taxonomy.yaml", corpus)
    _check_techniques(folder / "techniques.yaml", corpus)
    _check_patterns(folder / "patterns.yaml", corpus)
    _check_prompts(corpus)
    return corpus


def _entries(path: Path, key: str, model: type[Model]) -> list[Model]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506  a safe loader
    except FileNotFoundError as exc:
        raise CorpusInvalid(path=path, problem="it is missing.") from exc
    except OSError as exc:
        raise FileUnreadable(path=path, reason=f"{exc.strerror}.") from exc
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise CorpusInvalid(path=path, problem=f"{' '.join(str(exc).split())}.") from exc
    if not isinstance(content, dict) or not isinstance(content.get(key), list) or not content[key]:
        raise CorpusInvalid(path=path, problem=f"expected one key {key!r} with a list of entries.")
    return [_parse(path, f"entry {number}", model, entry) for number, entry in enumerate(content[key], start=1)]


def _prompts(path: Path) -> Iterator[tuple[int, Prompt]]:
    with open_source(path, fingerprint(path)) as source:
        for row in source.rows(()):
            if row.reason:
                raise CorpusInvalid(path=path, problem=f"line {row.line}: {row.reason}.")
            yield row.line, _parse(path, f"line {row.line}", Prompt, row.cells)


def _parse(path: Path, place: str, model: type[Model], entry: Any) -> Model:
    try:
        return model.model_validate(entry)
    except ValidationError as exc:
        first = exc.errors()[0]
        name = entry.get("code") or entry.get("pattern_name") if isinstance(entry, dict) else None
        where = f"{place} ({name})" if name else place
        field = ".".join(str(part) for part in first["loc"])
        raise CorpusInvalid(path=path, problem=f"{where}: {field + ': ' if field else ''}{first['msg']}.") from exc


def _check_intents(path: Path, corpus: Corpus) -> None:
    codes = [intent.code for intent in corpus.intents]
    _refuse_repeats(path, codes)
    for code in codes:
        parent = code.rpartition(".")[0]
        if parent and parent not in codes:
            raise CorpusInvalid(path=path, problem=f"{code}: its parent {parent} is missing.")


def _check_techniques(path: Path, corpus: Corpus) -> None:
    _refuse_repeats(path, [technique.code for technique in corpus.techniques])
    for technique in corpus.techniques:
        if technique.max_context_length < technique.min_context_length:
            raise CorpusInvalid(path=path, problem=f"{technique.code}: max_context_length is below min_context_length.")


def _check_patterns(path: Path, corpus: Corpus) -> None:
    intents = {intent.code for intent in corpus.intents}
    techniques = {technique.code for technique in corpus.techniques}
    _refuse_repeats(path, [f"{p.technique}: {p.pattern_name} (version {p.version})" for p in corpus.patterns])
    for pattern in corpus.patterns:
        used = set(re.findall(r"\{(\w+)\}", pattern.template))
        unknown = {
            "technique": {pattern.technique} - techniques,
            "intent": set(pattern.intent_types) - intents,
            "placeholder or unused variable": used ^ set(pattern.template_vars),
        }
        _refuse_unknown(path, f"{pattern.technique}: {pattern.pattern_name}", unknown)


def _check_prompts(corpus: Corpus) -> None:
    intents = {intent.code for intent in corpus.intents}
    techniques = {technique.code for technique in corpus.techniques}
    seen: dict[str, str] = {}
    for path, line, prompt in corpus.prompts:
        labels = {prompt.primary, *prompt.secondary}
        unknown = {"intent": labels - intents, "technique": set(prompt.techniques) - techniques}
        _refuse_unknown(path, f"line {line}", unknown)
        here = f"{path.name} line {line}"
        earlier = seen.setdefault(" ".join(prompt.text.split()).lower(), here)
        if earlier != here:
            raise CorpusInvalid(path=path, problem=f"line {line}: the same text stands in {earlier}.")


def _refuse_repeats(path: Path, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise CorpusInvalid(path=path, problem=f"{repeated[0]} stands there twice.")


def _refuse_unknown(path: Path, place: str, unknown: dict[str, set[str]]) -> None:
    for what, names in unknown.items():
        if names:
            raise CorpusInvalid(path=path, problem=f"{place}: unknown {what} {sorted(names)[0]!r}.")
