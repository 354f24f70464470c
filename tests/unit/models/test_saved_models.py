"""A saved intent model: the same answers to the last bit, and in its file nothing but the model."""

from __future__ import annotations

import hashlib
import io as memory
import json
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline
from skops import io

from workbench.models.heads import HEADS, HeadName
from workbench.models.intent import HierarchicalIntentClassifier
from workbench.models.intent_pipeline import intent_pipeline
from workbench.models.kernel import KernelRidgeClassifier
from workbench.records import BUDGETS, DIMENSIONS, Budget
from workbench.resources import shipped

STRENGTH: dict[str, float] = {"kernel": 0.1, "svm": 0.5, "logistic": 5.0}
ENCODER_WORDS = 30_522
OUTSIDE = "oos"


@pytest.fixture(scope="module")
def trusted() -> list[str]:
    from workbench.tracking.models import TRUSTED_TYPES  # takes seconds

    return TRUSTED_TYPES


@cache
def corpus() -> tuple[pd.DataFrame, np.ndarray]:
    """The starter's prompts with vectors that are made up: a point for each intent, scattered."""
    files = sorted(shipped("data", "starter", "prompts").glob("*.jsonl"), key=lambda path: path.name)
    lines = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    y = np.array([OUTSIDE if n % 25 == 0 else line["primary"] for n, line in enumerate(lines)], dtype=object)
    labels, of_row = np.unique(y, return_inverse=True)
    random = np.random.default_rng(0)
    vectors = random.normal(size=(len(labels), DIMENSIONS))[of_row] + 1.5 * random.normal(size=(len(y), DIMENSIONS))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    layers = list(np.hstack([vectors, vectors[:, ::-1]]) / np.float32(2**0.5))
    texts = [line["text"] for line in lines]
    return pd.DataFrame({"prompt_text": texts, "embedding": list(vectors), "layers": layers}), y


def rows(head: HeadName) -> np.ndarray:
    """Linear heads take minutes for all labels: they get a few."""
    y = corpus()[1]
    return np.flatnonzero(np.isin(y, np.unique(y) if head == "kernel" else [*np.unique(y)[:6], OUTSIDE]))


@cache
def model(budget: Budget, head: HeadName) -> Pipeline:
    """Every third prompt is kept from it."""
    X, y = corpus()
    seen = rows(head)[np.arange(len(rows(head))) % 3 > 0]
    return intent_pipeline(budget, head, STRENGTH[head], out_of_scope=OUTSIDE).fit(X.iloc[seen], y[seen])


@cache
def saved(budget: Budget, head: HeadName) -> bytes:
    return bytes(io.dumps(model(budget, head)))


def answers(pipeline: Pipeline, X: pd.DataFrame) -> dict[str, Any]:
    matrix, last = pipeline[:-1].transform(X), pipeline[-1]
    return {
        "predict": last.predict(matrix),
        "predict_proba": last.predict_proba(matrix),
        "predict_node_proba": last.predict_node_proba(matrix),
        "decision_function": last.decision_function(matrix),
        "sets of one subtree": last.predict_set(matrix, 0.9),
        "sets of labels": last.predict_set(matrix, 0.9, "labels"),
        "decide": last.decide(matrix),
        "out_of_scope_score": last.out_of_scope_score(matrix),
    }


def same(a: Any, b: Any) -> bool:
    return a == b if isinstance(a, list) else bool(a.dtype == b.dtype and np.array_equal(a, b))


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object in a schema of skops."""
    if isinstance(tree, dict):
        yield tree
    for child in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from nodes(child)


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("head", HEADS)
def test_every_answer_of_a_loaded_model_is_the_same_to_the_last_bit(
    budget: Budget, head: HeadName, trusted: list[str]
) -> None:
    X = corpus()[0].iloc[rows(head)[::3]]
    loaded = io.loads(saved(budget, head), trusted=trusted)
    before, after = answers(model(budget, head), X), answers(loaded, X)
    assert [name for name in before if not same(before[name], after[name])] == []
    assert len(set(before["decide"])) >= 5


def test_a_model_spanned_by_landmarks_is_the_same_to_the_last_bit(trusted: list[str]) -> None:
    X, y = corpus()
    matrix = model("standard", "kernel")[:-1].transform(X)
    fitted = KernelRidgeClassifier(model("standard", "kernel")[-1].views, most_exact=100, landmarks=300).fit(matrix, y)
    loaded = io.loads(io.dumps(fitted), trusted=trusted)
    assert np.array_equal(loaded.scores(matrix), fitted.scores(matrix))


@pytest.mark.parametrize("head", HEADS)
def test_a_model_of_a_single_label_comes_back_too(head: HeadName, trusted: list[str]) -> None:
    X = np.random.default_rng(0).normal(size=(30, 4))
    fitted = HierarchicalIntentClassifier(head).fit(X, np.array(["a.b"] * 30))
    loaded = io.loads(io.dumps(fitted), trusted=trusted)
    assert np.array_equal(loaded.predict_proba(X), fitted.predict_proba(X))
    assert loaded.tree_.nodes == ("a", "a.b")


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("head", HEADS)
def test_every_file_passes_the_one_loading_function(budget: Budget, head: HeadName, tmp_path: Path) -> None:
    from workbench.tracking.model_file import read_model

    path = tmp_path / "model.skops"
    path.write_bytes(saved(budget, head))
    loaded = read_model(path, hashlib.sha256(saved(budget, head)).hexdigest(), tmp_path)
    assert loaded[-1].get_params().keys() == model(budget, head)[-1].get_params().keys()


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("head", HEADS)
def test_the_file_holds_no_encoder(budget: Budget, head: HeadName) -> None:
    """An encoder begins with a table of its word pieces and takes 90 MB; the arrays here are those of rows, columns and
    labels of the model."""
    X, y = corpus()
    columns = model(budget, head)[:-1].transform(X[:1]).shape[1]
    with zipfile.ZipFile(memory.BytesIO(saved(budget, head))) as file:
        entries = file.namelist()
        arrays = {name: np.load(file.open(name), allow_pickle=False) for name in entries if name.endswith(".npy")}
    assert {name.rpartition(".")[2] for name in entries} <= {"json", "npy"}
    assert all(ENCODER_WORDS not in array.shape for array in arrays.values())
    wide = max(array.size for name, array in arrays.items() if array.ndim == 2)
    assert wide <= max(len(y) * DIMENSIONS, len(set(y)) * columns)
    assert len(saved(budget, head)) < 30_000_000
