"""Write a simulated history: from a stated truth, by a biased policy, with everything marked as synthetic."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from workbench.db.connection import Connection, connect
from workbench.errors import DatasetUnknown, HistoryNeedsPrompts, SimulationConflict
from workbench.evaluation.simulated_rows import draw
from workbench.evaluation.simulation import FORMULA, POLICY, GroundTruth, World, make_truth, true_means
from workbench.jobs.simulated_history import (
    Scene,
    SimulationOrder,
    Tick,
    decision_rows,
    feedback_rows,
    history_rows,
    logging_policy,
    synthetic_users,
)
from workbench.store import history as store
from workbench.store import training


@dataclass(frozen=True)
class SimulationResult:
    """What stands in the database under ``name``. ``written`` is false when it stood there before."""

    name: str
    dataset_version: str
    rows: int
    rated: int
    feedback: int
    written: bool
    seconds: float


def simulate(url: str, order: SimulationOrder, tick: Tick = lambda *_: None) -> SimulationResult:
    """Write the simulation in one transaction, or nothing when it is there already.

    Raises:
        HistoryNeedsPrompts: there are no training prompts or no active techniques.
        DatasetUnknown: the dataset version does not exist.
        SimulationConflict: the name is taken by a simulation of another seed, size, span or dataset version.
    """
    started = time.perf_counter()
    with connect(url) as connection:
        found = store.find_simulation(connection, order.name)
        if found is None:
            version = _version(connection, order)
            scene = _scene(connection, order, version)
            stated = _stated(order, version, scene.truth)
            if store.claim_simulation(connection, order.name, order.seed, order.rows, stated):
                feedback = _write(connection, scene, version, tick)
                rated = int(np.count_nonzero(scene.drawn.rating))
                seconds = time.perf_counter() - started
                return SimulationResult(order.name, version, order.rows, rated, feedback, True, seconds)
            found = store.find_simulation(connection, order.name)
        assert found is not None
        _check_same(order, found)
        rated, feedback = store.count_simulated(connection, order.name)
    seconds = time.perf_counter() - started
    return SimulationResult(order.name, found.dataset_version, found.rows, rated, feedback, False, seconds)


def _version(connection: Connection, order: SimulationOrder) -> str:
    known = sorted(training.versions(connection))
    if order.dataset_version is not None and order.dataset_version not in known:
        raise DatasetUnknown(version=order.dataset_version, known=", ".join(known) or "none")
    version = order.dataset_version or store.newest_labelled_version(connection)
    if version is None:
        raise HistoryNeedsPrompts(problem="no dataset version has training prompts with labelled techniques")
    return version


def _scene(connection: Connection, order: SimulationOrder, version: str) -> Scene:
    prompts = store.read_prompts(connection, version)
    techniques = training.techniques(connection)
    if prompts.empty or not techniques:
        missing = "training prompts with a known intent" if prompts.empty else "active techniques"
        raise HistoryNeedsPrompts(problem=f"there are no {missing} in the dataset version {version!r}")
    truth = make_truth(prompts, techniques, order.seed, World())
    drawn = draw(truth, order.rows, order.seed)
    start = datetime.now(UTC) - timedelta(days=order.days)
    moments = [start + timedelta(days=order.days * share) for share in drawn.moment.tolist()]
    return Scene(order, prompts, techniques, drawn, synthetic_users(truth.world.users), moments, truth)


def _stated(order: SimulationOrder, version: str, truth: GroundTruth) -> dict[str, Any]:
    means = true_means(truth).round({"success": 4, "reward": 4})
    cells: dict[str, dict[str, dict[str, float]]] = {}
    for intent, technique, success, reward in zip(*(means[name].tolist() for name in means), strict=True):
        cells.setdefault(intent, {})[technique] = {"success": success, "reward": reward}
    return {
        "synthetic": True,
        "formula": FORMULA,
        "policy": POLICY,
        "missing_ratings": "at random given the user",
        "parameters": asdict(truth.world),
        "days": order.days,
        "dataset_version": version,
        "true_means": cells,
    }


def _write(connection: Connection, scene: Scene, version: str, tick: Tick) -> int:
    store.add_users(connection, scene.users)
    store.ensure_months(connection, {moment.date() for moment in scene.moments})
    store.write_decisions(connection, logging_policy(scene, version), decision_rows(scene))
    store.copy_history(connection, history_rows(scene, tick))
    copied = store.copy_feedback(connection, feedback_rows(scene))
    store.analyze_history(connection)
    return copied


def _check_same(order: SimulationOrder, found: store.Simulation) -> None:
    asked = (order.rows, order.seed, order.days, order.dataset_version or found.dataset_version)
    there = (found.rows, found.seed, found.days, found.dataset_version)
    if asked != there:
        words = "{} rows, seed {}, {} days, dataset version {!r}"
        raise SimulationConflict(name=order.name, found=words.format(*there), asked=words.format(*asked))
