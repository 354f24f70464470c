"""Spell out the rows of a simulated history: ids that follow from name and seed, and every mark of the synthetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import numpy as np
import pandas as pd

from workbench.evaluation.simulated_rows import Draw, tokens
from workbench.evaluation.simulation import POLICY, GroundTruth
from workbench.records import Technique
from workbench.store import history as store

CLIENT = "simulation"
Tick = Callable[[int, int], None]

_NAMESPACE = uuid5(NAMESPACE_URL, "workbench:simulated-history")
_REPORT_EVERY = 500


@dataclass(frozen=True)
class SimulationOrder:
    """What to simulate: ``rows`` uses spread over the last ``days``. Without a version, the newest labelled one."""

    name: str = "demo"
    rows: int = 20_000
    seed: int = 7
    days: int = 60
    dataset_version: str | None = None


@dataclass(frozen=True)
class Scene:
    """Everything that is needed to spell out the rows of one draw."""

    order: SimulationOrder
    prompts: pd.DataFrame
    techniques: list[Technique]
    drawn: Draw
    users: list[store.SyntheticUser]
    moments: list[datetime]
    truth: GroundTruth

    def id(self, kind: str, row: object) -> UUID:
        return uuid5(_NAMESPACE, f"{kind}:{self.order.name}:{self.order.seed}:{row}")


def synthetic_users(count: int) -> list[store.SyntheticUser]:
    """The same users for every simulation, none of whom can get mail."""
    names = [f"synthetic-{number:03d}" for number in range(1, count + 1)]
    return [
        store.SyntheticUser(
            id=uuid5(_NAMESPACE, name),
            email=f"{name}@example.invalid",
            username=name,
            full_name=f"Synthetic user {name.removeprefix('synthetic-')}",
        )
        for name in names
    ]


def logging_policy(scene: Scene, version: str) -> store.LoggingPolicy:
    """The biased policy, with the probability of every technique for every prompt."""
    prompts = scene.prompts
    columns = (prompts[name].tolist() for name in ("prompt_key", "intent", "complexity"))
    return store.LoggingPolicy(
        name=POLICY,
        policy_version=f"simulation {scene.order.name}, seed {scene.order.seed}",
        version=version,
        candidates=[UUID(technique.id) for technique in scene.techniques],
        rows=map(store.PolicyRow, *columns, scene.truth.policy.tolist()),
    )


def decision_rows(scene: Scene) -> Iterator[store.DecisionRow]:
    drawn, keys = scene.drawn, scene.prompts["prompt_key"].tolist()
    characters = np.array(scene.prompts["prompt_text"].str.len(), dtype=np.float64)
    costs = tokens(
        drawn, scene.truth, characters, np.array([t.complexity_level for t in scene.techniques], dtype=np.float64)
    )
    ids = [UUID(technique.id) for technique in scene.techniques]
    for row in range(scene.order.rows):
        yield store.DecisionRow(
            id=scene.id("decision", row),
            decided_at=scene.moments[row],
            prompt_key=keys[drawn.prompt[row]],
            user_id=scene.users[drawn.user[row]].id,
            technique_id=ids[drawn.technique[row]],
            propensity=float(drawn.propensity[row]),
            cost_tokens=int(costs[row]),
            latency_ms=int(drawn.milliseconds[row]),
        )


def history_rows(scene: Scene, tick: Tick) -> Iterator[store.HistoryRow]:
    texts = scene.prompts["prompt_text"].tolist()
    intents = scene.prompts["intent"].tolist()
    complexities = scene.prompts["complexity"].tolist()
    drawn, order = scene.drawn, scene.order
    for row in range(order.rows):
        prompt, user = drawn.prompt[row], scene.users[drawn.user[row]]
        technique, moment, rating = scene.techniques[drawn.technique[row]], scene.moments[row], int(drawn.rating[row])
        enhanced = f"[synthetic] {technique.name}: {texts[prompt]}"
        yield store.HistoryRow(
            id=scene.id("history", row),
            user_id=user.id,
            session_id=scene.id("session", f"{user.username}:{moment.date()}"),
            original_prompt=texts[prompt],
            original_length=len(texts[prompt]),
            detected_intent_path=intents[prompt],
            detected_complexity=int(complexities[prompt]),
            enhanced_prompt=enhanced,
            enhanced_length=len(enhanced),
            techniques_applied=[UUID(technique.id)],
            enhancement_metadata=_metadata(scene, float(drawn.propensity[row])),
            processing_time_ms=int(drawn.milliseconds[row]),
            user_rating=rating or None,
            was_helpful=rating >= 4 if rating else None,
            client_type=CLIENT,
            created_at=moment,
            is_synthetic=True,
            decision_id=scene.id("decision", row),
        )
        if row % _REPORT_EVERY == 0 or row + 1 == order.rows:
            tick(row + 1, order.rows)


def _metadata(scene: Scene, propensity: float) -> dict[str, Any]:
    return {
        "propensity": propensity,
        "policy": POLICY,
        "candidates": len(scene.techniques),
        "simulation": scene.order.name,
        "seed": scene.order.seed,
    }


def feedback_rows(scene: Scene) -> Iterator[store.FeedbackRow]:
    drawn = scene.drawn
    for row in np.flatnonzero(drawn.has_feedback).tolist():
        rating, moment = int(drawn.rating[row]), scene.moments[row]
        yield store.FeedbackRow(
            id=scene.id("feedback", row),
            prompt_history_id=scene.id("history", row),
            prompt_history_created_at=moment,
            user_id=scene.users[drawn.user[row]].id,
            overall_rating=rating,
            technique_ratings={scene.techniques[drawn.technique[row]].id: rating},
            resulted_in_success=bool(drawn.success[row]),
            created_at=moment + timedelta(milliseconds=int(drawn.milliseconds[row])),
            decision_id=scene.id("decision", row),
        )
