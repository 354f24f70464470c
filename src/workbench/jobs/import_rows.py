"""One row of a file becomes a staged row, or a row set aside with a reason. Nothing here touches the world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from uuid import UUID

from workbench.errors import ColumnMissing
from workbench.features.linguistic import linguistic_features
from workbench.jobs.cells import (
    LONGEST_TEXT,
    character_problem,
    is_visible,
    level_of,
    list_of,
    shown,
    text_of,
    text_problem,
)
from workbench.jobs.reading import RawRow
from workbench.store.imports import StagedRow

LONGEST_LABEL = 1_000

# reason: what it means, as the README and `import_quarantine.reason` have it
REASONS = {
    "empty text": "no visible character",
    "text too long": f"over {LONGEST_TEXT:,} characters",
    "text is not a string": "a list or an object stands where the text should be",
    "NUL byte": "PostgreSQL cannot keep it; shown as U+2400",
    "wrong encoding": "not UTF-8; the bytes are shown with backslashes",
    "empty label": "no visible character",
    "label is not a string": "a list or an object stands where the label should be",
    "unknown label": "no intent of that path; --create-intents makes one",
    "unusable label": "nothing is left of it in the letters a-z, digits and _",
    "label too long": "its path would be over 100 characters",
    "wrong number of columns": "the row has more or fewer cells than the header",
    "unbalanced quote": "a quote is not closed, or closed in the middle of a cell",
    "not a JSON object": "the line is not one",
    "invalid complexity": "not a whole number from 1 to 5",
    "unknown technique": "no technique of that code",
    "duplicate with another label": "the same text came earlier with another label",
    "training copy of a test text": "the same text stands in the test split",
}


@dataclass(frozen=True)
class Columns:
    """Names of the columns to read; None where there is none."""

    text: str
    label: str
    parent: str | None = None
    complexity: str | None = None
    techniques: str | None = None
    secondary: str | None = None
    split: str | None = None

    def names(self) -> list[str]:
        return [name for name in astuple(self) if name is not None]


def find_columns(path: Path, present: tuple[str, ...], given: Mapping[str, str | None]) -> Columns:
    """The columns to read, by role. Text and label have names to fall back on; the others must be named.

    Raises:
        ColumnMissing: a named column is not there, or none that could be the text or the label.
    """
    chosen = dict(given)
    for role, usual in (("text", ("text", "prompt_text", "prompt")), ("label", ("label", "intent", "primary"))):
        chosen[role] = given.get(role) or next((name for name in usual if name in present), usual[0])
    for role, name in chosen.items():
        # A file without a single readable row names no columns; its rows say why.
        if name is not None and name not in present and present:
            columns = ", ".join(shown(column) for column in present)
            raise ColumnMissing(path=path, column=name, columns=columns, option=f"--{role}-column")
    return Columns(**chosen)  # type: ignore[arg-type]


def check_row(raw: RawRow, columns: Columns, techniques: Mapping[str, UUID]) -> StagedRow:
    """Validate one row; labels are left for later, when all of them are known."""
    text = text_of(raw.cells.get(columns.text))
    label = text_of(raw.cells.get(columns.label))
    reason = raw.reason or text_problem(text) or _label_problem(label)
    if reason is None:
        return _checked(raw, columns, techniques, text or "", (label or "").strip())
    given = raw.raw if raw.reason else (text or "")
    return StagedRow(raw.line, reason, shown(given)[:LONGEST_TEXT], shown(label or "")[:LONGEST_LABEL])


def _checked(raw: RawRow, columns: Columns, techniques: Mapping[str, UUID], text: str, label: str) -> StagedRow:
    def cell(name: str | None) -> object:
        return raw.cells.get(name) if name else None

    parent = (text_of(cell(columns.parent)) or "").strip()
    secondary = list_of(cell(columns.secondary))
    codes = list_of(cell(columns.techniques))
    split = (text_of(cell(columns.split)) or "").strip()
    complexity = level_of(cell(columns.complexity))
    reason = next(filter(None, map(character_problem, (parent, split, *secondary, *codes))), None)
    if any(len(name) > LONGEST_LABEL for name in (parent, *secondary)):
        reason = reason or "label too long"
    if complexity == 0:
        reason = reason or "invalid complexity"
    if any(code not in techniques for code in codes):
        reason = reason or "unknown technique"
    if reason:
        return StagedRow(raw.line, reason, text, label)
    ids = tuple(techniques[code] for code in codes)
    features = linguistic_features(text)
    return StagedRow(raw.line, None, text, label, parent, secondary, complexity, ids, is_test(split), features)


def is_test(split: str) -> bool:
    """``test``, ``Test``, ``oos_test`` are the test split; any other value is training data."""
    return split.casefold().endswith("test")


def _label_problem(label: str | None) -> str | None:
    if label is None:
        return "label is not a string"
    if len(label) > LONGEST_LABEL:
        return "label too long"
    return character_problem(label) or (None if is_visible(label) else "empty label")
