"""Models are called by short or long name, by what they are to their type, or by run."""

from __future__ import annotations

import psycopg
import pytest
import rows

from workbench.db.connection import Connection
from workbench.errors import ModelAmbiguous, ModelUnknown
from workbench.jobs.models import find, model_type_of, standings

RUNS = {version: version * 32 for version in "12"}


@pytest.fixture
def url(connection: Connection, database: str) -> str:
    """Two intent classifiers, the first live, and a live complexity model."""
    name = {"model_name": "intent_classifier"}
    rows.model(connection, "1", mlflow_run_id=RUNS["1"], is_active=True, deployed_at="2026-01-01", **name)
    rows.model(connection, "2", mlflow_run_id=RUNS["2"], **name)
    other = {"model_name": "complexity_model", "model_type": "complexity_model", "is_active": True}
    rows.model(connection, "1", **other)
    return database


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("intent@2", "2"),
        ("intent/1", "1"),
        ("intent_classifier/2", "2"),
        ("intent_classifier@1", "1"),
        ("intent@champion", "1"),
        ("intent/newest", "2"),
        (RUNS["2"], "2"),
    ],
)
def test_a_model_answers_to_its_names(url: str, name: str, version: str) -> None:
    found = find(url, name)
    assert (found.model_type, found.model_version, found.name) == ("intent_classifier", version, f"intent@{version}")


def test_a_name_that_may_be_several_is_refused_unless_the_type_is_known(url: str) -> None:
    with pytest.raises(ModelAmbiguous, match="Say which, such as complexity@champion"):
        find(url, "champion")
    assert find(url, "champion", "complexity_model").model_type == "complexity_model"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("intent@7", "Known: intent@2, intent@1. `workbench models list`"),
        ("poetry@1", "Known: complexity@1, intent@2, intent@1"),
        ("selector@champion", "Known: complexity@1, intent@2, intent@1"),
        ("0" * 32, "Known: complexity@1"),
        ("", "Known:"),
    ],
)
def test_an_unknown_model_is_told_what_there_is(url: str, name: str, known: str) -> None:
    with pytest.raises(ModelUnknown) as caught:
        find(url, name)
    assert known in str(caught.value)


def test_types_have_two_names() -> None:
    assert model_type_of("selector") == model_type_of("technique_selector") == "technique_selector"
    with pytest.raises(ModelUnknown, match="intent, complexity, selector"):
        model_type_of("poetry")


def test_the_list_says_how_each_stands(url: str) -> None:
    found = [(one.model.name, one.state) for one in standings(url)]
    assert found == [("complexity@1", "live"), ("intent@2", "never live"), ("intent@1", "live")]
    assert [one.as_json()["name"] for one in standings(url, "complexity_model")] == ["complexity@1"]


def test_a_repair_or_an_override_of_nothing_is_no_event(connection: Connection, url: str) -> None:
    least = "INSERT INTO model_deployment_events (model_type, kind, actor, reason, is_override) VALUES "
    for values in (
        "('intent_classifier', 'promote', 'a', 'b', false)",
        "('intent_classifier', 'rollback', 'a', 'b', false)",
        "('intent_classifier', 'repair', 'a', 'b', true)",
        "('intent_classifier', 'repair', 'a', ' ', false)",
        "('poet', 'repair', 'a', 'b', false)",
    ):
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(least + values)
