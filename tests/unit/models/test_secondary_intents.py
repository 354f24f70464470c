"""The intent classifier's secondary intents, whatever its head, also out of its file."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from skops import io
from small_data import frame

from workbench.models.heads import HEADS, HeadName
from workbench.models.intent import HierarchicalIntentClassifier
from workbench.models.intent_pipeline import intent_pipeline
from workbench.models.secondary_mixin import FEWEST_ROWS
from workbench.records import Vector


def rows_of(rows: int, seed: int) -> tuple[Vector, np.ndarray, list[list[str]]]:
    """An axis a label: far out on the primary's, half as far on the secondary's."""
    random = np.random.default_rng(seed)
    labels = np.array(["a", "a.x", "b", "c.y"], dtype=object)
    primary = random.integers(0, 4, rows)
    other = (primary + random.integers(1, 4, rows)) % 4
    wants = random.random(rows) < 0.5
    X = random.normal(0, 0.15, (rows, 4))
    X[np.arange(rows), primary] += 1
    X[np.arange(rows), other] += 0.6 * wants
    return X, labels[primary], [[str(labels[label])] if some else [] for label, some in zip(other, wants, strict=True)]


@pytest.mark.parametrize("head", HEADS)
def test_every_head_learns_secondary_intents(head: HeadName) -> None:
    X, y, secondary = rows_of(300, 0)
    fresh, true, wanted = rows_of(200, 1)
    model = HierarchicalIntentClassifier(head, 0.5).fit(X, y, secondary)
    answers = model.predict_secondary(fresh)
    assert np.mean(model.predict(fresh) == true) > 0.9
    assert np.mean([set(answer) == set(want) for answer, want in zip(answers, wanted, strict=True)]) > 0.8


def test_the_primary_answers_are_the_same_with_secondary_labels_and_without() -> None:
    X, y, secondary = rows_of(300, 0)
    plain, further = HierarchicalIntentClassifier().fit(X, y), HierarchicalIntentClassifier().fit(X, y, secondary)
    assert np.array_equal(plain.predict_proba(X), further.predict_proba(X))
    assert plain.predict_secondary(X) == [()] * 300
    assert np.array_equal(plain.predict_all_proba(X), plain.predict_proba(X))
    assert "No secondary labels were given" in plain.secondary_.says


def test_the_chances_of_all_intents_add_the_further_ones_to_the_primary() -> None:
    X, y, secondary = rows_of(300, 0)
    model = HierarchicalIntentClassifier().fit(X, y, secondary)
    fresh, _, wanted = rows_of(200, 1)
    chances = model.predict_all_proba(fresh)
    assert (chances >= model.predict_proba(fresh)).all()
    assert chances.max() <= 1
    stated = chances.sum(axis=1).mean() - 1
    assert stated == pytest.approx(np.mean([len(paths) for paths in wanted]), abs=0.1)


@pytest.mark.parametrize("made", [csr_array, lambda X: pd.DataFrame(X, columns=list("stuv"))], ids=["sparse", "frame"])
def test_sparse_rows_and_frames_get_the_same_answers(made: Callable[[Vector], object]) -> None:
    X, y, secondary = rows_of(300, 0)
    other = made(X)
    plain, same = (HierarchicalIntentClassifier().fit(rows, y, secondary) for rows in (X, other))
    assert same.predict_secondary(other) == plain.predict_secondary(X)


def test_rows_that_could_not_be_held_out_are_not_learnt_from() -> None:
    X, y, secondary = rows_of(300, 0)
    lone = np.array([[0.0, 0.0, 0.0, -3.0]])
    model = HierarchicalIntentClassifier("svm").fit(
        np.vstack([X, lone]), np.append(y, "lone"), [*secondary, ["a", "b"]]
    )
    assert f"Learnt from {sum(map(bool, secondary))} training prompts" in model.secondary_.says
    one = HierarchicalIntentClassifier().fit(X, np.full(300, "only", dtype=object), secondary)
    assert one.predict_secondary(X[:2]) == [(), ()]
    assert "Of 0 training prompts that could be held out 0 have" in one.secondary_.says


def test_without_secondary_labels_none_is_predicted_and_it_says_so() -> None:
    X, y, _ = rows_of(200, 0)
    model = HierarchicalIntentClassifier().fit(X, y, [()] * 200)
    assert model.predict_secondary(X, 0.0) == [()] * 200
    assert "Of 200 training prompts that could be held out 0 have secondary labels" in model.secondary_.says


@pytest.mark.parametrize(("count", "learns"), [(FEWEST_ROWS - 1, False), (FEWEST_ROWS, True)])
def test_too_few_rows_are_not_learnt_from(count: int, learns: bool) -> None:
    X, y, secondary = rows_of(200, 0)
    some = set([row for row in range(200) if secondary[row]][:count])
    kept = [paths if row in some else [] for row, paths in enumerate(secondary)]
    model = HierarchicalIntentClassifier().fit(X, y, kept)
    assert (model.secondary_.habits is not None) == learns
    assert (f"{count} have secondary labels; it takes {FEWEST_ROWS}" in model.secondary_.says) != learns


def test_labels_that_are_nobodys_primary_are_left_aside_and_counted() -> None:
    X, y, secondary = rows_of(200, 0)
    more = [[*paths, "z.unknown"] if row < 3 else paths for row, paths in enumerate(secondary)]
    plain, model = (HierarchicalIntentClassifier().fit(X, y, given) for given in (secondary, more))
    assert "3 secondary labels are no prompt's primary one" in model.secondary_.says
    assert np.array_equal(model.predict_all_proba(X), plain.predict_all_proba(X))


def test_a_primary_label_among_its_own_secondary_ones_and_a_label_twice_say_nothing() -> None:
    X, y, secondary = rows_of(200, 0)
    doubled = [[label, *paths, *paths] for label, paths in zip(y, secondary, strict=True)]
    plain, model = (HierarchicalIntentClassifier().fit(X, y, given) for given in (secondary, doubled))
    assert np.array_equal(model.predict_all_proba(X), plain.predict_all_proba(X))


def test_of_many_rows_some_are_learnt_from(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y, secondary = rows_of(300, 0)
    monkeypatch.setattr("workbench.models.secondary_mixin.MOST_ROWS", 150)
    model = HierarchicalIntentClassifier().fit(X, y, secondary)
    assert model.secondary_head_.support_.shape == (150, 4)
    assert any(model.predict_secondary(X))


def test_rows_with_several_secondary_labels_are_learnt_from_too() -> None:
    X, y, secondary = rows_of(300, 0)
    both = [
        [*paths, *({"a", "b"} - {label, *paths})] if paths else [] for label, paths in zip(y, secondary, strict=True)
    ]
    X[:, 0] += [0.6 * ("a" in paths[1:]) for paths in both]
    X[:, 2] += [0.6 * ("b" in paths[1:]) for paths in both]
    answers = HierarchicalIntentClassifier().fit(X, y, both).predict_secondary(X)
    assert {2, 3} & set(map(len, answers))


@pytest.mark.parametrize("secondary", [[["a"]], ["a.x"] * 300])
def test_anything_but_a_list_of_paths_a_row_is_refused(secondary: list[object]) -> None:
    X, y, _ = rows_of(300, 0)
    with pytest.raises(ValueError, match="list of paths for each of the 300 rows"):
        HierarchicalIntentClassifier().fit(X, y, secondary)


def test_a_pipeline_out_of_its_file_gives_the_same_secondary_intents() -> None:
    from workbench.tracking.models import TRUSTED_TYPES  # takes seconds

    table = frame(180)
    names = sorted(set(table["primary"]))
    secondary = [[names[row % 5 - 1]] if row % 2 else [] for row in range(len(table))]
    vectors = [v + 0.4 * (row % 2) * np.eye(len(v))[row % 5 - 1] for row, v in enumerate(table["embedding"])]
    X = table[["prompt_text"]].assign(embedding=[np.asarray(v, dtype=np.float32) for v in vectors])
    model = intent_pipeline("quick").fit(X, table["primary"].to_numpy(object), classifier__secondary=secondary)
    saved = io.dumps(model)
    loaded = io.loads(saved, trusted=TRUSTED_TYPES)
    made = model[:-1].transform(X)
    assert any(model[-1].predict_secondary(made))
    assert loaded[-1].predict_secondary(made) == model[-1].predict_secondary(made)
    assert np.array_equal(loaded[-1].predict_all_proba(made), model[-1].predict_all_proba(made))
    assert loaded[-1].secondary_.says == model[-1].secondary_.says
    assert set(io.get_untrusted_types(data=saved)) <= set(TRUSTED_TYPES)
