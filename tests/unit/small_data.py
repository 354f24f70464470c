"""A handful of prompts that can be learned, split for each model type, and the models fitted on them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from workbench.models.build import estimator_for, labels_of
from workbench.records import DIMENSIONS, Examples, Fitted, ModelType, Recipe, Split, Technique, TrainingSet

WORDS = {
    "code": "program function software",
    "code.debug": "error crash traceback broken",
    "code.write": "implement script class method",
    "talk": "hello chat weather",
    "talk.small.joke": "joke laugh funny pun",
}
TECHNIQUES = [
    Technique("id-0", "few_shot", "Few shot", 2, 0.7, 0.1, True),
    Technique("id-1", "role", "Role", 1, 0.5, 0.1, True),
    Technique("id-2", "steps", "Steps", 3, 0.8, 0.1, True),
    Technique("id-3", "never_named", "Never named", 5, 0.6, 0.1, True),
]
CODES = tuple(technique.code for technique in TECHNIQUES)


def frame(rows: int = 90, seed: int = 0) -> pd.DataFrame:
    """Every third prompt is a test prompt; each intent has words and a direction of its own."""
    random = np.random.default_rng(seed)
    intents = sorted(WORDS)
    of_row = np.arange(rows) % len(intents)
    level = random.integers(1, 6, rows)
    embeddings = random.normal(0, 0.05, (rows, DIMENSIONS)).astype(np.float32)
    embeddings[np.arange(rows), of_row] += 1
    embeddings[:, 300] += level / 5
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    spoken = [" ".join(random.choice(WORDS[intents[i]].split(), 3)) for i in of_row]
    texts = [f"{words} {n}" + ", please" * 3 ** int(level[n]) for n, words in enumerate(spoken)]
    return pd.DataFrame(
        {
            "id": [f"row-{n:03d}" for n in range(rows)],
            "prompt_text": texts,
            "primary": [intents[i] for i in of_row],
            "secondary": [[] for _ in range(rows)],
            "complexity": level.astype(float),
            "techniques": [[CODES[i % 3]] + ([CODES[0]] if n % 7 == 1 else []) for n, i in enumerate(of_row)],
            "is_test": np.arange(rows) % 3 == 2,
            "embedding": list(embeddings),
            "layers": list(np.hstack([embeddings, embeddings[:, ::-1]]) / np.float32(2**0.5)),
        }
    )


def training_set(table: pd.DataFrame | None = None) -> TrainingSet:
    table = frame() if table is None else table
    vectors = np.stack(table["embedding"]), np.stack(table["layers"])
    rows = table.drop(columns=["embedding", "layers"])
    return TrainingSet("small", rows, vectors[0], "made up@0", "d" * 64, vectors[1])


def examples(table: pd.DataFrame, model_type: ModelType) -> Examples:
    if model_type == "intent_classifier":
        target = table["primary"].to_numpy(dtype=object)
    elif model_type == "complexity_model":
        target = table["complexity"].to_numpy(dtype=float)
    else:
        target = np.array([[float(code in row) for code in CODES] for row in table["techniques"]])
    return Examples(table[["prompt_text", "embedding", "layers"]].reset_index(drop=True), target, tuple(table["id"]))


@cache
def split(model_type: ModelType) -> Split:
    table = frame()
    return Split(examples(table[~table["is_test"]], model_type), examples(table[table["is_test"]], model_type))


def recipe(model_type: ModelType) -> Recipe:
    return Recipe(model_type, "small", seed=7)


@cache
def fitted(model_type: ModelType) -> Fitted:
    train = split(model_type).train
    estimator = estimator_for(recipe(model_type), TECHNIQUES).fit(train.X, train.y)
    return Fitted(estimator, labels_of(estimator), 0.1)
