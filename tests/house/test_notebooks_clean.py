"""Notebooks call and show: no code of their own, no outputs in the repository."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MOST_CELLS = 15
MOST_LINES = 12


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.name)
def notebook(request: pytest.FixtureRequest) -> dict[str, Any]:
    return json.loads(request.param.read_text(encoding="utf-8"))


def code(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def python(cell: dict[str, Any]) -> str:
    """The cell without the lines that speak to Jupyter."""
    return "\n".join(line for line in text(cell).splitlines() if not line.startswith("%"))


def test_there_are_notebooks_and_their_numbers_leave_no_gap() -> None:
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{number:02}" for number in range(1, len(NOTEBOOKS) + 1)]
    assert NOTEBOOKS


def test_no_output_is_kept(notebook: dict[str, Any]) -> None:
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code(notebook))


def test_exactly_one_cell_holds_the_parameters(notebook: dict[str, Any]) -> None:
    tagged = [cell for cell in notebook["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    assert [cell["cell_type"] for cell in tagged] == ["code"]


def test_a_parameter_is_a_plain_value(notebook: dict[str, Any]) -> None:
    (cell,) = [cell for cell in code(notebook) if "parameters" in cell["metadata"].get("tags", [])]
    for statement in ast.parse(python(cell)).body:
        assert isinstance(statement, ast.Assign | ast.AnnAssign)
        ast.literal_eval(statement.value)


def test_nothing_is_defined(notebook: dict[str, Any]) -> None:
    made = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for cell in code(notebook):
        assert not any(isinstance(node, made) for node in ast.walk(ast.parse(python(cell))))


def test_it_is_short(notebook: dict[str, Any]) -> None:
    assert len(code(notebook)) <= MOST_CELLS
    assert max(len(text(cell).splitlines()) for cell in code(notebook)) <= MOST_LINES


def test_it_begins_with_a_title(notebook: dict[str, Any]) -> None:
    first = notebook["cells"][0]
    assert first["cell_type"] == "markdown"
    assert text(first).startswith("# ")


def test_it_names_no_machine(notebook: dict[str, Any]) -> None:
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert not any(word in json.dumps(notebook) for word in ("/home/", "/root/", "/Users/"))
