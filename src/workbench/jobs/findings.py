"""What one check of `workbench doctor` found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "problem", "note"]

MOST_NAMED = 3
MOST_COMMANDS = 12
MOST_LETTERS = 100


@dataclass(frozen=True)
class Finding:
    """``found`` says what is there and how much of it, ``advice`` what to do. A note is no failure: something optional
    is absent, could be better, or could not be looked at."""

    name: str
    state: State
    found: str
    advice: str = ""


def ok(name: str, found: str) -> Finding:
    return Finding(name, "ok", found)


def note(name: str, found: str, advice: str = "") -> Finding:
    return Finding(name, "note", found, advice)


def problem(name: str, found: str, advice: str) -> Finding:
    return Finding(name, "problem", found, advice)


def listed(things: Sequence[str]) -> str:
    """The first few, each cut to a line, and how many more there are."""
    more = len(things) - MOST_NAMED
    return "; ".join(map(short, things[:MOST_NAMED])) + (f"; and {more} more" if more > 0 else "")


def counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= MOST_LETTERS else f"{words[: MOST_LETTERS - 1]}…"


def in_shell(commands: Sequence[str]) -> str:
    """Advice to run SQL; with many commands the first ones, since the doctor can be asked again."""
    return "Run in `workbench db shell`: " + " ".join(f"{command};" for command in commands[:MOST_COMMANDS])
