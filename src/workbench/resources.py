"""Where the files that ship with the workbench are: a checkout first, an installed wheel second."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]


def shipped(*parts: str) -> Path:
    """The folder or file ``parts`` (such as ``"sql", "migrations"``) of the project.

    A checkout wins over the copy inside the wheel, so an editable install never reads a stale copy.
    """
    root = _CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() else _PACKAGE / "_shipped"
    return root.joinpath(*parts)


def source_files() -> list[Path]:
    """The package's own modules, by name."""
    return sorted(_PACKAGE.rglob("*.py"))
