"""`kill -9` in the middle of a promotion or a rollback: done or not done, never half, and the alias follows.

Four kills in every run; WORKBENCH_TEST_KILLS=30 asks for as many as one likes, WORKBENCH_TEST_SEED for others.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, replace

import pytest
from killed_children import Order, killer
from small_models import train

from workbench.db.connection import connect
from workbench.jobs.deployment_history import replay
from workbench.jobs.promote import Override, promote_model
from workbench.jobs.verify_models import verify
from workbench.jobs.workspace import Workspace
from workbench.store import deployments
from workbench.store.models import Model
from workbench.tracking import aliases

KIND = "intent_classifier"
KILLS = int(os.environ.get("WORKBENCH_TEST_KILLS", "4"))
TURN = 2  # of so many orders one goes through, so that both ways come about
SEED = int(os.environ.get("WORKBENCH_TEST_SEED", "20260101"))


@pytest.fixture(scope="module")
def models(workspace: Workspace) -> dict[str, Model]:
    """Two models, the first of them live."""
    first, second = train(workspace, "small", spoilt=1), train(workspace, "small")
    promote_model(workspace, first, Override("somewhere one has to begin"))
    return {first.id: first, second.id: second}


@dataclass(frozen=True)
class State:
    live: str
    events: int
    alias: str | None


def state(workspace: Workspace) -> State:
    """What stands; PostgreSQL by itself has to be sound at every moment."""
    with connect(workspace.url) as connection:
        active = connection.execute("SELECT id::text FROM ml_model_performance WHERE is_active").fetchall()
        events = deployments.events(connection, KIND)
    assert len(active) == 1
    ((live,),) = active
    assert replay(events).live == live
    assert all(event.gate_report for event in events if event.kind == "promote")
    return State(live, sum(event.kind != "repair" for event in events), aliases.champion(workspace.tracker, KIND))


def order_for(workspace: Workspace, models: dict[str, Model], now: State) -> Order:
    """From the first to the second by a promotion, back by a rollback."""
    first, second = models.values()
    what = "promote" if now.live == first.id else "rollback"
    assert workspace.settings.mlflow_database_url is not None
    return Order(workspace.url, workspace.settings.mlflow_database_url, str(workspace.settings.home), what, second.name)


@pytest.mark.slow
def test_a_kill_leaves_no_half_state_and_the_alias_follows(workspace: Workspace, models: dict[str, Model]) -> None:
    luck = random.Random(SEED)
    versions = {identity: model.model_version for identity, model in models.items()}
    outcomes: list[str] = []
    with killer() as killing:
        takes = {}
        for what in ("promote", "rollback"):
            order = order_for(workspace, models, state(workspace))
            takes[what] = killing.carry_out(order)
            assert (order.what, takes[what].survived) == (what, True)
        for number in range(KILLS):
            if number % TURN == TURN - 1:
                assert killing.carry_out(order_for(workspace, models, state(workspace))).survived
            before = state(workspace)
            order = order_for(workspace, models, before)
            full = takes[order.what]
            by_line = {"die_at": luck.randint(full.lines // 2 if number % 4 == 1 else 1, full.lines)}
            by_clock = {"die_after": luck.uniform(0.001, full.seconds)}
            end = killing.carry_out(replace(order, **(by_line if number % 2 else by_clock)))
            after = state(workspace)
            moved = after.live != before.live
            assert after.events - before.events == moved
            assert after.alias in {before.alias, versions[before.live], versions[after.live]}
            lags = after.alias != versions[after.live]
            assert moved or not lags or before.alias == after.alias
            word = "survived" if end.survived else "alias lagged" if lags else "done" if moved else "not done"
            outcomes.append(f"{order.what} {word}")
            if lags and luck.random() < 0.5:
                assert not verify(workspace).agrees
                assert verify(workspace, repair=True).agrees
                assert state(workspace).alias == versions[after.live]
        assert killing.carry_out(order_for(workspace, models, state(workspace))).survived
    last = state(workspace)
    assert last.alias == versions[last.live]
    assert verify(workspace).agrees
    print({word: outcomes.count(word) for word in sorted(set(outcomes))})
    assert sum(word.endswith("survived") for word in outcomes) <= KILLS // 2
    assert {word.split()[0] for word in outcomes} == {"promote", "rollback"}
