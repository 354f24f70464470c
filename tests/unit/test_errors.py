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
OWN = {name: kind for name, kind in CLASSES.items() if name not in {"WorkbenchError", "MisuseError"}}
SOURCES = sorted(Path(errors.__file__).parent.rglob("*.py"))


def places(kind: type[WorkbenchError]) -> list[tuple[str, str]]:
    """Every place of the message that is filled in: the field and how it is formatted."""
    return [(name, spec or "") for _, name, spec, _ in Formatter().parse(kind.__doc__ or "") if name]


def fields(kind: type[WorkbenchError]) -> dict[str, str]:
    return dict(places(kind))


def made(kind: type[WorkbenchError], value: object = "{value}") -> WorkbenchError:
    return kind(**{name: 1.5 if spec.endswith("f") else value for name, spec in fields(kind).items()})


def raised() -> Iterator[tuple[str, type[WorkbenchError], set[str | None]]]:
    """Where an error is made or named to be raised, and the words that it is given; None stands for ``**more``."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = node.func if isinstance(node, ast.Call) else node.exc if isinstance(node, ast.Raise) else None
            name = ast.unparse(named).rpartition(".")[2] if named else ""
            if name in OWN:
                given = {word.arg for word in node.keywords} if isinstance(node, ast.Call) else set()
                yield f"{path.stem}:{node.lineno}:{name}", OWN[name], given


# What an error carries for those who decide whether to try again, and no message says.
KEPT_BESIDE = {"failure"}
SAYS_NO = {
    errors.GateRefused,
    errors.EffectivenessRefused,
    errors.EffectivenessRefusedInPart,
    errors.NoSupport,
    errors.NoOverlap,
}


@pytest.mark.parametrize("kind", CLASSES.values(), ids=CLASSES)
def test_a_message_is_one_line_of_sentences_with_every_field_filled(kind: type[WorkbenchError]) -> None:
    message = str(made(kind))
    assert "\n" not in message
    assert "  " not in message
    assert message.count("{value}") == sum(not spec.endswith("f") for _, spec in places(kind))
    assert message[0].isupper() or message.startswith("{value}")


@pytest.mark.parametrize("kind", OWN.values(), ids=OWN)
def test_a_message_says_more_than_its_fields(kind: type[WorkbenchError]) -> None:
    assert len(str(made(kind, "")).split()) >= 3


@pytest.mark.parametrize("kind", CLASSES.values(), ids=CLASSES)
def test_misuse_ends_in_two_failure_in_one_and_a_no_of_the_gate_in_three(kind: type[WorkbenchError]) -> None:
    expected = 3 if kind in SAYS_NO else 2 if issubclass(kind, MisuseError) else 1
    assert kind.exit_code == made(kind).exit_code == expected


@pytest.mark.parametrize(("kind", "given"), [found[1:] for found in raised()], ids=[found[0] for found in raised()])
def test_whoever_raises_an_error_gives_what_its_message_asks_for(
    kind: type[WorkbenchError], given: set[str | None]
) -> None:
    told = given - KEPT_BESIDE
    assert told - {None} <= set(fields(kind))
    assert told == set(fields(kind)) or None in told


def test_every_error_is_raised_somewhere() -> None:
    assert set(OWN.values()) == {kind for _, kind, _ in raised()}


def test_the_fields_stay_readable_for_programs() -> None:
    assert errors.DatasetUnknown(version="v9", known="v1").fields == {"version": "v9", "known": "v1"}
    with pytest.raises(KeyError, match="known"):
        errors.DatasetUnknown(version="v9")
