"""Results as they come, one line of JSON each, so that a run that was killed goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd


class Results:
    """``path`` holds a line a result, the last of a key counts; beside it lies a folder with the rows of each."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = path.with_suffix("")
        self.rows.mkdir(parents=True, exist_ok=True)
        self._known = {found["key"]: found for found in self._lines()}
        self.passed: dict[tuple[str, str, str], str] = {}

    def get(self, key: str, digest: str) -> dict[str, Any] | None:
        """None where there is no such result, or it was made by other code or of other rows."""
        found = self._known.get(key)
        return found if found and found["digest"] == digest else None

    def add(self, result: dict[str, Any], rows: pd.DataFrame | None = None) -> None:
        if rows is not None:
            rows.to_parquet(self._place(result["key"]))
        # The line break comes first: a line that a killed run did not finish must not swallow this one.
        with self.path.open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps(result, allow_nan=False))
        self._known[result["key"]] = result

    def rows_of(self, key: str) -> pd.DataFrame:
        return pd.read_parquet(self._place(key))

    def _place(self, key: str) -> Path:
        return self.rows / f"{key.replace(' ', '-')}.parquet"

    def _lines(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                continue


def together(*digests: str) -> str:
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()[:16]
