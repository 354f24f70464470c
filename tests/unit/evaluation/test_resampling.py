"""Bootstrap intervals: the same for a seed, as often right as they say, for the scores they are used for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.evaluation.calibration import expected_calibration_error
from workbench.evaluation.classification import headline
from workbench.evaluation.ordinal import ordinal_scores
from workbench.evaluation.resampling import Resampled, Statistic, bootstrap, intervals
from workbench.evaluation.weighted import (
    calibration_error_of,
    hierarchical_of,
    macro_f1_of,
    mean_of,
    quadratic_kappa_of,
    ratio_of,
)

LEVELS = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=40)


@settings(max_examples=40)
@given(LEVELS, st.integers(0, 999))
def test_a_weight_is_the_row_as_often(pairs: list[tuple[int, int]], seed: int) -> None:
    truth, predicted = map(np.array, zip(*pairs, strict=True))
    rows = np.random.default_rng(seed).integers(0, len(pairs), len(pairs))
    weights = np.bincount(rows, minlength=len(pairs)).astype(float)[None, :]
    assert macro_f1_of(truth, predicted)(weights) == pytest.approx(headline(truth[rows], predicted[rows])["macro_f1"])
    kappa = ordinal_scores(truth[rows], predicted[rows])["quadratic_kappa"]
    assert quadratic_kappa_of(truth, predicted)(weights) == pytest.approx(kappa, abs=1e-9)
    chance, right = truth / 5, truth == predicted
    error = expected_calibration_error(chance[rows], right[rows], 7)
    assert calibration_error_of(chance, right, 7)(weights) == pytest.approx(error)


def test_one_seed_gives_one_interval_however_many_statistics_there_are() -> None:
    values = np.random.default_rng(0).normal(size=50)
    alone = intervals({"mean": mean_of(values)}, 50, seed=3)
    both = intervals({"ratio": ratio_of(values, np.ones(50)), "mean": mean_of(values)}, 50, seed=3)
    assert alone["mean"] == both["mean"] == both["ratio"]
    assert intervals({"mean": mean_of(values)}, 50, seed=4) != alone


def test_draws_do_not_depend_on_how_many_are_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=50)
    whole = intervals({"mean": mean_of(values)}, 50, seed=3, resamples=200)
    monkeypatch.setattr("workbench.evaluation.resampling.MOST_WEIGHTS", 50 * 7)
    parts = intervals({"mean": mean_of(values)}, 50, seed=3, resamples=200)
    assert (parts["mean"].low, parts["mean"].high) == pytest.approx((whole["mean"].low, whole["mean"].high))


def test_the_interval_reaches_zero_just_when_the_p_value_reaches_its_level() -> None:
    random = np.random.default_rng(0)
    for shift in random.uniform(-3, 3, 200):
        found = Resampled(shift, random.normal(shift + 0.1, 1, 2_000))
        excludes = not found.interval.low <= 0 <= found.interval.high
        assert excludes == (found.p_value < 0.05) or abs(found.p_value - 0.05) < 0.01


def test_what_never_varies_has_no_width_and_is_different_only_if_it_is() -> None:
    same = bootstrap({"zero": mean_of(np.zeros(9)), "one": mean_of(np.ones(9))}, 9, seed=1, resamples=50)
    assert (same["zero"].interval.low, same["zero"].interval.high, same["zero"].p_value) == (0, 0, 1)
    assert (same["one"].interval.low, same["one"].p_value) == (1, 0)


def of_labels(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Ragged paths; the classifier errs one time in five, half the time within the branch."""
    names = np.array([f"{a}.{b}" for a in "abc" for b in "uvwxy"] + ["a"], dtype=object)
    truth = random.integers(0, len(names), rows)
    near = np.clip(truth + random.choice([-1, 1], rows), 0, len(names) - 1)
    wrong = np.where(random.uniform(size=rows) < 0.5, near, random.integers(0, len(names), rows))
    return names[truth], names[np.where(random.uniform(size=rows) < 0.2, wrong, truth)]


def of_levels(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    truth = random.integers(1, 6, rows).astype(float)
    return truth, np.clip(truth + random.choice([-1, 0, 0, 1], rows), 1, 5)


@pytest.mark.parametrize(
    ("draw", "statistic"),
    [
        (of_labels, macro_f1_of),
        (of_labels, lambda t, p: hierarchical_of(list(t), list(p))["hierarchical_f1"]),
        (of_labels, lambda t, p: hierarchical_of(list(t), list(p))["mean_tree_distance"]),
        (of_levels, quadratic_kappa_of),
        (of_levels, lambda t, p: mean_of(np.abs(t - p))),
    ],
)
def test_an_interval_covers_the_truth_as_often_as_it_says(
    draw: Callable[..., tuple[np.ndarray, np.ndarray]], statistic: Callable[..., Statistic]
) -> None:
    random = np.random.default_rng(5)
    endless = float(statistic(*draw(random, 50_000))(np.ones((1, 50_000)))[0])
    found = [intervals({"it": statistic(*draw(random, 250))}, 250, seed, 300)["it"] for seed in range(200)]
    assert 0.91 <= np.mean([part.low <= endless <= part.high for part in found]) <= 0.99
