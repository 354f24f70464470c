"""What a selector knows, what it costs, and where it would learn most."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from chosen_data import CODES, logged, prompts, selector

from workbench.evaluation import selector_views as views
from workbench.models.selector import TechniqueSelector


def contexts(model: TechniqueSelector, rows: int = 30) -> pd.DataFrame:
    vectors, kind = prompts(rows, 3)
    said = model.predict_proba(vectors.astype(np.float32))
    frame = pd.DataFrame(
        {"id": [str(n) for n in range(rows)], "primary": np.where(kind == 1, "sums.written", "talk"), "complexity": 3.0}
    )
    return views.contexts_of(frame, pd.DataFrame({"embedding": list(vectors)}), list(frame["id"]), said)


def test_the_dearer_tokens_are_the_fewer_are_spent() -> None:
    model = selector(logged(600, {"steps": (0.2, 0.2)}))
    table = views.frontier(model, contexts(model), seed=1)
    chosen = table[table["kind"] == "choice"]
    assert (np.diff(chosen["tokens"]) <= 1e-9).all()
    assert chosen["tokens"].iloc[-1] == pytest.approx(model.tokens_.min())
    assert set(table[table["kind"] == "always"]["name"]) == set(CODES)
    assert (table["low"] <= table["gain"]).all()
    assert (table["gain"] <= table["high"]).all()
    steps = table[table["name"] == "steps"].iloc[0]
    assert steps["low"] > 0


def test_a_technique_is_known_the_better_the_more_outcomes_there_are() -> None:
    few, many = (selector(logged(rows, {})) for rows in (40, 2000))
    width = [(found["high"] - found["low"]).mean() for found in (_known(few), _known(many))]
    assert width[0] > 2 * width[1]
    assert _known(many)["logged"].sum() == 2000
    assert _known(many)["gain"].is_monotonic_decreasing


def test_what_is_sure_is_worth_nothing_to_ask() -> None:
    open_question, settled = selector(logged(60, {})), selector(logged(3000, {"steps": (0.4, 0.4)}))
    ids = [str(n) for n in range(30)]
    asked, known = (views.worth_knowing(model, contexts(model), ids, 1) for model in (open_question, settled))
    assert (asked["worth"] > 0).all()
    assert known["worth"].max() < 0.1 * asked["worth"].min()
    assert set(known["first"]) == {"steps"}
    assert (known["best"] > 0.95).all()
    assert (asked["rival"] != asked["first"]).all()
    assert asked["worth"].is_monotonic_decreasing


def _known(model: TechniqueSelector) -> pd.DataFrame:
    return views.known_of_techniques(model, contexts(model))
