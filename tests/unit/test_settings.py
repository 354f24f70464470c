"""The environment is read once, into values that can be used or a sentence that says which cannot."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from workbench import settings
from workbench.errors import SettingInvalid
from workbench.settings import Settings, default_home, read_settings


def test_without_an_environment_the_defaults_hold() -> None:
    found = read_settings()
    assert found.home == default_home()
    assert (found.database_url, found.encoder, found.mlflow_port) == (None, "all-MiniLM-L6-v2", 5000)


def test_each_field_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values = {"home": tmp_path, "database_url": "postgres://h/d", "encoder": "x", "mlflow_port": 1234, "threads": 3}
    for name, value in values.items():
        monkeypatch.setenv(f"WORKBENCH_{name.upper()}", str(value))
    found = read_settings()
    assert {name: getattr(found, name) for name in values} == values
    assert found.artifacts == tmp_path / "mlflow" / "artifacts"
    assert found.runs == tmp_path / "runs"


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("MLFLOW_PORT", "0", "greater than or equal to 1"),
        ("MLFLOW_PORT", "70000", "less than or equal to 65535"),
        ("MLFLOW_PORT", "five", "valid integer"),
        ("THREADS", "-1", "greater than or equal to 0"),
        ("THREADS", "many", "valid integer"),
        ("DATABASE_URL", "mysql://h/d", "expected postgresql://"),
        ("MLFLOW_DATABASE_URL", "h/d", "expected postgresql://"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    monkeypatch.setenv(f"WORKBENCH_{name}", value)
    with pytest.raises(SettingInvalid, match=problem) as caught:
        read_settings()
    assert f"The setting WORKBENCH_{name} is wrong" in str(caught.value)
    assert caught.value.exit_code == 2


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", "")
    assert read_settings().home == default_home()


def test_a_password_in_a_wrong_url_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", "mysql://me:secret@h/d")
    with pytest.raises(SettingInvalid) as caught:
        read_settings()
    assert "secret" not in str(caught.value)


def test_folders_are_absolute_and_home_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    found = Settings(home=Path("~/data"), pg_bin=Path("bin"))
    assert (found.home, found.pg_bin) == (tmp_path / "data", tmp_path / "bin")


def test_variables_of_later_versions_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_NOT_YET_KNOWN", "1")
    assert read_settings() == Settings()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().threads = 2


def test_root_keeps_its_data_where_an_unprivileged_server_can_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_home() == settings.ROOT_HOME
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert default_home().name == "workbench"
    assert default_home() != settings.ROOT_HOME


def test_every_field_says_what_it_is_for() -> None:
    assert all((field.description or "").endswith(".") for field in Settings.model_fields.values())
