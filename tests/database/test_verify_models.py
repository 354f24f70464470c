"""PostgreSQL and MLflow held against each other, both ways, after each kind of damage."""

from __future__ import annotations

import pytest
from small_models import fill, train

from workbench.db.connection import connect
from workbench.errors import ModelsNotComparable
from workbench.jobs.compare_models import compare_models
from workbench.jobs.promote import promote_model
from workbench.jobs.rollback import rollback
from workbench.jobs.verify_models import Disagreement, verify
from workbench.jobs.workspace import Workspace
from workbench.store import deployments
from workbench.store.models import Model
from workbench.tracking import aliases
from workbench.tracking.models import file_of_version

KIND = "intent_classifier"


@pytest.fixture(scope="module")
def models(workspace: Workspace) -> tuple[Model, Model]:
    """The second is live, the first was."""
    first, second = train(workspace, "small", spoilt=1), train(workspace, "small")
    promote_model(workspace, first)
    promote_model(workspace, second)
    return first, second


def found(workspace: Workspace, *, repair: bool = False) -> dict[str, Disagreement]:
    return {one.kind: one for one in verify(workspace, repair).disagreements}


def test_after_promotions_all_agree(workspace: Workspace, models: tuple[Model, Model]) -> None:
    verified = verify(workspace)
    assert (verified.agrees, verified.models, verified.disagreements) == (True, 2, ())


def test_a_swapped_file_and_a_missing_one_are_found(workspace: Workspace, models: tuple[Model, Model]) -> None:
    path = file_of_version(workspace.tracker, KIND, models[1].model_version)
    kept = path.read_bytes()
    path.write_bytes(b"other")
    swapped = found(workspace)
    path.unlink()
    missing = found(workspace)
    path.write_bytes(kept)
    assert "its sha256 is" in swapped["file"].found
    assert "It is live: `workbench models rollback`" in swapped["file"].advice
    assert missing["file"].found.endswith("it is not there")
    assert found(workspace) == {}


def test_an_alias_that_somebody_moved_follows_postgresql_again(
    workspace: Workspace, models: tuple[Model, Model]
) -> None:
    first, second = models
    workspace.tracker.client.set_registered_model_alias(KIND, "champion", first.model_version)
    seen = found(workspace)["alias"]
    assert seen.found == f"the alias champion names version {first.model_version}, live is {second.name}"
    assert not seen.mended
    assert not verify(workspace).agrees
    assert found(workspace, repair=True)["alias"].mended
    assert aliases.champion(workspace.tracker, KIND) == second.model_version
    assert found(workspace) == {}
    with connect(workspace.url) as connection:
        event = deployments.events(connection, KIND)[-1]
    assert (event.kind, event.before and event.before.id, event.after and event.after.id) == (
        "repair",
        first.id,
        second.id,
    )
    assert rollback(workspace, KIND, "to see that a repair is no deployment").after is not None
    with connect(workspace.url) as connection:
        assert deployments.active(connection, KIND) == first.id


def test_a_version_that_no_row_has_is_named(workspace: Workspace, models: tuple[Model, Model]) -> None:
    client = workspace.tracker.client
    source = client.get_model_version(KIND, models[0].model_version).source
    made = client.create_model_version(KIND, source, models[0].run_id)
    seen = found(workspace, repair=True)
    client.delete_model_version(KIND, made.version)
    assert seen["version_without_row"].about == f"{KIND}/{made.version}"
    assert not seen["version_without_row"].mended
    assert found(workspace) == {}


def test_a_row_whose_run_or_version_is_gone_is_named(workspace: Workspace, models: tuple[Model, Model]) -> None:
    workspace.tracker.client.delete_run(models[0].run_id)
    seen = found(workspace)
    workspace.tracker.client.restore_run(models[0].run_id)
    assert seen["row_without_run"].about == models[0].name
    with connect(workspace.url) as connection:
        connection.execute(
            "INSERT INTO ml_model_performance (model_name, model_version, model_type) VALUES ('own', '9', %s)", [KIND]
        )
    seen = found(workspace)
    with connect(workspace.url) as connection:
        connection.execute("DELETE FROM ml_model_performance WHERE model_name = 'own'")
    assert seen["row_without_version"].about == "own@9"
    assert seen["row_without_run"].found == "no run is recorded of it"


def test_who_goes_round_the_gate_is_found_out(workspace: Workspace, models: tuple[Model, Model]) -> None:
    with connect(workspace.url) as connection:
        connection.execute("UPDATE ml_model_performance SET is_active = false WHERE is_active")
    seen = found(workspace)["event"]
    with connect(workspace.url) as connection:
        connection.execute("UPDATE ml_model_performance SET is_active = true WHERE id = %s", [models[0].id])
    assert seen.found == f"live is none, the last event says {models[0].name}"
    assert "by hand" in seen.advice


def test_two_models_are_compared_prompt_by_prompt(workspace: Workspace, models: tuple[Model, Model]) -> None:
    first, second = models
    compared = compare_models(workspace, second.name, first.run_id)
    scores = {row["metric"]: row for row in compared.scores}
    assert compared.rows == 160
    assert scores["accuracy"]["ours"] == second.metrics["accuracy"]
    assert scores["accuracy"]["theirs"] == first.metrics["accuracy"]
    assert scores["accuracy"]["low"] > 0
    groups = {row["group"] for row in compared.groups}
    assert groups == {"code", "code.debug", "code.write", "talk", "write", "write.poem"}
    assert compared.changed()[0]["group"] == "code.debug"
    assert set(compared.as_json()) == {"first", "second", "rows", "scores", "groups"}


def test_models_of_two_datasets_are_not_compared(workspace: Workspace, models: tuple[Model, Model]) -> None:
    fill(workspace.url, "other", 160)
    other = train(workspace, "other")
    with pytest.raises(ModelsNotComparable, match="not of the same rows"):
        compare_models(workspace, other.name, models[0].name)
