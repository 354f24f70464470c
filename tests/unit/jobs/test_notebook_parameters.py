"""Parameters stand in the executed notebook in clear text: what looks like a secret never becomes one."""

from __future__ import annotations

import pytest

from workbench.errors import NotebookMissing, NotebookParameterSecret, NotebookParameterUnknown
from workbench.jobs.notebook import check_parameters

NOTEBOOK = "03_train_complexity_model"


@pytest.mark.parametrize(
    "name", ["password", "db_password", "api_key", "DSN", "database_url", "token", "client_secret"]
)
def test_a_name_of_a_secret_is_refused(name: str) -> None:
    with pytest.raises(NotebookParameterSecret, match="in the environment instead"):
        check_parameters(NOTEBOOK, {name: "x"})


@pytest.mark.parametrize("value", ["postgresql://me:pw@host/db", "host=a password=pw", "x?password=pw"])
def test_a_value_that_holds_a_password_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(NotebookParameterSecret) as caught:
        check_parameters(NOTEBOOK, {"dataset_version": value})
    assert "pw" not in str(caught.value)


def test_plain_values_are_taken() -> None:
    assert check_parameters(NOTEBOOK, {"dataset_version": "v1", "run_id": "a" * 32}).is_file()


def test_an_unknown_parameter_or_notebook_is_named() -> None:
    with pytest.raises(
        NotebookParameterUnknown, match=r"no parameter 'colour'\. It has: dataset_version, run_id, seed"
    ):
        check_parameters(NOTEBOOK, {"colour": "red"})
    with pytest.raises(NotebookMissing):
        check_parameters("99_nothing", {})
