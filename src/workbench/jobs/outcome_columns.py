"""Which column of an outcome log holds what."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from workbench.errors import ColumnMissing, MisuseError
from workbench.jobs.cells import shown

LONGEST_NAME = 200

ROLES = {
    "prompt": "the text",
    "external_id": "whatever tells one prompt from another where there is no text",
    "techniques": "codes separated by semicolons; empty for none",
    "reward": "0 to 1",
    "rating": "1 to 5, where there is no reward",
    "intent": "path of an intent, spelt as in `workbench import`",
    "complexity": "1 to 5",
    "domain": "a word",
    "language_model": "its name",
    "cost_tokens": "a whole number",
    "latency_ms": "a whole number",
    "propensity": "probability with which these techniques were chosen: above 0, at most 1",
    "policy": "what chose them",
    "user": "who asked; a pseudonym is kept",
    "time": "ISO 8601; UTC where it names no zone",
}
NEEDED = (("prompt", "external_id"), ("techniques",), ("reward", "rating"))


@dataclass(frozen=True)
class Columns:
    """Column by role, and the values that stand for a whole column."""

    names: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)

    def has(self, role: str) -> bool:
        return role in self.names or role in self.constants

    @cached_property
    def key(self) -> str:
        """Equal where a row of the file would say the same."""
        return json.dumps([sorted(self.names.items()), sorted(self.constants.items())])


def parse_pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """``ours=theirs``, as often as one likes.

    Raises:
        MisuseError: not of that form, an unknown role, or a role twice.
    """
    pairs: dict[str, str] = {}
    for word in given:
        role, equals, value = word.partition("=")
        role = role.strip()
        if not equals:
            raise MisuseError(detail=f"{option} {word!r} says nothing. Expected ours=theirs, such as prompt=question.")
        if role not in ROLES:
            raise MisuseError(detail=f"{option} {word!r}: there is no {role!r} in an outcome log. Known: {_known()}.")
        if role in pairs:
            raise MisuseError(detail=f"{option} names {role!r} twice.")
        if len(value) > LONGEST_NAME:
            raise MisuseError(detail=f"{option} {role}: the name is longer than {LONGEST_NAME} characters.")
        pairs[role] = value
    return pairs


def find_columns(path: Path, present: Sequence[str], names: Mapping[str, str], constants: Mapping[str, str]) -> Columns:
    """A role that nobody names is the column of its own name, where there is one; mapped to nothing it is left out.

    Raises:
        ColumnMissing: a column that was named is not there, or one that is needed.
        MisuseError: a role is both a column and a constant.
    """
    both = sorted(names.keys() & constants.keys())
    if both:
        raise MisuseError(detail=f"--map and --set both say what {both[0]!r} is. Give one of them.")
    found = {role: name for role, name in names.items() if name}
    if not present:
        # A file without a single readable row names no columns; its rows say why.
        return Columns(found, constants)
    told = ", ".join(shown(column) for column in present)
    for role, name in found.items():
        if name not in present:
            raise ColumnMissing(path=path, column=name, columns=told, option=f"--map {role}=NAME")
    found |= {role: role for role in ROLES if role in present and role not in names and role not in constants}
    for either in NEEDED:
        if not any(role in found or role in constants for role in either):
            option = " or ".join(f"--map {role}=NAME" for role in either)
            raise ColumnMissing(path=path, column=either[0], columns=told, option=option)
    return Columns(found, constants)


def _known() -> str:
    return ", ".join(ROLES)
