"""The package's source, parsed once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "workbench"


@dataclass(frozen=True)
class Module:
    path: Path

    @property
    def name(self) -> str:
        """Such as ``store/training.py``."""
        return self.path.relative_to(SOURCE).as_posix()

    @property
    def room(self) -> str:
        """The folder, or the stem of a module that lies at the top."""
        return self.path.relative_to(SOURCE).with_suffix("").parts[0]

    @property
    def lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"), str(self.path))

    def imports(self) -> Iterator[str]:
        """Dotted names of everything imported, wherever it stands; ``from a.b import c`` gives ``a.b.c``."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                dots = "." * node.level
                yield from (f"{dots}{node.module or ''}.{alias.name}" for alias in node.names)

    def packages(self) -> set[str]:
        return {name.split(".")[0] for name in self.imports()}

    def attributes(self) -> Iterator[str]:
        """Every ``x.y`` that is read, as far as it is written in names."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute):
                yield ast.unparse(node)

    def calls(self) -> Iterator[ast.Call]:
        yield from (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))


MODULES = [Module(path) for path in sorted(SOURCE.rglob("*.py"))]
