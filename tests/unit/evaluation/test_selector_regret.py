"""What choosing by outcomes would have been worth on the log itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from logged import ARMS, a_log

from workbench.evaluation.selector_regret import real_log, regret_table
from workbench.records import DecisionLog


def log_of(rows: int, names: tuple[str, ...], gain: float) -> DecisionLog:
    """The best arm differs by intent by ``gain``."""
    log, _ = a_log(rows)
    random = np.random.default_rng(3)
    fits = log.frame["intent"].str.startswith("code") == (log.frame["arm"] == ARMS[0])
    reward = (random.random(rows) < 0.4 + gain * fits.to_numpy()).astype(float)
    return replace(log, frame=log.frame.assign(reward=reward, language_model=random.choice(names, rows).astype(object)))


def test_each_language_model_and_all_together_have_their_rows() -> None:
    table = regret_table(log_of(700, ("m", "n"), 0.4), seed=1)
    assert list(dict.fromkeys(table["language_model"])) == ["", "m", "n"]
    assert set(table["policy"]) == {"selector", "best_fixed", "best_per_intent", "logged"}
    together = table[table["language_model"] == ""]
    assert (together["decisions"] == 700).all()
    assert (together["synthetic"] == 700).all()
    assert ((together["low"] < together["value"]) & (together["value"] < together["high"])).all()


def test_what_differs_by_intent_is_worth_more_than_one_arm_for_all() -> None:
    table = regret_table(log_of(1500, ("m",), 0.4), seed=1).set_index("policy")
    assert list(table["language_model"].unique()) == ["m"]
    assert table.loc["selector", "fixed_low"] > 0
    assert table.loc["best_fixed", "over_best_fixed"] == 0
    assert table.loc["selector", "intent_low"] < 0 < table.loc["selector", "intent_high"]


def test_where_nothing_differs_the_selector_stays_with_the_best_fixed_arm() -> None:
    table = regret_table(log_of(700, ("m",), 0.0), seed=1).set_index("policy")
    assert table.loc["selector", "fixed_low"] <= 0 <= table.loc["selector", "fixed_high"]


def test_too_little_of_a_log_says_nothing() -> None:
    assert regret_table(log_of(40, ("m",), 0.4), seed=1).empty


def test_simulated_decisions_stay_out_unless_they_are_wanted() -> None:
    log, _ = a_log(60)
    mixed = replace(log, frame=log.frame.assign(is_synthetic=pd.Series(np.arange(60) % 3 == 0)))
    assert len(real_log(mixed, False).frame) == 40
    assert real_log(mixed, False).embeddings.shape[0] == 40
    assert len(real_log(mixed, True).frame) == 60
