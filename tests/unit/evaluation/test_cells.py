"""What outcomes say of a cell: weights, effective sizes, and rows of one prompt that are alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.evaluation.cells import Cells, Uses, measure
from workbench.evaluation.ladder import Ladder
from workbench.evaluation.shrinkage import effective_size

ROOT = Ladder.over([])
TREE = Ladder.over(["a", "b"])


def measured(
    reward: Any, weight: Any = 1.0, prompt: Any = None, place: Any = 0, ladder: Ladder = ROOT, techniques: int = 1
) -> Cells:
    """``place`` is over (nodes, techniques), one repeat and one model."""
    reward = np.asarray(reward, dtype=float)
    rows = len(reward)
    places = np.broadcast_to(np.asarray(place, dtype=np.int64), rows).copy()
    prompts = np.arange(rows) if prompt is None else np.asarray(prompt)
    node = places // techniques
    decisions = np.bincount(node, minlength=len(ladder.nodes)).astype(float).reshape(1, -1, 1)
    weights = np.broadcast_to(np.asarray(weight, dtype=float), rows).copy()
    return measure(Uses(places, prompts, weights, reward), ladder, decisions, techniques)


def effective(cells: Cells) -> float:
    return float(effective_size(cells.weight, cells.squares)[0, 0, 0, 0])


def test_a_mean_is_weighted_and_normalised_by_the_weights() -> None:
    cells = measured([0, 1, 1], [2, 1, 1])
    assert cells.mean[0, 0, 0, 0] == 0.5
    assert (cells.rows[0, 0, 0, 0], cells.reward[0, 0, 0, 0], cells.weight[0, 0, 0, 0]) == (3, 2, 4)


def test_equal_weights_count_every_row_and_one_heavy_row_nearly_alone() -> None:
    assert effective(measured([0, 1] * 20)) == pytest.approx(40)
    assert effective(measured([0, 1] * 20, [1000.0] + [1.0] * 39)) == pytest.approx(1, abs=0.1)


def test_a_cell_without_rows_has_no_precision() -> None:
    cells = measured([0, 1, 0, 1], place=[0, 0, 2, 2], ladder=TREE)
    assert cells.precision[0, :, 0, 0].astype(bool).tolist() == [True, False, True]


def test_a_prompt_asked_again_and_again_with_the_same_outcome_counts_once() -> None:
    prompts = np.repeat(np.arange(40), 5)
    cells = measured((prompts % 2).astype(float), prompt=prompts)
    assert cells.correlation[0] > 0.9
    assert 40 <= effective(cells) < 50
    assert cells.prompts[0] == pytest.approx(0.2)


def test_a_prompt_whose_outcomes_differ_by_chance_counts_every_time() -> None:
    prompts = np.repeat(np.arange(400), 5)
    rewards = np.random.default_rng(0).integers(0, 2, 2000).astype(float)
    cells = measured(rewards, prompt=prompts)
    assert cells.correlation[0] < 0.05
    assert effective(cells) > 1600


def test_techniques_tried_on_the_same_prompts_err_together_and_others_do_not() -> None:
    hard = np.random.default_rng(0).integers(0, 2, 100).astype(float)
    both = np.tile(np.arange(100), 2)
    place = np.repeat([0, 1], 100)
    alike = measured(np.tile(hard, 2), prompt=both, place=place, techniques=2)
    apart = measured(np.tile(hard, 2), place=place, techniques=2)
    assert alike.shared[0, 0] == pytest.approx(0.25 / 100, rel=0.1)
    assert apart.shared[0, 0] == 0


def test_light_and_heavy_cells_are_as_precise_as_their_node_expects() -> None:
    """A cell with one row of weight 10 among such of weight 1 must not be worth ten rows."""
    few = measured([0.5] * 40 + [1.0], [1.0] * 40 + [10.0], place=[1] * 40 + [2], ladder=TREE)
    heavy, light = few.precision[0, 2, 0, 0], few.precision[0, 1, 0, 0] / 40
    assert light < heavy < 5 * light


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), min_size=1, max_size=30), st.floats(0.01, 100))
def test_the_unit_of_the_weights_does_not_matter(rewards: list[float], unit: float) -> None:
    weights = 1 + np.arange(len(rewards)) % 3
    one, other = measured(rewards, weights), measured(rewards, weights * unit)
    assert other.mean == pytest.approx(one.mean)
    assert effective(other) == pytest.approx(effective(one))
    assert other.precision == pytest.approx(one.precision, rel=1e-6)


def test_repeats_are_measured_as_if_alone() -> None:
    rewards = np.array([0, 1, 1, 0, 0, 1, 0.5, 1])
    alone = [measured(rewards[:4]), measured(rewards[4:])]
    decisions = np.full((2, 1, 1), 4.0)
    both = measure(Uses(np.repeat([0, 1], 4), np.arange(8), np.ones(8), rewards), ROOT, decisions, 1)
    assert both.mean[:, 0, 0, 0].tolist() == [cells.mean[0, 0, 0, 0] for cells in alone]
    assert both.precision[:, 0, 0, 0] == pytest.approx([cells.precision[0, 0, 0, 0] for cells in alone])
