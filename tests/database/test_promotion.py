"""Promote, refuse, override, take back: what stands in PostgreSQL and in MLflow afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from small_models import fill, train

from workbench.db.connection import connect
from workbench.errors import (
    AliasNotMoved,
    AlreadyLive,
    ChampionChanged,
    DeploymentBusy,
    GateRefused,
    ModelFileRefused,
    NothingLive,
    NoWayBack,
    ReasonMissing,
)
from workbench.jobs import promote
from workbench.jobs.consider import consider_model
from workbench.jobs.go_live import alone, follow_live
from workbench.jobs.models import find
from workbench.jobs.promote import Override, promote_model
from workbench.jobs.rollback import rollback
from workbench.jobs.workspace import Workspace
from workbench.store import deployments
from workbench.store.deployments import Event
from workbench.store.models import Model
from workbench.tracking import aliases
from workbench.tracking.models import file_of_version

KIND = "intent_classifier"
START = Override("somewhere one has to begin")


@pytest.fixture(scope="module")
def trained(workspace: Workspace) -> dict[str, Model]:
    """The more of four intents are spoilt, the worse."""
    spoilt = {"poor": 2, "fair": 1, "good": 0, "again": 0}
    return {name: train(workspace, "small", count, seed=place) for place, (name, count) in enumerate(spoilt.items())}


@pytest.fixture
def models(workspace: Workspace, trained: dict[str, Model]) -> Iterator[dict[str, Model]]:
    """None is live, and nothing has happened yet."""
    yield trained
    with connect(workspace.url) as connection:
        connection.execute("ALTER TABLE model_deployment_events DISABLE TRIGGER keep_deployment_events")
        connection.execute("DELETE FROM model_deployment_events")
        connection.execute("ALTER TABLE model_deployment_events ENABLE TRIGGER keep_deployment_events")
        never = "is_active = false, deployed_at = NULL, deprecated_at = NULL"
        connection.execute(f"UPDATE ml_model_performance SET {never}")
    follow_live(workspace, KIND)


def live(workspace: Workspace) -> tuple[str | None, str | None]:
    """The live model in PostgreSQL and the version that MLflow's alias names."""
    with connect(workspace.url) as connection:
        row = connection.execute("SELECT model_version FROM ml_model_performance WHERE is_active").fetchone()
    return row[0] if row else None, aliases.champion(workspace.tracker, KIND)


def events(workspace: Workspace) -> list[Event]:
    with connect(workspace.url) as connection:
        return deployments.events(connection, KIND)


def name_of(model: Model | None) -> str:
    return model.name if model else "none"


def told(event: Event) -> tuple[str, str | None, str | None]:
    sides = (side.model_version if side else None for side in (event.before, event.after))
    return (event.kind, *sides)


def test_the_first_model_and_a_better_one_go_live_with_an_event_each(
    workspace: Workspace, models: dict[str, Model]
) -> None:
    fair, good = models["fair"], models["good"]
    promote_model(workspace, fair)
    assert live(workspace) == (fair.model_version,) * 2
    verdict = promote_model(workspace, good)
    assert live(workspace) == (good.model_version,) * 2
    first, second = events(workspace)
    assert (told(first), told(second)) == (
        ("promote", None, fair.model_version),
        ("promote", fair.model_version, good.model_version),
    )
    assert second.gate_report == verdict.decision.as_json()
    assert second.gates_sha256 == verdict.decision.gates_sha256 != ""
    assert (second.is_override, second.reason) == (False, "The gate accepted it.")
    assert second.login_role
    assert "@" in second.actor
    old = find(workspace.url, fair.run_id)
    assert not old.is_active
    assert old.deprecated_at is not None
    assert find(workspace.url, good.run_id).deployed_at is not None


def test_a_worse_model_is_refused_and_nothing_changes(workspace: Workspace, models: dict[str, Model]) -> None:
    promote_model(workspace, models["good"])
    with pytest.raises(GateRefused, match="does not go live: Right on 0 prompts") as caught:
        promote_model(workspace, models["fair"])
    assert caught.value.exit_code == 3
    assert live(workspace) == (models["good"].model_version,) * 2
    assert len(events(workspace)) == 1


def test_an_equal_model_is_refused(workspace: Workspace, models: dict[str, Model]) -> None:
    promote_model(workspace, models["good"])
    verdict = consider_model(workspace, models["again"])
    assert "better" in {check.name for check in verdict.decision.against} <= {"better", "not_worse"}


def test_a_person_may_decide_otherwise_with_a_reason_that_is_kept(
    workspace: Workspace, models: dict[str, Model]
) -> None:
    promote_model(workspace, models["good"])
    with pytest.raises(ReasonMissing):
        promote_model(workspace, models["fair"], Override(" "))
    promote_model(workspace, models["fair"], Override("the good one is too slow"))
    event = events(workspace)[-1]
    assert (event.is_override, event.reason) == (True, "the good one is too slow")
    assert event.gate_report is not None
    assert event.gate_report["promote"] is False
    assert live(workspace) == (models["fair"].model_version,) * 2


def test_an_override_of_what_the_gate_accepts_is_none(workspace: Workspace, models: dict[str, Model]) -> None:
    promote_model(workspace, models["good"], Override("it is good"))
    assert not events(workspace)[-1].is_override


def test_a_live_model_cannot_go_live_again(workspace: Workspace, models: dict[str, Model]) -> None:
    promote_model(workspace, models["good"])
    with pytest.raises(AlreadyLive, match="intent@"):
        promote_model(workspace, models["good"])
    verdict = consider_model(workspace, models["good"])
    assert verdict.decision.reasons == ("It is live already.",)
    assert not promote.promote(workspace, verdict)


def test_a_verdict_over_a_champion_that_was_replaced_since_changes_nothing(
    workspace: Workspace, models: dict[str, Model]
) -> None:
    promote_model(workspace, models["poor"], START)
    stale = consider_model(workspace, models["fair"])
    assert stale.decision.promote
    promote_model(workspace, models["good"])
    with pytest.raises(ChampionChanged, match=rf"since then {models['good'].name} has gone live"):
        promote.promote(workspace, stale)
    assert live(workspace) == (models["good"].model_version,) * 2


def test_two_at_once_go_one_after_the_other(workspace: Workspace, models: dict[str, Model]) -> None:
    """The second is held against what the first made live, not against what was live when it began."""
    ended: dict[str, object] = {}

    def attempt(name: str) -> None:
        try:
            ended[name] = promote_model(workspace, models[name])
        except GateRefused as exc:
            ended[name] = exc

    promote_model(workspace, models["poor"], START)
    threads = [threading.Thread(target=attempt, args=(name,)) for name in ("good", "again")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [name for name, end in ended.items() if isinstance(end, GateRefused)]
    assert len(refused) == 1
    assert [told(event)[0] for event in events(workspace)] == ["promote", "promote"]
    (winner,) = {"good", "again"} - set(refused)
    assert live(workspace) == (models[winner].model_version,) * 2


def test_who_holds_it_is_told_to_whoever_cannot_wait(workspace: Workspace, models: dict[str, Model]) -> None:
    holding = alone(workspace, KIND, 1)
    with holding, pytest.raises(DeploymentBusy, match="workbench"):
        promote_model(workspace, models["good"], wait_seconds=0)


def test_an_alias_that_cannot_be_moved_is_said_and_follows_later(
    workspace: Workspace, models: dict[str, Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(workspace.tracker.client, "set_registered_model_alias", _away)
        with pytest.raises(AliasNotMoved, match="verify --repair"):
            promote_model(workspace, models["good"])
    assert live(workspace) == (models["good"].model_version, None)
    assert follow_live(workspace, KIND)
    assert live(workspace) == (models["good"].model_version,) * 2


def _away(*_: object) -> None:
    raise OSError("MLflow is away")


# the way back


def test_a_rollback_goes_back_to_what_was_live_before(workspace: Workspace, models: dict[str, Model]) -> None:
    promote_model(workspace, models["fair"])
    promote_model(workspace, models["good"])
    done = rollback(workspace, KIND, "users complain")
    assert (done.before.name, name_of(done.after)) == (models["good"].name, models["fair"].name)
    assert live(workspace) == (models["fair"].model_version,) * 2
    event = events(workspace)[-1]
    assert told(event) == ("rollback", models["good"].model_version, models["fair"].model_version)
    assert event.reason == "users complain"


def test_a_rollback_never_goes_to_what_was_taken_back_itself(workspace: Workspace, models: dict[str, Model]) -> None:
    promote_model(workspace, models["poor"], START)
    promote_model(workspace, models["fair"])
    rollback(workspace, KIND, "a mistake")
    promote_model(workspace, models["good"])
    with pytest.raises(NoWayBack, match=r"was itself taken back .* \(a mistake\)"):
        rollback(workspace, KIND, "worse", models["fair"].name)
    assert name_of(rollback(workspace, KIND, "worse").after) == models["poor"].name


def test_a_mistake_of_long_ago_is_undone_with_all_that_was_built_on_it(
    workspace: Workspace, models: dict[str, Model]
) -> None:
    promote_model(workspace, models["poor"], START)
    for name in ("fair", "good"):
        promote_model(workspace, models[name])
    rollback(workspace, KIND, "the fair one learnt from wrong labels", models["poor"].name)
    assert live(workspace) == (models["poor"].model_version,) * 2
    with pytest.raises(NoWayBack, match="no other model was live before it"):
        rollback(workspace, KIND, "again")


def test_what_was_taken_back_needs_a_person_to_go_live_again(workspace: Workspace, models: dict[str, Model]) -> None:
    promote_model(workspace, models["fair"])
    promote_model(workspace, models["good"])
    rollback(workspace, KIND, "users complain")
    verdict = consider_model(workspace, models["good"])
    assert [check.name for check in verdict.decision.against] == ["not_taken_back"]
    promote_model(workspace, models["good"], Override("they complained about something else"))
    assert name_of(rollback(workspace, KIND, "they did not").after) == models["fair"].name


def test_the_last_one_can_be_retired_without_another(workspace: Workspace, models: dict[str, Model]) -> None:
    promote_model(workspace, models["good"])
    assert rollback(workspace, KIND, "harmful", "none").after is None
    assert live(workspace) == (None, None)
    assert told(events(workspace)[-1]) == ("retire", models["good"].model_version, None)
    with pytest.raises(NothingLive):
        rollback(workspace, KIND, "again")


def test_a_rollback_needs_a_reason_and_a_file_that_is_whole(workspace: Workspace, models: dict[str, Model]) -> None:
    promote_model(workspace, models["fair"])
    promote_model(workspace, models["good"])
    with pytest.raises(ReasonMissing):
        rollback(workspace, KIND, "  ")
    path = file_of_version(workspace.tracker, KIND, models["fair"].model_version)
    kept = path.read_bytes()
    path.write_bytes(kept + b"x")
    with pytest.raises(ModelFileRefused, match="PostgreSQL has"):
        rollback(workspace, KIND, "users complain")
    path.write_bytes(kept)
    assert live(workspace) == (models["good"].model_version,) * 2


# other data


def test_a_champion_of_other_data_is_judged_again_on_what_it_has_not_seen(
    workspace: Workspace, models: dict[str, Model]
) -> None:
    fill(workspace.url, "larger")  # the same texts in both splits, and 80 more of each
    fill(workspace.url, "larger", 160, first=1000)
    promote_model(workspace, models["fair"])
    verdict = consider_model(workspace, train(workspace, "larger"))
    assert verdict.decision.promote, verdict.decision.against
    assert verdict.theirs is not None
    assert len(verdict.theirs.predictions) == 240
    said = next(check for check in verdict.decision.checks if check.name == "champion").sentence
    assert f"{models['fair'].name} was judged again on 240 test prompts of larger that it had not learnt from" in said


def test_prompts_that_the_champion_learnt_from_do_not_count(workspace: Workspace, models: dict[str, Model]) -> None:
    fill(workspace.url, "turned")
    with connect(workspace.url) as connection:
        connection.execute("UPDATE ml_training_data SET is_test_set = NOT is_test_set WHERE dataset_version = 'turned'")
    promote_model(workspace, models["fair"])
    verdict = consider_model(workspace, train(workspace, "turned"))
    assert [check.sentence for check in verdict.decision.against] == [
        f"The champion {models['fair'].name} cannot be judged on the same prompts: it has learnt from every one of "
        "them. A person has to decide."
    ]


def test_a_new_intent_is_a_gain_and_what_both_know_is_compared(workspace: Workspace, models: dict[str, Model]) -> None:
    fill(workspace.url, "wider", intents=("code.debug", "code.write", "talk", "write.poem", "write.story"))
    promote_model(workspace, models["good"])
    verdict = consider_model(workspace, train(workspace, "wider"))
    labels = next(check for check in verdict.decision.checks if check.name == "labels")
    assert labels.values["new"] == ["write.story"]
    assert labels.values["gone"] == []


def test_data_that_changed_since_the_training_refuse(workspace: Workspace, models: dict[str, Model]) -> None:
    fill(workspace.url, "moving", 160)
    trained = train(workspace, "moving")
    fill(workspace.url, "moving", 80, first=500)
    failed = {check.name for check in consider_model(workspace, trained).decision.against}
    assert "data_unchanged" in failed


def test_a_model_whose_file_was_swapped_is_refused(workspace: Workspace, models: dict[str, Model]) -> None:
    path = file_of_version(workspace.tracker, KIND, models["good"].model_version)
    kept = path.read_bytes()
    path.write_bytes(kept[:-1])
    failed = {check.name: check.sentence for check in consider_model(workspace, models["good"]).decision.against}
    path.write_bytes(kept)
    assert "was refused: its sha256 is" in failed["file"]


def test_a_model_whose_run_is_gone_is_refused(workspace: Workspace, models: dict[str, Model]) -> None:
    lost = replace(models["good"], run_id="0" * 32)
    failed = {check.name for check in consider_model(workspace, lost).decision.against}
    assert failed == {"predictions"}


def test_a_model_of_an_earlier_version_that_cannot_answer_is_refused_and_not_met(
    workspace: Workspace, models: dict[str, Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise AttributeError("no attribute newer_")

    monkeypatch.setattr("workbench.models.intent.HierarchicalIntentClassifier.predict_proba", broken)
    failed = {check.name: check.sentence for check in consider_model(workspace, models["good"]).decision.against}
    assert set(failed) == {"answers"}
    assert "does not answer (AttributeError: no attribute newer_): train again." in failed["answers"]


# the events


def test_what_was_done_stays_done(workspace: Workspace, models: dict[str, Model]) -> None:
    promote_model(workspace, models["good"])
    for statement in (
        "UPDATE model_deployment_events SET reason = 'other'",
        "DELETE FROM model_deployment_events",
        "TRUNCATE model_deployment_events",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation, match="only grows"), connect(workspace.url) as connection:
            connection.execute(statement)
