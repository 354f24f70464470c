"""What stands in a cell of a file, whatever its type there, and whether PostgreSQL can keep it."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable

LONGEST_TEXT = 50_000
SEPARATOR = ";"


def shown(text: str) -> str:
    """``text`` as PostgreSQL can keep it: U+2400 for NUL, backslashes for bytes that are not UTF-8."""
    try:
        text = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text.replace("\0", "␀")


def text_of(value: object) -> str | None:
    """The text of a cell; None when it holds a list or an object."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if isinstance(value, (list, tuple, dict)) else str(value)


def list_of(value: object) -> tuple[str, ...]:
    """Distinct entries of a list, or of a text separated by semicolons."""
    entries: Iterable[object] = value if isinstance(value, (list, tuple)) else (text_of(value) or "").split(SEPARATOR)
    return tuple(dict.fromkeys(entry.strip() for entry in map(text_of, entries) if entry and entry.strip()))


def level_of(value: object) -> int | None:
    """1 to 5; None where nothing stands; 0 where it is none of these."""
    text = text_of(value)
    if text is not None and not text.strip():
        return None
    return int(text.strip()[0]) if text and re.fullmatch(r"\s*[1-5](\.0*)?\s*", text) else 0


def character_problem(text: str) -> str | None:
    if "\0" in text:
        return "NUL byte"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "wrong encoding"
    return None


def text_problem(text: str | None) -> str | None:
    if text is None:
        return "text is not a string"
    if len(text) > LONGEST_TEXT:
        return "text too long"
    return character_problem(text) or (None if is_visible(text) else "empty text")


def is_visible(text: str) -> bool:
    return any(not character.isspace() and unicodedata.category(character) not in ("Cf", "Cc") for character in text)
