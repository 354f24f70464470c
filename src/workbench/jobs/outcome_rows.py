"""One row of an outcome log becomes a staged decision, or a row set aside with a reason. Nothing touches the world."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from workbench.jobs.cells import LONGEST_TEXT, character_problem, is_visible, level_of, list_of, shown, text_of
from workbench.jobs.outcome_columns import Columns
from workbench.jobs.reading import RawRow
from workbench.store.outcomes import StagedOutcome

LONGEST_WORD = 1_000
LONGEST_CODE = 50
LARGEST_INTEGER = 2**31 - 1
YEARS = (1970, 2100)

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_TRUTH = {"true": 1.0, "false": 0.0}
_DECISIONS = uuid5(NAMESPACE_URL, "workbench:imported-decision")
_USERS = uuid5(NAMESPACE_URL, "workbench:imported-user")

# reason: what it means, as `outcome_quarantine.reason` has it
REASONS = {
    "no prompt": "neither a text nor an external id",
    "text too long": f"over {LONGEST_TEXT:,} characters, or over {LONGEST_WORD:,} in a cell that holds a name",
    "not a string": "a list or an object stands where a word should be",
    "NUL byte": "PostgreSQL cannot keep it; shown as U+2400",
    "wrong encoding": "not UTF-8; the bytes are shown with backslashes",
    "no outcome": "neither a reward nor a rating",
    "invalid reward": "not a number from 0 to 1",
    "invalid rating": "not a whole number from 1 to 5",
    "invalid complexity": "not a whole number from 1 to 5",
    "invalid propensity": "not a number above 0 and at most 1",
    "invalid cost": "not a whole number from 0 on",
    "invalid latency": "not a whole number from 0 on",
    "invalid time": f"not a time of ISO 8601 in the years {YEARS[0]} to {YEARS[1]}",
    "unknown technique": "no technique of that code; --create-techniques makes one",
    "unusable technique": f"a code of over {LONGEST_CODE} characters, or none at all",
    "unknown label": "no intent of that path; --create-intents makes one",
    "unusable label": "nothing is left of it in the letters a-z, digits and _",
    "label too long": "its path would be over 100 characters",
    "wrong number of columns": "the row has more or fewer cells than the header",
    "unbalanced quote": "a quote is not closed, or closed in the middle of a cell",
    "not a JSON object": "the line is not one",
}


class _SetAsideError(Exception):
    """Carries the reason why a row cannot be taken."""


@dataclass(frozen=True)
class _Cells:
    """The cells of a row by role; a constant stands for a column that there is not."""

    raw: Mapping[str, object]
    columns: Columns

    def value(self, role: str) -> object:
        name = self.columns.names.get(role)
        return self.columns.constants.get(role) if name is None else self.raw.get(name)

    def text(self, role: str, longest: int = LONGEST_WORD) -> str | None:
        """None where nothing visible stands."""
        text = text_of(self.value(role))
        if text is None:
            raise _SetAsideError("not a string")
        if len(text) > longest:
            raise _SetAsideError("text too long")
        problem = character_problem(text)
        if problem:
            raise _SetAsideError(problem)
        return text if is_visible(text) else None

    def word(self, role: str) -> str | None:
        text = self.text(role)
        return text.strip() if text else None

    def number(self, role: str, reason: str, allowed: Callable[[float], bool]) -> float | None:
        text = text_of(self.value(role))
        if text is not None and not text.strip():
            return None
        word = (text or "").strip()
        number = float(word) if _NUMBER.fullmatch(word) else _TRUTH.get(word.casefold()) if role == "reward" else None
        if number is None or not allowed(number):
            raise _SetAsideError(reason)
        return number

    def integer(self, role: str, reason: str) -> int | None:
        number = self.number(role, reason, lambda given: 0 <= given <= LARGEST_INTEGER and given.is_integer())
        return None if number is None else int(number)


def check_outcome(raw: RawRow, columns: Columns, file: str) -> StagedOutcome:
    """Validate one row of the file with the digest ``file``. Whether techniques and intents exist is left for later.

    The id follows from file, columns and line, so that the same row is the same decision whenever it is imported.
    """
    cells = _Cells(raw.cells, columns)
    try:
        if raw.reason:
            raise _SetAsideError(raw.reason)
        return StagedOutcome(
            line=raw.line,
            reason=None,
            content=None,
            id=uuid5(_DECISIONS, f"{file}:{columns.key}:{raw.line}"),
            **_prompt(cells),
            codes=_codes(cells),
            reward=_reward(cells),
            label=cells.word("intent"),
            complexity=_complexity(cells),
            domain=cells.word("domain"),
            user_pseudonym=_pseudonym(cells),
            language_model=cells.word("language_model"),
            cost_tokens=cells.integer("cost_tokens", "invalid cost"),
            latency_ms=cells.integer("latency_ms", "invalid latency"),
            propensity=cells.number("propensity", "invalid propensity", lambda share: 0 < share <= 1),
            policy=cells.word("policy"),
            decided_at=_time(cells),
        )
    except _SetAsideError as exc:
        return StagedOutcome(raw.line, str(exc), _content(raw, columns))


def pseudonym(user: str) -> UUID:
    """Stands for a user of an imported log: the same for the same name, in whatever file."""
    return uuid5(_USERS, user)


def _prompt(cells: _Cells) -> dict[str, Any]:
    text, identifier = cells.text("prompt", LONGEST_TEXT), cells.word("external_id")
    if text is None and identifier is None:
        raise _SetAsideError("no prompt")
    return {"prompt_text": text, "external_id": identifier}


def _codes(cells: _Cells) -> tuple[str, ...]:
    value = cells.value("techniques")
    entries = value if isinstance(value, (list, tuple)) else [value]
    if any(text_of(entry) is None for entry in entries):
        raise _SetAsideError("not a string")
    codes = tuple(sorted(list_of(value)))
    problem = next(filter(None, map(character_problem, codes)), None)
    if problem:
        raise _SetAsideError(problem)
    if any(len(code) > LONGEST_CODE or ";" in code or not is_visible(code) for code in codes):
        raise _SetAsideError("unusable technique")
    return codes


def _reward(cells: _Cells) -> float:
    """A reward as it stands, true and false as 1 and 0; a rating of 1 to 5 as (rating - 1) / 4."""
    reward = cells.number("reward", "invalid reward", lambda given: 0 <= given <= 1)
    if reward is not None:
        return reward
    rating = cells.number("rating", "invalid rating", lambda given: given in (1, 2, 3, 4, 5))
    if rating is None:
        raise _SetAsideError("no outcome")
    return (rating - 1) / 4


def _complexity(cells: _Cells) -> int | None:
    level = level_of(cells.value("complexity"))
    if level == 0:
        raise _SetAsideError("invalid complexity")
    return level


def _pseudonym(cells: _Cells) -> UUID | None:
    user = cells.word("user")
    return None if user is None else pseudonym(user)


def _time(cells: _Cells) -> datetime | None:
    value = cells.value("time")
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()
    if not isinstance(value, datetime):
        text = text_of(value)
        if text is not None and not text.strip():
            return None
        try:
            value = datetime.fromisoformat((text or "").strip())
        except ValueError as exc:
            raise _SetAsideError("invalid time") from exc
    if not YEARS[0] <= value.year <= YEARS[1]:
        raise _SetAsideError("invalid time")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _content(raw: RawRow, columns: Columns) -> str | None:
    """What stands in the row, but for who asked: of a line without columns nobody knows where that stands."""
    if raw.reason:
        return None if "user" in columns.names else shown(raw.raw)[:LONGEST_TEXT]
    cells = _Cells(raw.cells, columns)
    said = {}
    for role in columns.names:
        text = text_of(cells.value(role))
        text = str(cells.value(role)) if text is None else text
        if text and role != "user":
            said[role] = shown(text)[:LONGEST_TEXT]
    return json.dumps(said, ensure_ascii=False)[:LONGEST_TEXT]
