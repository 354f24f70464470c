"""Short files, short functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from source import MODULES, Module

MOST_LINES_A_FILE = 250
MOST_LINES_A_FUNCTION = 60


def functions(module: Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_file_is_one_errand(module: Module) -> None:
    # errors.py is one class a sentence: it grows with what can go wrong and is read like a list.
    assert len(module.lines) <= MOST_LINES_A_FILE or module.name == "errors.py"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_function_fits_on_a_screen(module: Module) -> None:
    assert [(name, size) for name, size in functions(module) if size > MOST_LINES_A_FUNCTION] == []
