"""What techniques cost in tokens."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.models.selector_costs import guessed_tokens, technique_costs

CODES = ("w", "x", "y")


def test_a_guess_is_a_quarter_of_the_pattern_and_the_mean_where_there_is_none() -> None:
    assert guessed_tokens([400, np.nan, 200]).tolist() == [100, 75, 50]
    assert guessed_tokens([np.nan]).tolist() == [0]


def test_without_a_log_the_guess_stands() -> None:
    guess = np.array([100.0, 50.0, 10.0])
    assert technique_costs([], np.array([]), CODES, guess).tolist() == guess.tolist()
    assert technique_costs(["w"], np.array([np.nan]), CODES, guess).tolist() == guess.tolist()
    assert technique_costs(["gone"], np.array([900.0]), CODES, guess).tolist() == guess.tolist()


def test_what_was_spent_replaces_the_guess_as_rows_come_in() -> None:
    random = np.random.default_rng(0)
    arms = [str(arm) for arm in random.choice(["", "w", "x", "w;x"], 400)]
    spent = np.array([300 + 200 * ("w" in arm) + 40 * ("x" in arm) for arm in arms]) + random.normal(0, 30, 400)
    guess = np.array([50.0, 50.0, 70.0])
    few, many = (technique_costs(arms[:n], spent[:n], CODES, guess) for n in (4, 400))
    assert many == pytest.approx([200, 40, 70], abs=12)
    assert abs(few[0] - 200) > abs(many[0] - 200)
    assert many[2] == 70
