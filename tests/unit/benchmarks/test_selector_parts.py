"""How the benchmark of the selector hides answers, and what it counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from selector_parts import promises, replay, routes
from selector_parts.answered import LEAST, Answered, as_propensities, hide

ARMS = ("plain", "slow", "odd")


def questions(gains: tuple[float, ...] = (0.0, 0.0, 0.0), rows: int = 300, seed: int = 0) -> Answered:
    random = np.random.default_rng(seed)
    easy = random.uniform(0.3, 0.6, (rows, 1))
    rewards = (random.random((rows, len(gains))) < easy + np.array(gains)).astype(float)
    intent = random.choice(["a.x", "a.y", "b"], rows).astype(object)
    frame = pd.DataFrame({"intent": intent, "embedding": pd.Series([None] * rows, dtype=object)})
    return Answered("made up", frame, ARMS[: len(gains)], rewards)


def test_one_arm_is_taken_with_the_stated_probability() -> None:
    data = questions(rows=3000)
    log = hide(data, np.arange(3000), np.random.default_rng(1))
    assert np.allclose(log.propensities.sum(axis=1), 1)
    assert log.propensities.min() >= LEAST
    taken = np.eye(3)[log.taken]
    assert np.allclose(taken.mean(axis=0), log.propensities.mean(axis=0), atol=0.03)
    assert len(np.unique(log.propensities, axis=0)) == 3
    found = as_propensities(data, log)
    assert np.array_equal(found.chosen, log.propensities[np.arange(3000), log.taken])


def test_where_nothing_is_to_be_gained_the_simplest_stands_and_its_value_is_covered() -> None:
    data = questions()
    cost = np.zeros(3)
    rows = [replay.repeat({"m": data}, seed, cost)["m"] for seed in range(20)]
    found = replay.summary(data, rows, cost)
    assert found["chose_cheapest"] > 0.9
    assert 0.75 <= found["covered"] <= 1
    assert found["regret"]["low"] < found["regret"]["mean"] < found["regret"]["high"]
    for one in rows:
        assert len(one.places) == 150
        assert set(one.chosen) <= {0, 1, 2}


def test_a_large_gain_is_found_and_not_taken_where_it_costs_more() -> None:
    data = questions((0.1, 0.4, 0.0), rows=1200)
    free, dear = (np.array([0.0, price, 0.0]) for price in (0.0, 0.5))
    found, left = (
        replay.summary(data, [replay.repeat({"m": data}, s, c)["m"] for s in range(5)], c) for c in (free, dear)
    )
    assert (found["best_fixed"], left["best_fixed"]) == ("slow", "plain")
    assert found["chose_best_fixed"] > 0.9
    assert left["chose_cheapest"] > 0.9
    assert "slow" not in {ARMS[at] for at in replay.repeat({"m": data}, 0, dear)["m"].chosen}


def test_regret_to_the_best_per_intent_is_never_below_that_to_the_best_for_all() -> None:
    data = questions((0.0, 0.1, 0.0))
    rows = [replay.repeat({"m": data}, seed, np.zeros(3))["m"] for seed in range(4)]
    found = replay.summary(data, rows, np.zeros(3))
    assert found["regret_to_best_per_intent"]["mean"] >= found["regret"]["mean"] - 0.02


def test_a_curve_begins_and_ends_on_the_line_and_perfect_order_lies_above_it() -> None:
    rewards = questions((0.0, 0.2)).rewards
    won = rewards[:, 1] - rewards[:, 0]
    leads = routes.lead(rewards, won)
    assert leads[0] == pytest.approx(0)
    assert leads[-1] == pytest.approx(0)
    assert (leads[1:-1] > 0).all()
    assert (routes.lead(rewards, -won)[1:-1] < 0).all()
    assert abs(routes.area(rewards, np.random.default_rng(0).normal(size=300))) < 0.03


def test_the_interval_of_the_area_is_around_the_area() -> None:
    rewards = questions((0.0, 0.2)).rewards
    gain = rewards[:, 1] - rewards[:, 0] + np.random.default_rng(0).normal(0, 1, 300)
    point, low, high = routes.area_interval(rewards, gain, seed=1)
    assert point == pytest.approx(routes.area(rewards, gain), abs=0.003)
    assert 0 < low < point < high


def test_the_strong_arm_is_called_less_the_dearer_it_is() -> None:
    data = questions((0.0, 0.3), rows=600)
    named = Answered(data.name, data.frame, ("weak", "strong"), data.rewards)
    one = routes.learn(named, 0, with_intent=True)
    known = named.rewards[one.places]
    called = [routes.at_price(known, one, price)["called"] for price in (0.0, 0.1, 0.6)]
    assert promises.falling(called)
    assert (called[0], called[-1]) == (1, 0)
    assert routes.at_price(known, one, 0.0)["over_best_fixed"] == pytest.approx(0)


def test_a_promise_is_broken_beyond_its_interval_only() -> None:
    one = {"regret": {"low": -0.001}, "covered": 0.95, "chose_cheapest": 1.0}
    found = {"thoughtsource": {"free": {"m": one}}}
    assert all(promises.kept(found, 200).values())
    worse = {"thoughtsource": {"free": {"m": one | {"regret": {"low": 0.001}, "covered": 0.8}}}}
    assert not any(promises.kept(worse, 200).values())
    assert promises.covers(0.93, 200)
    assert not promises.covers(0.90, 200)
    assert not promises.falling([0.1, 0.2])
