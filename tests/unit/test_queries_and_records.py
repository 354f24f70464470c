"""Queries are found by subject and name; the values handed from room to room stay as they were made."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from small_data import recipe

from workbench import records, resources, sql
from workbench.records import MODEL_TYPES, SHORT_NAMES


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of queries of the test's own."""
    monkeypatch.setattr(sql, "shipped", lambda *parts: tmp_path.joinpath(*parts[2:]))
    sql._subject.cache_clear()
    yield tmp_path
    sql._subject.cache_clear()


def test_a_query_ends_where_the_next_one_begins(shipped: Path) -> None:
    (shipped / "small.sql").write_text(
        "-- A head.\n\n-- name: one\n-- Why.\nSELECT 1;\n\n-- name: two\nSELECT '-- name: x'\n"
    )
    assert sql.query("small", "one") == "-- Why.\nSELECT 1;"
    assert sql.query("small", "two") == "SELECT '-- name: x'"
    assert list(sql.subjects()["small"]) == ["one", "two"]


def test_an_unknown_query_is_a_mistake_in_the_code(shipped: Path) -> None:
    (shipped / "small.sql").write_text("-- name: one\nSELECT 1")
    with pytest.raises(KeyError, match="three"):
        sql.query("small", "three")


def test_a_checkout_wins_over_what_the_wheel_carries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(resources, "_CHECKOUT", tmp_path)
    assert resources.shipped("sql").parent.name == "_shipped"
    (tmp_path / "pyproject.toml").touch()
    assert resources.shipped("sql", "queries") == tmp_path / "sql" / "queries"


def test_every_model_type_has_one_short_name() -> None:
    assert sorted(SHORT_NAMES.values()) == sorted(MODEL_TYPES)


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        recipe("intent_classifier").seed = 1
    kinds = [kind for kind in vars(records).values() if hasattr(kind, "__dataclass_fields__")]
    assert all(kind.__dataclass_params__.frozen for kind in kinds)
