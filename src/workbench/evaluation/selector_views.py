"""What a selector knows, what it costs, and where it would learn most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.evaluation.intervals import NORMAL_QUANTILE
from workbench.models.selector import TechniqueSelector
from workbench.records import Vector

WEIGHTS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
DRAWS = 200


def contexts_of(frame: pd.DataFrame, X: pd.DataFrame, ids: Sequence[str], labels: Vector) -> pd.DataFrame:
    """What ``OutcomeModel`` takes of labelled prompts. ``frame`` is that of a training set, ``X`` and ``labels``
    (rows, techniques) those of the prompts ``ids``."""
    known = frame.set_index("id").loc[list(ids)]
    return pd.DataFrame(
        {
            "intent": known["primary"].to_numpy(object),
            "complexity": known["complexity"].to_numpy(float),
            "embedding": list(X["embedding"]),
            "labels": list(labels),
        }
    )


def frontier(selector: TechniqueSelector, X: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Expected reward against tokens, over the cheapest technique: one row a cost weight (``kind`` "choice": for each
    prompt the technique of the highest expected reward less its cost) and one a technique (``kind`` "always").

    ``name``, ``cost_weight``, ``tokens`` (mean of a prompt), ``gain`` with its 95 % posterior interval ``low`` to
    ``high``. The gain is what the model expects, not what was measured.
    """
    codes = [str(code) for code in selector.classes_]
    cheapest = int(np.argmin(selector.tokens_))
    drawn = selector.outcomes_.draw(X, codes, DRAWS, seed)
    drawn = drawn - drawn[:, :, [cheapest]]
    mean = selector.outcomes_.predict_mean(X, codes)
    row = np.arange(len(X))
    rows = []
    for weight in WEIGHTS:
        chosen = (mean - weight * selector.tokens_ / 1000).argmax(axis=1)
        spent = float(selector.tokens_[chosen].mean())
        rows.append(("choice", f"{weight:g}", weight, spent, *_spread(drawn[:, row, chosen].mean(axis=1))))
    for at, code in enumerate(codes):
        rows.append(("always", code, np.nan, float(selector.tokens_[at]), *_spread(drawn[:, :, at].mean(axis=1))))
    return pd.DataFrame(rows, columns=["kind", "name", "cost_weight", "tokens", "gain", "low", "high"])


def known_of_techniques(selector: TechniqueSelector, X: pd.DataFrame) -> pd.DataFrame:
    """What always using a technique would bring over what labels choose for each prompt, and what that rests on: a row
    a technique, the best first, with ``technique``, ``gain``, its 95 % interval ``low`` to ``high``, the training
    prompts that ``labelled`` it and the ``logged`` outcomes."""
    codes = [str(code) for code in selector.classes_]
    start = [codes[at] for at in np.stack(X["labels"].to_list()).argmax(axis=1)]
    gain, sd = selector.outcomes_.average(X, codes, start)
    half = NORMAL_QUANTILE * sd
    found = {
        "technique": codes,
        "gain": gain,
        "low": gain - half,
        "high": gain + half,
        "labelled": selector.named_.astype(int),
        "logged": selector.logged_.astype(int),
    }
    return pd.DataFrame(found).sort_values("gain", ascending=False, kind="stable").reset_index(drop=True)


def worth_knowing(selector: TechniqueSelector, X: pd.DataFrame, ids: Sequence[str], seed: int) -> pd.DataFrame:
    """Which prompts' outcomes would teach most: a row a prompt, the most worth first.

    ``worth`` is the expected value of perfect information (Raiffa and Schlaifer 1961): the mean over posterior draws of
    the best technique's reward, less the reward of the technique that is best on average; 0 where no outcome could
    change the choice. ``first`` is that technique, ``best`` how likely it is the best, ``rival`` the likeliest other.
    """
    codes = [str(code) for code in selector.classes_]
    drawn = selector.outcomes_.draw(X, codes, DRAWS, seed)
    first = drawn.mean(axis=0).argmax(axis=1)
    row = np.arange(len(X))
    worth = (drawn.max(axis=2) - drawn[:, row, first]).mean(axis=0)
    shares = np.stack([(drawn.argmax(axis=2) == at).mean(axis=0) for at in range(len(codes))], axis=1)
    best = shares[row, first]
    shares[row, first] = -1.0
    rivals = shares.argmax(axis=1)
    found = {
        "id": list(ids),
        "worth": worth,
        "first": [codes[at] for at in first],
        "best": best,
        "rival": [codes[at] for at in rivals],
    }
    return pd.DataFrame(found).sort_values("worth", ascending=False, kind="stable").reset_index(drop=True)


def _spread(values: Vector) -> tuple[float, float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(values.mean()), float(low), float(high)
