"""SQL lives in .sql files, every query has a user, and no value is ever pasted into one."""

from __future__ import annotations

import ast
import re

import pytest
from source import MODULES, Module

from workbench.resources import shipped
from workbench.sql import subjects

STATEMENT = re.compile(r"\s*(select|insert|update|delete|with|create|alter|drop|copy|truncate|grant)\s", re.IGNORECASE)
SENDERS = {"execute", "executemany", "copy", "stream"}
# What cannot be a value and so cannot be a parameter: PostgreSQL's names, quoted by psycopg, and session settings.
COMPOSED = {"db/connection.py", "db/notices.py"}


def queries_named() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for module in MODULES:
        for call in module.calls():
            if ast.unparse(call.func) in {"query", "sql.query"}:
                (subject,) = words(module, call.args[0])
                found |= {(subject, name) for name in words(module, call.args[1])}
    return found


def words(module: Module, argument: ast.expr) -> set[str]:
    """The text of a string or of a constant of the module; for a parameter every word that the module passes on."""
    if isinstance(argument, ast.Constant):
        return {argument.value}
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == ast.unparse(argument):
            return {ast.literal_eval(node.value)}
    passed = {word.value for call in module.calls() for word in call.args if isinstance(word, ast.Constant)}
    return {str(word) for word in passed} & {name for _, name in stored()}


def stored() -> set[tuple[str, str]]:
    return {(subject, name) for subject, named in subjects().items() for name in named}


def test_every_stored_query_is_used() -> None:
    assert sorted(stored() - queries_named()) == []


def test_every_query_that_is_asked_for_is_stored() -> None:
    assert sorted(queries_named() - stored()) == []


def test_no_query_is_stored_twice_under_one_name() -> None:
    for path in shipped("sql", "queries").glob("*.sql"):
        names = re.findall(r"^-- name: (\w+)", path.read_text(), re.MULTILINE)
        assert len(names) == len(set(names)), path.name


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_what_is_sent_is_a_stored_query_or_a_literal(module: Module) -> None:
    for call in module.calls():
        if isinstance(call.func, ast.Attribute) and call.func.attr in SENDERS and call.args:
            sent = call.args[0]
            assert not isinstance(sent, ast.JoinedStr | ast.BinOp), ast.unparse(call)
            if isinstance(sent, ast.Call) and ast.unparse(sent.func).endswith(".format"):
                assert module.name in COMPOSED, ast.unparse(call)


@pytest.mark.parametrize("module", [m for m in MODULES if m.name not in COMPOSED], ids=lambda module: module.name)
def test_no_statement_is_written_in_python(module: Module) -> None:
    docstrings = {id(node.value) for node in ast.walk(module.tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            assert not (STATEMENT.match(node.value) and node.value.upper() == node.value), node.value


@pytest.mark.parametrize("path", sorted(shipped("sql", "queries").glob("*.sql")), ids=lambda path: path.name)
def test_values_are_named(path: object) -> None:
    text = re.sub(r"--.*", "", path.read_text())
    assert re.findall(r"%s|%b|%t", text) == []
    assert re.findall(r"\$\d", text) == []
