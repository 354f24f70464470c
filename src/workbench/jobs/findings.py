"""What one check of `workbench doctor` found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "problem", "note"]


@dataclass(frozen=True)
class Finding:
    """``found`` says what is there, ``advice`` what to do about it. A note is no failure: something optional is absent
    or could not be looked at."""

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
