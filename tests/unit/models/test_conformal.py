"""Sets on the tree hold the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.models.conformal import (
    EVERYTHING,
    climb,
    label_sets,
    lowest_threshold,
    nonconformity,
    quantile,
    stop,
    within,
)
from workbench.models.intent import OUT_OF_SCOPE, HierarchicalIntentClassifier
from workbench.models.taxonomy import Tree

LABELS = ("a", "a.x", "a.x.p", "a.y", "b", "b.z", "c")


def blurred(rows: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows near the corner of their label; siblings lie closer to each other than strangers."""
    random = np.random.default_rng(seed)
    y = random.choice(np.array(LABELS, dtype=object), rows)
    corners = Tree.over(LABELS).membership(y)
    return corners + random.normal(0, noise, corners.shape), y


def holds(truth: str, found: tuple[str, ...]) -> bool:
    return any(within(truth, node) for node in found)


@pytest.mark.parametrize("shape", ["subtree", "labels"])
@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_sets_cover_as_often_as_stated_on_average_over_models(coverage: float, shape: str) -> None:
    found = []
    for seed in range(12):
        model = HierarchicalIntentClassifier().fit(*blurred(300, 0.45, seed))
        X, y = blurred(400, 0.45, 1000 + seed)
        sets = model.predict_set(X, coverage, shape)
        hits = [t in s if shape == "labels" else holds(t, s) for t, s in zip(y, sets, strict=True)]
        found.append(np.mean(hits))
    assert np.mean(found) == pytest.approx(coverage, abs=0.02)


def test_more_coverage_never_makes_a_set_smaller() -> None:
    model = HierarchicalIntentClassifier().fit(*blurred(300, 0.4, 0))
    X, _ = blurred(100, 0.4, 1)
    sizes = []
    for coverage in (0.7, 0.9, 0.97):
        nodes = [s[0] if s else None for s in model.predict_set(X, coverage)]
        sizes.append([0 if n is None else sum(within(label, n) for label in LABELS) for n in nodes])
    assert (np.diff(sizes, axis=0) >= 0).all()


def test_a_climb_ends_with_everything() -> None:
    assert climb("a.x.p") == ("a.x.p", "a.x", "a", EVERYTHING)
    assert within("a.x", "a")
    assert not within("ab", "a")
    assert within("b", EVERYTHING)


def test_nonconformity_is_what_the_climb_must_leave_behind() -> None:
    chances = np.array([0.5, 0.6, 0.9, 1.0])
    scores = [float(nonconformity([climb("a.x.p")], [chances], [t])[0]) for t in ("a.x.p", "a.x", "a.y", "c")]
    assert scores == [-0.5, 0.5, 0.6, 0.9]


@settings(max_examples=60)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40), st.floats(0.05, 0.95))
def test_the_threshold_lies_above_enough_scores(scores: list[float], coverage: float) -> None:
    threshold = quantile(np.array(scores), coverage)
    assert np.sum(np.array(scores) <= threshold) >= min(np.ceil((len(scores) + 1) * coverage), len(scores))


def test_too_few_scores_promise_nothing() -> None:
    assert quantile(np.array([0.1] * 5), 0.95) == float("inf")
    assert stop(climb("a"), np.array([0.9, 1.0]), float("inf")) == EVERYTHING


def test_the_climb_stops_at_the_first_set_above_the_threshold() -> None:
    chances = np.array([0.5, 0.6, 0.9, 1.0])
    stops = [stop(climb("a.x.p"), chances, t) for t in (-0.6, -0.4, 0.0, 0.55, 0.7, 0.95)]
    assert stops == [None, "a.x.p", "a.x.p", "a.x", "a", EVERYTHING]


def test_a_set_of_labels_holds_every_label_that_is_likely_enough() -> None:
    classes = np.array(["a", "b", "c"])
    assert label_sets(np.array([[0.5, 0.3, 0.2]]), classes, 0.75) == [("a", "b")]


def test_the_threshold_for_an_accuracy_leaves_the_unsure_rows_without_an_answer() -> None:
    scores, reach = np.array([-0.9] * 95 + [0.4] * 5), np.array([0.9] * 95 + [0.4] * 5)
    assert lowest_threshold(scores, reach, 0.9) == 0.0
    assert 0.0 < lowest_threshold(scores, reach, 0.98) <= 0.4
    assert lowest_threshold(scores, reach, 0.9999) == float("inf")


def test_answers_are_on_the_true_path_as_often_as_asked() -> None:
    model = HierarchicalIntentClassifier().fit(*blurred(900, 0.5, 0))
    X, y = blurred(2000, 0.5, 1)
    decided = model.decide(X, accuracy=0.95, in_scope_kept=0.97)
    answered = (decided != OUT_OF_SCOPE) & (decided != EVERYTHING)
    right = [within(t, d) for t, d in zip(y[answered], decided[answered], strict=True)]
    assert np.mean(model.predict(X) == y) < 0.9
    assert np.mean(right) >= 0.94
    assert np.mean(decided != OUT_OF_SCOPE) == pytest.approx(0.97, abs=0.02)


@pytest.mark.parametrize("coverage", [0.0, 1.0, -1, 2])
def test_a_coverage_that_is_no_share_is_refused(coverage: float) -> None:
    model = HierarchicalIntentClassifier().fit(*blurred(60, 0.3, 0))
    with pytest.raises(ValueError, match="between 0 and 1"):
        model.predict_set(np.zeros((1, 7)), coverage)


def test_no_coverage_is_stated_where_nothing_could_be_held_out() -> None:
    X, y = np.eye(3), np.array(["a", "a", "a"])
    with pytest.raises(ValueError, match="held out"):
        HierarchicalIntentClassifier().fit(X, y).predict_set(X)
