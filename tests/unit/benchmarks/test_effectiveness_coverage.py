"""The short version of `benchmarks/effectiveness.py`: intervals of every cell in worlds with a known truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from effectiveness_parts import coverage, no_overlap
from effectiveness_parts.coverage import HIGHEST, LOWEST, REGIMES, Errors, surely_outside
from effectiveness_parts.world import Regime, draw

from workbench.evaluation.pooling import Effort

REPEATS = 200
SHORT = Effort(chains=1, warmup=80, sweeps=160, seed=1)


@pytest.fixture(scope="module", params=[REGIMES[0], REGIMES[3], REGIMES[4]], ids=lambda regime: regime.name)
def found(request: pytest.FixtureRequest) -> dict[str, Any]:
    return coverage.summary(coverage.run(request.param, REPEATS, 7, SHORT))


def test_intervals_hold_the_truth_in_every_cell(found: dict[str, Any]) -> None:
    assert LOWEST <= found["covered"] <= HIGHEST
    assert LOWEST <= found["covered_written"] <= HIGHEST
    assert found["cells_surely_outside"] == 0


def test_estimates_err_less_than_plain_means(found: dict[str, Any]) -> None:
    assert found["factor"] <= coverage.RMSE_FACTOR
    assert found["factor_written"] < 1


def test_plain_means_are_biased_there_and_weighted_ones_are_not() -> None:
    """The log must be worth correcting, or else nothing is shown."""
    errors = coverage.run(Regime("long", rows=20_000), 40, 3, Effort(1, 2, 2))
    plain, weighted = (np.abs(np.nanmean(part[:, 0], axis=0)).max() for part in (errors.plain, errors.weighted))
    assert plain > 0.03 > 3 * weighted


def test_a_world_is_as_biased_as_it_says() -> None:
    worlds = draw(Regime("any"), 5, 1)
    assert worlds.truth.shape == (5, 13, 5)
    assert (worlds.rows["propensity"] >= 0.02).all()
    assert set(np.unique(worlds.rows["reward"])) == {0, 0.25, 0.5, 0.75, 1}


def test_a_cell_is_surely_outside_only_if_chance_cannot_explain_it() -> None:
    assert surely_outside(np.full(65, 0.95), 500) == 0
    assert surely_outside(np.array([*[0.95] * 63, 0.88, 0.999]), 500) == 2


def test_a_promise_is_broken_by_a_single_regime() -> None:
    good = {"covered": 0.95, "covered_written": 0.95, "cells_surely_outside": 0, "factor": 0.7}
    bad = {"covered": 0.9, "covered_written": 0.98, "cells_surely_outside": 1, "factor": 0.9}
    assert all(coverage.promises({"one": good}).values())
    assert not any(coverage.promises({"one": good, "other": bad}).values())


def test_errors_of_batches_are_put_together() -> None:
    one = Errors(*(np.zeros((2, 3)) for _ in range(6)))
    assert Errors.together([one, one]).inside.shape == (4, 3)


def test_where_a_rule_chose_everything_is_refused_every_time() -> None:
    assert set(no_overlap.refused(2).values()) == {1.0}
