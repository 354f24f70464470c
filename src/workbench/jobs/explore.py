"""Tables about a dataset version, for the eye."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.features.linguistic import FEATURES, linguistic_features
from workbench.records import TrainingSet

MOST_ROWS = 4000
SHOWN_CHARACTERS = 90
LOOK_ALIKE = ["cosine", "prompt", "intent", "look-alike", "its intent"]


def overview(training_set: TrainingSet) -> pd.DataFrame:
    """One row a split: prompts, intents, labelled rows of each kind, median words."""
    frame = training_set.frame.assign(words=training_set.frame["prompt_text"].map(lambda text: len(text.split())))
    rows = {}
    for name, part in (("train", frame[~frame["is_test"]]), ("test", frame[frame["is_test"]])):
        rows[name] = {
            "prompts": len(part),
            "intents": part["primary"].nunique(),
            "with complexity": int(part["complexity"].notna().sum()),
            "with techniques": int((part["techniques"].map(len) > 0).sum()),
            "with secondary intents": int((part["secondary"].map(len) > 0).sum()),
            "median words": float(part["words"].median()) if len(part) else float("nan"),
        }
    return pd.DataFrame(rows).T


def look_alikes(training_set: TrainingSet, most: int) -> pd.DataFrame:
    """Training prompts of different intents that lie closest to each other (cosine), at most one pair a prompt.

    Of a version with more than 4,000 training prompts a fixed sample of 4,000 is compared, to bound memory.
    """
    frame = training_set.frame
    rows = np.flatnonzero(~frame["is_test"].to_numpy(dtype=bool))
    if not len(rows):
        return pd.DataFrame(columns=LOOK_ALIKE)
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(0).choice(rows, MOST_ROWS, replace=False))
    similarity = training_set.embeddings[rows] @ training_set.embeddings[rows].T
    labels = frame["primary"].to_numpy()[rows]
    similarity[labels[:, None] == labels[None, :]] = -1.0
    nearest = similarity.argmax(axis=1)
    best = similarity[np.arange(len(rows)), nearest]
    pairs: list[tuple[float, str, str, str, str]] = []
    seen: set[int] = set()
    for row in np.argsort(-best):
        other = int(nearest[row])
        if len(pairs) == most or best[row] < 0:
            break
        if {int(row), other} & seen:
            continue
        seen |= {int(row), other}
        texts = [frame["prompt_text"].iloc[rows[i]][:SHOWN_CHARACTERS] for i in (row, other)]
        pairs.append((round(float(best[row]), 3), texts[0], labels[row], texts[1], labels[other]))
    return pd.DataFrame(pairs, columns=LOOK_ALIKE)


def features_by_complexity(training_set: TrainingSet, most: int) -> pd.DataFrame:
    """Mean of each linguistic feature at each complexity label, for the features whose rank correlation with the label
    is strongest (Spearman). Empty when nothing is labelled."""
    labelled = training_set.frame[training_set.frame["complexity"].notna()]
    if labelled.empty:
        return pd.DataFrame()
    values = pd.DataFrame([linguistic_features(text) for text in labelled["prompt_text"]], columns=list(FEATURES))
    values["complexity"] = labelled["complexity"].to_numpy()
    ranks = values.rank()
    strength = ranks.corr()["complexity"].drop("complexity").dropna()
    chosen = strength.abs().sort_values(ascending=False).index[:most]
    table = values.groupby("complexity")[list(chosen)].mean().T.round(2)
    table.insert(0, "rank correlation", strength[chosen].round(2))
    return table
