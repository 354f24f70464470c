"""The outcome model: what techniques are worth where, and how sure that is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from skops import io

from workbench.models.outcome_model import OutcomeModel
from workbench.records import DIMENSIONS, Vector

CODES = ("w", "x", "y", "z")
INTENTS = ("code.debug", "code.review", "write.poem", "write.letter")


def contexts(rows: int, seed: int = 0, embedded: bool = False) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(rows, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return pd.DataFrame(
        {
            "intent": random.choice(INTENTS, rows).astype(object),
            "complexity": random.integers(1, 6, rows).astype(float),
            "language_model": random.choice(["small", "large"], rows).astype(object),
            "domain": random.choice(np.array(["law", None], dtype=object), rows),
            "embedding": list(vectors) if embedded else [None] * rows,
        }
    )


def arms(rows: int, seed: int = 0, choices: tuple[str, ...] = CODES) -> list[str]:
    return [str(arm) for arm in np.random.default_rng(seed + 1).choice(choices, rows)]


def rewards(X: pd.DataFrame, applied: list[str], gain: dict[str, float], seed: int = 0, noise: float = 0.1) -> Vector:
    random = np.random.default_rng(seed + 2)
    worth = np.array([sum(gain.get(code, 0.0) for code in arm.split(";")) for arm in applied])
    ease = np.where(X["intent"].str.startswith("code"), 0.2, 0.0)
    return 0.4 + ease + worth + random.normal(0, noise, len(X))


def fitted(rows: int = 400, gain: dict[str, float] | None = None, **options: Any) -> OutcomeModel:
    X, applied = contexts(rows), arms(rows)
    return OutcomeModel(CODES, **options).fit(X, applied, rewards(X, applied, {"x": 0.1} if gain is None else gain))


def test_without_a_row_every_technique_keeps_its_prior_and_a_wide_interval() -> None:
    model = OutcomeModel(CODES, (0.6, 0.7, 0.8, 0.9)).fit(contexts(0), [], [])
    mean, sd = model.predict(contexts(3), CODES)
    assert np.allclose(mean, [[0.6, 0.7, 0.8, 0.9]] * 3)
    assert (sd > 0.4).all()
    assert (model.contrast(contexts(3), CODES, "w")[1][:, 1:] > 0.1).all()


def test_the_better_technique_is_found_with_an_interval_around_its_gain() -> None:
    gain, sd = fitted().contrast(contexts(20, 9), ["x"], "w")
    assert (np.abs(gain - 0.1) < 3 * sd).all()
    assert abs(gain.mean() - 0.1) < 0.03
    assert (gain > sd).all()


def test_more_rows_make_it_surer() -> None:
    sd = [fitted(rows).contrast(contexts(20, 9), CODES[1:], "w")[1].mean() for rows in (50, 400, 3000)]
    assert sd[0] > 1.5 * sd[1] > 2 * sd[2]


def test_where_nothing_was_logged_it_is_less_sure_than_where_much_was() -> None:
    seen, unseen = contexts(2, 9), contexts(2, 9).assign(intent="code.debug.python", language_model="new")
    model = fitted()
    assert (model.contrast(unseen, ["x"], "w")[1] > model.contrast(seen, ["x"], "w")[1]).all()


def test_an_intent_without_rows_takes_what_is_known_of_the_one_above_it() -> None:
    X, applied = contexts(2000), arms(2000)
    helps = np.where((X["intent"].str.startswith("code")) & (np.array(applied) == "x"), 0.3, 0.0)
    model = OutcomeModel(CODES).fit(X, applied, rewards(X, applied, {}) + helps)
    new = contexts(1, 9)
    gains = [model.contrast(new.assign(intent=i), ["x"], "w")[0][0, 0] for i in ("code.new", "write.new")]
    assert gains[0] - gains[1] > 0.15


def test_an_uncertain_intent_counts_by_its_probabilities() -> None:
    model, X = fitted(), contexts(1, 9)
    parts = [model.predict_mean(X.assign(intent=intent), CODES) for intent in ("code.debug", "write.poem")]
    mixed = X.assign(intent=[{"code.debug": 0.25, "write.poem": 0.75}])
    assert np.allclose(model.predict_mean(mixed, CODES), 0.25 * parts[0] + 0.75 * parts[1])


def test_a_sets_effect_is_the_sum_until_it_was_seen_often() -> None:
    X, choices = contexts(3000), ("w", "x", "y", "w;x", "w;y")
    applied = arms(3000, choices=choices)
    clash = np.where(np.array(applied) == "w;x", -0.2, 0.0)
    y = rewards(X, applied, {"w": 0.05, "x": 0.1}) + clash
    model = OutcomeModel(CODES).fit(X, applied, y)
    apart = OutcomeModel(CODES, fewest_of_a_set=10_000).fit(X, applied, y)
    new = contexts(50, 9)
    assert (model.sets_, apart.sets_) == (["w;x", "w;y"], [])
    (w, clashing, fine), sd = (part.mean(axis=0) for part in model.contrast(new, ["w", "w;x", "w;y"], "y"))
    assert np.allclose([w, clashing, fine], [0.05, -0.05, 0.05], atol=0.03)
    assert apart.contrast(new, ["w"], "y")[0].mean() < 0.02
    assert model.contrast(new, ["x;y"], "y")[1].mean() > 2 * sd.max()


def test_a_description_places_a_technique_that_was_never_tried() -> None:
    random = np.random.default_rng(0)
    kinds = random.normal(size=(2, DIMENSIONS))
    described = np.repeat(kinds, 5, axis=0) + 0.3 * random.normal(size=(10, DIMENSIONS))
    codes = tuple("abcdefghij")
    X, applied = contexts(3000), arms(3000, choices=codes[:4] + codes[5:9])
    gain = dict.fromkeys("abcd", 0.2)
    model = OutcomeModel(codes, descriptions=described).fit(X, applied, rewards(X, applied, gain))
    mean, sd = model.predict(contexts(10, 9), ["a", "e", "j", "f"])
    assert (mean[:, 1] > mean[:, 2] + 0.1).all()
    assert (sd[:, 1] > 1.5 * sd[:, 0]).all()
    late = model.knowing((*codes, "new"), [0.5] * 11, np.vstack([described, kinds[0]]))
    assert np.allclose(late.predict_mean(X[:5], ["new"]), late.predict_mean(X[:5], ["e"]), atol=0.1)


def test_a_difference_is_that_of_the_two_posteriors_and_shared_context_cancels() -> None:
    model, X = fitted(), contexts(5, 9).assign(intent="a.new.intent")
    mean, covariance = model.joint(X, CODES)
    assert np.allclose(model.predict(X, CODES)[0], mean)
    assert np.allclose(model.predict(X, CODES)[1] ** 2, np.diagonal(covariance, axis1=1, axis2=2))
    gain, sd = model.contrast(X, CODES, "w")
    assert np.allclose(gain, mean - mean[:, :1])
    assert (sd < model.predict(X, CODES)[1]).all()
    assert (sd[:, 0] == 0).all()
    own = model.contrast(X, CODES, ["w", "x", "y", "z", "w"])[1]
    assert [list(row).index(0) for row in own] == [0, 1, 2, 3, 0]


def test_what_labels_are_worth_is_believed_until_outcomes_speak() -> None:
    X = contexts(2000).assign(labels=list(np.random.default_rng(3).uniform(size=(2000, 4))))
    nothing = OutcomeModel(CODES, label_worth=0.2).fit(X[:0], [], [])
    new = contexts(1, 9).assign(labels=[np.array([1.0, 0.0, 0.5, 0.0])])
    assert np.allclose(nothing.contrast(new, CODES, "x")[0], [[0.2, 0.0, 0.1, 0.0]])
    applied = arms(2000)
    said = np.array([row[CODES.index(arm)] for row, arm in zip(X["labels"], applied, strict=True)])
    for worth in (-0.3, 0.0, 0.5):
        model = OutcomeModel(CODES, label_worth=0.2).fit(X, applied, rewards(X, applied, {}) + worth * said)
        gain, sd = model.contrast(new, ["w"], "x")
        assert abs(gain[0, 0] - worth) < max(3 * sd[0, 0], 0.05)


def test_the_average_over_rows_is_surer_than_a_row() -> None:
    model, X = fitted(), contexts(40, 9)
    mean, sd = model.average(X, CODES, "w")
    each, apart = model.contrast(X, CODES, "w")
    assert np.allclose(mean, each.mean(axis=0))
    assert (sd[1:] < apart.mean(axis=0)[1:]).all()
    assert sd[0] == 0
    drawn = model.draw(X, CODES, 4000, seed=1).mean(axis=1)
    assert np.allclose((drawn - drawn[:, :1]).std(axis=0)[1:], sd[1:], rtol=0.08)
    own = [str(arm) for arm in np.array(CODES)[each.argmax(axis=1)]]
    assert np.allclose(model.average(X, ["w"], own)[0], -each.max(axis=1).mean())


def test_draws_scatter_as_the_posterior_says() -> None:
    model, X = fitted(), contexts(3, 9).assign(domain="never seen")
    drawn = model.draw(X, CODES, 4000, seed=1)
    mean, sd = model.predict(X, CODES)
    assert np.allclose(drawn.mean(axis=0), mean, atol=0.03)
    assert np.allclose(drawn.std(axis=0), sd, rtol=0.08)
    gaps = drawn - drawn[:, :, :1]
    assert np.allclose(gaps.std(axis=0), model.contrast(X, CODES, "w")[1], rtol=0.08)
    assert np.array_equal(drawn, model.draw(X, CODES, 4000, seed=1))


def test_weights_are_relative_precisions() -> None:
    X, applied = contexts(200), arms(200)
    y, weight = rewards(X, applied, {"x": 0.1}), np.random.default_rng(0).uniform(0.5, 2, 200)
    one, other = (OutcomeModel(CODES).fit(X, applied, y, factor * weight) for factor in (1, 7))
    assert np.allclose(one.predict(X, CODES), other.predict(X, CODES))
    none = np.where(np.arange(200) < 100, 1.0, 0.0)
    half = OutcomeModel(CODES).fit(X[:100], applied[:100], y[:100])
    without = OutcomeModel(CODES).fit(X, applied, y, none)
    assert np.allclose(half.contrast(X[:5], CODES, "w")[0], without.contrast(X[:5], CODES, "w")[0], atol=0.03)


@pytest.mark.parametrize("embedded", [True, False])
def test_a_saved_model_answers_the_same_to_the_last_bit(embedded: bool) -> None:
    from workbench.tracking.models import TRUSTED_TYPES  # takes seconds

    X, applied = contexts(100, embedded=embedded), arms(100, choices=("w", "x", "w;x"))
    described = np.random.default_rng(0).normal(size=(4, DIMENSIONS))
    model = OutcomeModel(CODES, (0.5,) * 4, described).fit(X, applied, rewards(X, applied, {"x": 0.1}))
    loaded = io.loads(io.dumps(model), trusted=TRUSTED_TYPES)
    for before, after in zip(model.joint(X, ["w", "w;x"]), loaded.joint(X, ["w", "w;x"]), strict=True):
        assert np.array_equal(before, after)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 60), st.integers(0, 999), st.booleans(), st.floats(0, 1))
def test_whatever_the_log_everything_stays_finite(rows: int, seed: int, embedded: bool, constant: float) -> None:
    X, applied = contexts(rows, seed, embedded), arms(rows, seed, ("", "w", "w;x", "u;v;w"))
    y = np.full(rows, constant) if seed % 3 == 0 else np.random.default_rng(seed).uniform(size=rows)
    model = OutcomeModel(CODES).fit(X, applied, y)
    new = pd.DataFrame({"intent": [None, "a.b"], "complexity": [np.nan, 5], "embedding": [None, None]})
    mean, covariance = model.joint(new, ["", "w", "u", "x;z", "new"])
    assert np.isfinite(mean).all()
    assert (np.linalg.eigvalsh(covariance) > -1e-9).all()
    assert model.noise_ > 0


def test_it_is_a_scikit_learn_estimator() -> None:
    model = OutcomeModel(CODES, components=3)
    assert clone(model).get_params() == model.get_params()
    with pytest.raises(NotFittedError):
        model.predict(contexts(1), CODES)
    with pytest.raises(ValueError, match="got 2 contexts, 1 arms"):
        model.fit(contexts(2), ["w"], [0.5, 0.5])
    with pytest.raises(ValueError, match="every reward has to be a number"):
        model.fit(contexts(1), ["w"], [np.nan])
    with pytest.raises(ValueError, match="not negative"):
        model.fit(contexts(1), ["w"], [0.5], [-1])
