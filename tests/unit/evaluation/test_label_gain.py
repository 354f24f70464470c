"""Which intents more labels would help, from fits of three sizes on the same held-out rows."""

from __future__ import annotations

import numpy as np
import pytest
from small_data import TECHNIQUES, recipe, split

from workbench.evaluation.label_gain import LabelGain, label_gain
from workbench.evaluation.learning import Growth, grow, learning_curve
from workbench.models.build import estimator_for
from workbench.records import Vector

FRACTIONS = np.array([0.25, 0.5, 1.0])


def grown(error: Vector, exponent: Vector, held: int, seed: int, taken: str = "top.none") -> Growth:
    """Intent i errs with the chance error_i at full size, which falls as a power of the size."""
    random = np.random.default_rng(seed)
    intent = np.repeat(np.arange(len(error)), held)
    labels = np.array([f"top.{n:02d}" for n in intent], dtype=object)
    chance = np.minimum(error[intent] * FRACTIONS[:, None] ** -exponent[intent], 1.0)
    luck = np.where(
        random.uniform(size=chance.shape) < 0.5, random.uniform(size=len(intent)), random.uniform(size=chance.shape)
    )
    right = luck > chance
    answers = tuple(np.where(row, labels, taken).astype(object) for row in right)
    return Growth(labels, answers, tuple(np.repeat(labels, int(4 * part)) for part in FRACTIONS), right)


def test_the_gain_covers_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    whole, single = [], []
    for seed in range(25):
        error, exponent = random.beta(1.5, 10, 30), random.uniform(0.1, 0.8, 30)
        truth = error * (1 - 1.5**-exponent)
        found = label_gain(grown(error, exponent, 25, seed), seed)
        table = found.intents.sort_values("label")
        whole.append(found.gain.low <= truth.mean() <= found.gain.high)
        single.append(np.mean((table["gain_low"].to_numpy() <= truth) & (truth <= table["gain_high"].to_numpy())))
    assert np.mean(whole) >= 0.85
    assert np.mean(single) > 0.92


def test_intents_that_still_improve_stand_before_those_that_do_not() -> None:
    found = label_gain(grown(np.array([0.2, 0.2]), np.array([0.8, 0.0]), 400, 1), 0)
    assert found.intents["label"].tolist() == ["top.00", "top.01"]
    assert found.intents["says"][0].startswith("50 % more labels would likely help: +")
    assert found.intents["gain"][0] > found.intents["gain"][1]
    assert found.gain.low > 0


def test_an_intent_without_errors_has_hardly_anything_to_gain() -> None:
    found = label_gain(grown(np.array([0.0, 0.3]), np.array([0.0, 0.5]), 500, 1), 0)
    row = found.intents.set_index("label").loc["top.00"]
    assert row["gain_high"] < 0.01
    assert row["says"].startswith("50 % more labels would hardly help")


def test_confusions_between_siblings_are_named() -> None:
    sibling = label_gain(grown(np.array([0.2]), np.array([0.3]), 100, 1, "top.other"), 0).intents.iloc[0]
    assert sibling["sibling_rows"] == sibling["wrong"] == sibling["taken_rows"] > 3
    assert "confusions with siblings" in sibling["says"]
    assert "top.other" in sibling["says"]
    stranger = label_gain(grown(np.array([0.2]), np.array([0.3]), 100, 1, "elsewhere"), 0).intents.iloc[0]
    assert stranger["sibling_rows"] == 0
    assert stranger["says"].endswith("were taken for elsewhere.")


def test_curves_count_labels_and_rows_of_each_fit() -> None:
    made = grown(np.array([0.1, 0.4]), np.array([0.2, 0.2]), 50, 1)
    found = label_gain(made, 0)
    table = found.curves.set_index(["label", "fraction"])
    assert table.loc["top.01", "labels"].to_dict() == {0.25: 50, 0.5: 100, 1.0: 200}
    assert table.loc[("top.00", 1.0), "accuracy"] == made.right[2, :50].mean()
    assert found.branch_curves["label"].tolist() == ["top"] * 3
    assert found.branches.loc[0, ["labels", "rows"]].tolist() == [400, 100]


def test_one_seed_gives_one_answer() -> None:
    made = grown(np.array([0.1, 0.4]), np.array([0.2, 0.2]), 50, 1)
    one, other = label_gain(made, 3), label_gain(made, 3)
    assert one.gain == other.gain
    assert one.intents.equals(other.intents)


def test_the_fits_of_the_curve_serve_both() -> None:
    estimator, train = estimator_for(recipe("intent_classifier"), TECHNIQUES), split("intent_classifier").train
    made = grow(estimator, train, seed=1)
    assert made.points == learning_curve(estimator, train, seed=1)
    found = label_gain(made, 0)
    assert isinstance(found, LabelGain)
    assert found.intents["rows"].sum() == len(made.truth)
    assert np.isfinite(found.intents[["gain", "gain_low", "gain_high"]].to_numpy()).all()


def test_one_fit_or_several_labels_a_row_are_refused() -> None:
    made = grow(estimator_for(recipe("technique_selector"), TECHNIQUES), split("technique_selector").train, 1, (1.0,))
    with pytest.raises(ValueError, match="got 2 axes of labels and 1 fits"):
        label_gain(made, 0)
