"""Which techniques a prompt allows, and what each brings along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.records import Technique


@dataclass(frozen=True)
class Allowed:
    """``sets`` holds for each technique that may be used the codes that go with it (itself and its prerequisites, in
    order), ``excluded`` for every other one the reason, ``conditions`` what a technique needs that is no technique and
    that nobody has checked."""

    sets: Mapping[str, tuple[str, ...]]
    excluded: Mapping[str, str]
    conditions: Mapping[str, tuple[str, ...]]


def allowed_techniques(
    techniques: Sequence[Technique], length: int, examples: bool = False, experimental: bool = False
) -> Allowed:
    """``length`` is that of the prompt in characters; ``examples`` says whether there are any to show.

    A prerequisite that is the code of one of ``techniques`` is used along with it, or excludes it where it may not be
    used itself; any other prerequisite is a condition.
    """
    known = {technique.code: technique for technique in techniques}
    own = {code: _reason(technique, length, examples, experimental) for code, technique in known.items()}
    sets, excluded = {}, {}
    for code in known:
        together = _with_prerequisites(code, known)
        broken = [other for other in together if own[other]]
        if own[code]:
            excluded[code] = own[code]
        elif broken:
            excluded[code] = f"needs {broken[0]}, which {own[broken[0]]}"
        else:
            sets[code] = together
    conditions = {
        code: tuple(item for item in technique.prerequisites if item not in known)
        for code, technique in known.items()
        if any(item not in known for item in technique.prerequisites)
    }
    return Allowed(sets, excluded, conditions)


def _reason(technique: Technique, length: int, examples: bool, experimental: bool) -> str:
    """Empty where nothing stands against it."""
    if not technique.is_active:
        return "is not active"
    if technique.is_experimental and not experimental:
        return "is experimental"
    if technique.requires_examples and not examples:
        return "needs examples, and none are given"
    if length < technique.min_context_length:
        return f"is for prompts of {technique.min_context_length:,} characters and more; this one has {length:,}"
    if length > technique.max_context_length:
        return f"is for prompts of at most {technique.max_context_length:,} characters; this one has {length:,}"
    return ""


def _with_prerequisites(code: str, known: Mapping[str, Technique]) -> tuple[str, ...]:
    found: set[str] = set()
    waiting = [code]
    while waiting:
        found.add(at := waiting.pop())
        waiting += [item for item in known[at].prerequisites if item in known and item not in found]
    return tuple(sorted(found))
