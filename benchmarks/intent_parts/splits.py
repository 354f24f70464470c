"""Rows to train on and rows to test on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

TESTED = 0.2
FEW = 10


@dataclass(frozen=True)
class Rows:
    """Positions in the set."""

    train: NDArray[np.int64]
    test: NDArray[np.int64]


def normalised(text: str) -> str:
    return " ".join(text.lower().split())


def split(texts: Sequence[str], labels: Sequence[str], seed: Any) -> Rows:
    """A fifth of each label's texts for the test; rows with the same normalised text stay on one side.

    A label whose fifth is no whole number is rounded up or down by lot, so that rows of rare labels are tested as often
    as others: a label with one row is in the test, and then has no example, in one split of five.
    """
    random = np.random.default_rng(seed)
    texts_of = pd.Series([normalised(text) for text in texts]).groupby([normalised(text) for text in texts]).indices
    firsts = pd.DataFrame({"rows": list(texts_of.values())})
    firsts["label"] = [labels[rows[0]] for rows in firsts["rows"]]
    order = firsts.iloc[random.permutation(len(firsts))]
    place = {label: n for n, label in enumerate(random.permutation(sorted(set(firsts["label"]))))}
    order = order.sort_values("label", key=lambda column: column.map(place), kind="stable")
    steps = np.floor(TESTED * np.arange(len(order) + 1) + random.uniform())
    tested = np.concatenate([*order["rows"][np.diff(steps) > 0], np.empty(0, int)]).astype(np.int64)
    test = np.sort(tested)
    return Rows(np.setdiff1d(np.arange(len(texts)), test), test)


def by_the_file(texts: Sequence[str], tested: NDArray[np.bool_]) -> Rows:
    """The file's own split, less the training rows whose normalised text is tested."""
    names = np.array([normalised(text) for text in texts], dtype=object)
    learnt = ~tested & ~np.isin(names, names[tested])
    return Rows(np.flatnonzero(learnt), np.flatnonzero(tested))


def few(rows: Rows, labels: Sequence[str], seed: Any, most: int = FEW) -> Rows:
    """At most ``most`` training rows a label, the same test rows."""
    random = np.random.default_rng([*np.atleast_1d(seed), most])
    shuffled = random.permutation(rows.train)
    chosen = pd.Series(shuffled).groupby([labels[row] for row in shuffled]).head(most)
    return Rows(np.sort(chosen.to_numpy()), rows.test)
