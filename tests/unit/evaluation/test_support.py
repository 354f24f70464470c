"""What an estimate rests on: where the log cannot tell, it is refused, every time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up import INTENTS, log_of

from workbench.evaluation.inclusion import inclusion
from workbench.evaluation.log_cells import lay_out
from workbench.evaluation.support import Thresholds, overlap, reason
from workbench.records import DecisionLog

LEAVES = ["a.x", "a.y.deep", "b.x", "b.y", "b.z", "c.x"]
Rule = Callable[[pd.DataFrame], np.ndarray]


def log(rows: int, seed: int, rule: Rule, propensity: Any = np.nan) -> DecisionLog:
    """Techniques ``t0`` to ``t2``; ``rule`` gives the place of the one chosen for each row."""
    random = np.random.default_rng(seed)
    made = pd.DataFrame(
        {"intent": random.choice(LEAVES, rows), "complexity": random.integers(1, 6, rows).astype(float)}
    )
    made = made.assign(reward=random.random(rows), model=random.choice(["large", "small"], rows))
    chosen = np.array(["t0", "t1", "t2"])[rule(made)]
    return log_of(made.assign(technique=chosen, propensity=propensity), language_model=made["model"].to_numpy())


def shares(made: DecisionLog, floor: float = 0.01) -> pd.DataFrame:
    """Overlap of all models together by intent and technique."""
    found = inclusion(made, 1)
    layout = lay_out(made, found, INTENTS)
    codes = [made.techniques[column] for column in layout.columns]
    return pd.DataFrame(overlap(made, found, layout, floor)[..., -1], index=layout.ladder.nodes, columns=codes)


def by_intent(made: pd.DataFrame) -> np.ndarray:
    return pd.factorize(made["intent"])[0] % 3


def by_complexity(made: pd.DataFrame) -> np.ndarray:
    return np.where(made["complexity"] > 3, 1, 0)


def by_model(made: pd.DataFrame) -> np.ndarray:
    return np.where(made["model"] == "large", 1, 2)


def by_lot(made: pd.DataFrame) -> np.ndarray:
    return np.random.default_rng(len(made)).integers(0, 3, len(made))


@pytest.mark.parametrize("rule", [by_intent, by_complexity, by_model], ids=lambda rule: rule.__name__)
def test_where_a_rule_chose_nothing_may_be_written_whatever_is_recorded(rule: Rule) -> None:
    for seed in range(8):
        rows = int(np.random.default_rng(seed).integers(200, 900))
        for propensity in (np.nan, 1.0):
            assert (shares(log(rows, seed, rule, propensity)) < Thresholds().overlap).all(axis=None), (seed, propensity)


def test_where_a_lot_chose_everything_can_be_judged() -> None:
    for propensity in (np.nan, 1 / 3):
        found = shares(log(1200, 1, by_lot, propensity))
        assert (found.loc[["", "a", "b", "c"]] > 0.8).all(axis=None)


def test_an_intent_that_nobody_asked_for_has_no_overlap() -> None:
    made = log(300, 1, by_lot, 1 / 3)
    assert shares(replace(made, frame=made.frame.assign(intent="a.x"))).loc["b"].tolist() == [0, 0, 0]


def test_a_technique_that_most_decisions_could_not_have_taken_is_found_by_its_weights() -> None:
    """Only what was applied has a probability: 1/2 for the first two, and where the third was possible, 1/3."""

    def mostly_two(made: pd.DataFrame) -> np.ndarray:
        random = np.random.default_rng(4)
        possible = made["complexity"] == 1
        return np.where(possible, random.integers(0, 3, len(made)), random.integers(0, 2, len(made)))

    made = log(3000, 3, mostly_two)
    chance = np.where(made.frame["complexity"] == 1, 1 / 3, 1 / 2)
    found = shares(replace(made, frame=made.frame.assign(propensity=chance))).loc[""]
    assert found["t2"] == pytest.approx(0.2, abs=0.04)
    assert found[["t0", "t1"]].tolist() == pytest.approx([1, 1], abs=0.06)


def test_recorded_probabilities_of_every_technique_are_counted_one_by_one() -> None:
    made = log(100, 1, by_lot)
    recorded = np.tile([0.495, 0.495, 0.01], (100, 1))
    recorded[:25] = [1.0, 0.0, 0.0]
    recorded[:25] = np.eye(3)[pd.factorize(made.frame["arm"], sort=True)[0][:25]]
    recorded[25:50] = [0.995, 0.004, 0.001]
    found = shares(replace(made, recorded=recorded)).loc[""]
    assert found.tolist() == [0.5, 0.5, 0.5]


def test_a_higher_floor_asks_for_more() -> None:
    made = log(900, 1, by_lot, 1 / 3)
    assert shares(made, floor=0.2).loc[""].min() > 0.8
    assert shares(made, floor=0.4).loc[""].max() == 0


@pytest.mark.parametrize(
    ("effective_n", "share", "r_hat", "said"),
    [
        (10.0, 0.5, 1.1, None),
        (0.0, 0.0, 1.0, "no outcome of the technique"),
        (9.9, 1.0, 1.0, "effective sample size 9.9 is below 10"),
        (9.9, 0.2, 1.0, "overlap 0.20 is below 0.5"),
        (50.0, 1.0, 1.2, "the draws did not settle: R-hat 1.20 is above 1.1"),
        (50.0, 1.0, float("nan"), "the draws did not settle: R-hat nan is above 1.1"),
    ],
)
def test_a_refusal_names_what_is_missing(effective_n: float, share: float, r_hat: float, said: str | None) -> None:
    assert reason(effective_n, share, r_hat, Thresholds()) == said
