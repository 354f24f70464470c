"""Whether data are what a model may learn from, and whether its test prompts were kept apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.evaluation.gate_rules import Data
from workbench.evaluation.verdict import Check
from workbench.records import DIMENSIONS, Matrix, TrainingSet

MOST_LOOKED_AT = 2000
AT_ONCE = 512
NORM_TOLERANCE = 0.01
SEED = 20260101


def data_checks(training_set: TrainingSet, trained_on: str, rules: Data) -> list[Check]:
    """``trained_on`` is the digest of the data that the model learnt from."""
    return [_unchanged(training_set, trained_on), _contract(training_set), _leak(training_set, rules)]


def _unchanged(training_set: TrainingSet, trained_on: str) -> Check:
    same = training_set.digest == trained_on
    said = (
        f"The data are those it was trained on (sha256 {training_set.digest[:16]}…)."
        if same
        else f"The data of {training_set.version} have changed since it was trained on them (sha256 {trained_on[:16]}… "
        f"then, {training_set.digest[:16]}… now): train again."
    )
    return Check("data_unchanged", same, said, {"trained_on": trained_on, "now": training_set.digest})


def _contract(training_set: TrainingSet) -> Check:
    problems = list(_problems(training_set.frame, training_set.embeddings))
    rows, test = len(training_set.frame), int(training_set.frame["is_test"].sum())
    said = f"{rows - test:,} training and {test:,} test prompts keep the contract on ids, texts, labels and vectors."
    if problems:
        said = f"The data break their contract: {'; '.join(problems)}."
    return Check("data_contract", not problems, said, {"rows": rows, "test_rows": test, "problems": problems})


def _problems(frame: pd.DataFrame, embeddings: Matrix) -> Iterator[str]:
    counts = {
        "ids that occur twice": int(frame["id"].duplicated().sum()),
        "empty prompts": int((frame["prompt_text"].str.strip() == "").sum()),
        "labels that are no path": sum(not label or not all(label.split(".")) for label in frame["primary"]),
        "levels outside 1 to 5": int((~frame["complexity"].dropna().isin([1, 2, 3, 4, 5])).sum()),
        "vectors that are no unit vectors": _no_unit_vectors(embeddings),
    }
    yield from (f"{count:,} {what}" for what, count in counts.items() if count)
    if embeddings.shape != (len(frame), DIMENSIONS):
        yield f"vectors of shape {embeddings.shape} for {len(frame):,} prompts"
    if frame["is_test"].all() or not frame["is_test"].any():
        yield "one of the two splits is empty"


def _no_unit_vectors(embeddings: Matrix) -> int:
    lengths = np.linalg.norm(embeddings, axis=1)
    return int((~(np.abs(lengths - 1) <= NORM_TOLERANCE)).sum())


def _leak(training_set: TrainingSet, rules: Data) -> Check:
    is_test = training_set.frame["is_test"].to_numpy(dtype=bool)
    texts = training_set.frame["prompt_text"].map(normalised)
    same = int(texts[is_test].isin(set(texts[~is_test])).sum())
    closest = nearest_cosines(training_set.embeddings[~is_test], training_set.embeddings[is_test])
    near = int((closest >= rules.near_duplicate).sum())
    share = near / len(closest) if len(closest) else 0.0
    looked = f"{len(closest):,} looked at" if len(closest) < is_test.sum() else f"all {len(closest):,}"
    said = (
        f"Test prompts that stand in the training data too: {same}. With a near duplicate there (cosine "
        f"{rules.near_duplicate:g} or more): {near} of {looked}, {100 * share:.1f} %; at most "
        f"{100 * rules.near_duplicates:g} % may have one."
    )
    values = {"same": same, "near": near, "looked_at": len(closest), "share": share, "largest": rules.near_duplicates}
    return Check("leak", same == 0 and share <= rules.near_duplicates, said, values)


def normalised(text: str) -> str:
    """Two spellings of one prompt (case, spaces, line breaks) are one prompt, as in ``ml_training_data``."""
    return " ".join(text.split()).lower()


def nearest_cosines(train: Matrix, test: Matrix) -> Matrix:
    """The cosine of the closest training prompt of each test prompt, of 2,000 drawn from them where there are more."""
    if not len(train):
        return np.empty(0, dtype=np.float32)
    if len(test) > MOST_LOOKED_AT:
        test = test[np.sort(np.random.default_rng(SEED).choice(len(test), MOST_LOOKED_AT, replace=False))]
    parts = [(test[start : start + AT_ONCE] @ train.T).max(axis=1) for start in range(0, len(test), AT_ONCE)]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.float32)
