"""What the gate found and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Check:
    """One rule of the gate and what it found: a sentence for people, and its figures by name for programs."""

    name: str
    passed: bool
    sentence: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """What the gate says of a challenger: yes or no, and every check it was made from. ``gates_sha256`` is the digest
    of the file that the rules were read from, empty where they came from no file."""

    promote: bool
    checks: tuple[Check, ...]
    gates_sha256: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(check.sentence for check in self.checks)

    @property
    def against(self) -> tuple[Check, ...]:
        """The checks that were not passed."""
        return tuple(check for check in self.checks if not check.passed)

    def as_json(self) -> dict[str, Any]:
        checks = [{**vars(check), "values": dict(check.values)} for check in self.checks]
        return {"promote": self.promote, "checks": checks, "gates_sha256": self.gates_sha256}
