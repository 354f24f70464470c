"""Every error can say what is wrong, and every place that raises one says all that the message needs."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from workbench import errors
from workbench.errors import MisuseError, WorkbenchError

CLASSES = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, WorkbenchError) and kind.__doc__
}
BASES = {"WorkbenchError", "MisuseError"}
SOURCES = sorted(Path(errors.__file__).parent.rglob("*.py"))


def fields(kind: type[WorkbenchError]) -> dict[str, str]:
    """What the message asks for, with how each is formatted."""
    return {name: spec or "" for _, name, spec, _ in Formatter().parse(kind.__doc__ or "") if name}


def made(kind: type[WorkbenchError], value: object = "{value}") -> WorkbenchError:
    return kind(**{name: 1.5 if spec.endswith("f") else value for name, spec in fields(kind).items()})


def raised() -> Iterator[tuple[str, type[WorkbenchError], ast.Call]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in CLASSES:
                kind = CLASSES[ast.unparse(node.func).rpartition(".")[2]]
                yield f"{path.stem}:{node.lineno}:{kind.__name__}", kind, node


@pytest.mark.parametrize("kind", CLASSES.values(), ids=CLASSES)
def test_a_message_is_one_line_of_sentences_with_every_field_filled(kind: type[WorkbenchError]) -> None:
    message = str(made(kind))
    assert "\n" not in message
    assert "  " not in message
    assert message.count("{value}") == sum(not spec.endswith("f") for spec in fields(kind).values())
    assert message[0].isupper() or message.startswith("{value}")


@pytest.mark.parametrize("kind", [kind for name, kind in CLASSES.items() if name not in BASES], ids=str)
def test_a_message_says_more_than_its_fields(kind: type[WorkbenchError]) -> None:
    assert len(str(made(kind, "")).split()) >= 3


@pytest.mark.parametrize("kind", CLASSES.values(), ids=CLASSES)
def test_misuse_ends_in_two_and_failure_in_one(kind: type[WorkbenchError]) -> None:
    assert kind.exit_code == made(kind).exit_code == (2 if issubclass(kind, MisuseError) else 1)


@pytest.mark.parametrize(("kind", "call"), [found[1:] for found in raised()], ids=[found[0] for found in raised()])
def test_whoever_raises_an_error_gives_what_its_message_asks_for(kind: type[WorkbenchError], call: ast.Call) -> None:
    given = {word.arg for word in call.keywords if word.arg}
    assert not call.args
    assert given <= set(fields(kind))
    assert given == set(fields(kind)) or any(word.arg is None for word in call.keywords)


def test_every_error_is_raised_somewhere() -> None:
    used = {kind.__name__ for _, kind, _ in raised()}
    assert sorted(set(CLASSES) - used - BASES) == []


def test_the_fields_stay_readable_for_programs() -> None:
    assert errors.DatasetUnknown(version="v9", known="v1").fields == {"version": "v9", "known": "v1"}
    with pytest.raises(KeyError, match="known"):
        errors.DatasetUnknown(version="v9")
