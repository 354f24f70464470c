"""Memory stays bounded: counted to the byte, on cases small enough for a test and shaped like large ones.

The promise itself, 1,000 intents and 100,000 prompts within 6 GiB, is held by benchmarks/intent_scale.py.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array

from workbench.models.intent import HierarchicalIntentClassifier
from workbench.models.kernel import KernelRidgeClassifier, View
from workbench.records import Vector

LABELS = np.array([f"branch_{n % 9}.intent_{n}" for n in range(100)], dtype=object)
MANY = 40_000


def peak(work: Callable[[], object]) -> int:
    """Bytes that ``work`` held at once at most, besides what was there before."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def cloud(rows: int, seed: int = 0) -> tuple[Vector, np.ndarray]:
    of_row = np.arange(rows) % len(LABELS)
    points = np.random.default_rng(1).normal(size=(len(LABELS), 8))
    random = np.random.default_rng(seed)
    return (points[of_row] + random.normal(0, 0.3, (rows, 8))).astype(np.float32), LABELS[of_row]


@pytest.fixture(scope="module")
def model() -> HierarchicalIntentClassifier:
    return HierarchicalIntentClassifier().fit(*cloud(300))


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """As small beside these matrices as the usual pieces are beside large ones."""
    monkeypatch.setattr("workbench.models.kernel.ENTRIES_AT_ONCE", 50_000)
    monkeypatch.setattr("workbench.models.intent.ROWS_AT_ONCE", 1_000)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("ask", ["predict", "predict_set", "decide", "out_of_scope_score"])
def test_an_answer_for_many_prompts_never_holds_the_scores_of_all(
    model: HierarchicalIntentClassifier, ask: str
) -> None:
    X, _ = cloud(MANY)
    assert peak(lambda: getattr(model, ask)(X)) < MANY * len(LABELS) * 8 / 2


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(("ask", "columns"), [("predict_proba", 100), ("predict_node_proba", 109)])
def test_probabilities_for_many_prompts_are_held_once(
    model: HierarchicalIntentClassifier, ask: str, columns: int
) -> None:
    X, _ = cloud(MANY)
    assert peak(lambda: getattr(model, ask)(X)) < 1.3 * MANY * columns * 8


@pytest.mark.usefixtures("small_pieces")
def test_a_large_fit_holds_one_matrix_of_rows_times_labels() -> None:
    X, y = cloud(MANY)
    held = peak(lambda: KernelRidgeClassifier(most_exact=10, landmarks=200, most_unseen=2_000).fit(X, y))
    assert held < 1.6 * MANY * len(LABELS) * X.itemsize


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("most_exact", [2_000, 10])
def test_the_kernel_matrix_is_held_once_even_if_made_of_sparse_rows_that_all_overlap(most_exact: int) -> None:
    words = random_array((1_500, 400), density=0.2, rng=np.random.default_rng(0), dtype=np.float32)
    X, y = csr_matrix(words), np.resize(LABELS[:10], 1_500)
    views = (View(0, None, "linear", 1.0),)
    square = 1_500**2 * 4
    fit = KernelRidgeClassifier(views, most_exact=most_exact, landmarks=1_500).fit
    assert peak(lambda: fit(X, y)) < (1.5 if most_exact > 1_500 else 3.5) * square
