"""The thorough budget on frames alone: columns for a model, and the same model on raw prompts later."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from small_data import examples
from tuned_data import SETTINGS, columns, encoder, labels, part, texts, tuned, tuned_in

from workbench.errors import TunedEncoderOfAnotherModel
from workbench.jobs.predict import frame_of
from workbench.jobs.thorough import FEWEST_ROWS_A_LABEL, few, tune_split
from workbench.jobs.training import parameters
from workbench.jobs.tuned_encoder import load_tuned
from workbench.models.intent_pipeline import intent_pipeline
from workbench.records import Examples, Recipe, Split, TrainingSet
from workbench.tracking.models import TRUSTED_TYPES


@cache
def model() -> Any:
    made = tuned()
    found = intent_pipeline("thorough", out_of_scope=None, **made.options).fit(made.train, labels())
    # So few rows leave the weight at what the unseen rows say, which may be nothing.
    found[-1].head_.weight_ = 0.1
    return found


def test_every_row_gets_log_probabilities_of_the_sorted_labels() -> None:
    for frame in (tuned().train, *tuned().others):
        found = np.stack(frame["tuned"])
        assert found.shape == (len(frame), len(set(labels())))
        assert found.dtype == np.float32
        assert np.allclose(np.exp(found).sum(axis=1), 1, atol=1e-5)
    assert (columns(True)["prompt_text"] == tuned().others[0]["prompt_text"]).all()
    truth = np.searchsorted(sorted(set(labels())), part(True)["primary"])
    assert (np.stack(tuned().others[0]["tuned"]).argmax(axis=1) == truth).mean() > 0.6
    assert tuned().accuracy > 0.6


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    again = tuned_in(tmp_path / "again")
    assert again.encoder.sha256 == tuned().encoder.sha256
    assert (np.stack(again.train["tuned"]) == np.stack(tuned().train["tuned"])).all()
    assert tuned_in(tmp_path / "other", seed=8).encoder.sha256 != tuned().encoder.sha256


def test_a_saved_model_and_a_saved_encoder_say_the_same_of_raw_prompts() -> None:
    made = tuned()
    again = skops.io.loads(skops.io.dumps(model()), trusted=TRUSTED_TYPES)
    read = load_tuned(made.folder, made.encoder.sha256, made.folder.parent, threads=1)
    new = frame_of(again, texts(True), encoder(), read)
    assert list(new.columns) == ["prompt_text", "embedding", "layers", "tuned"]
    before, after = model().predict_proba(made.others[0]), again.predict_proba(new)
    assert (again.predict(new) == model().predict(made.others[0])).all()
    assert np.allclose(before, after, rtol=0, atol=1e-5)
    assert (again.predict_proba(made.others[0]) == before).all()


def test_a_model_without_a_tuned_encoder_needs_none() -> None:
    made = columns(False)
    simple = intent_pipeline("standard", out_of_scope=None).fit(made, labels())
    assert list(frame_of(simple, texts(True), encoder()).columns) == ["prompt_text", "embedding", "layers"]
    quick = intent_pipeline("quick", out_of_scope=None).fit(made, labels())
    assert list(frame_of(quick, texts(True), encoder()).columns) == ["prompt_text", "embedding"]


def test_an_encoder_of_another_model_is_refused(tmp_path: Path) -> None:
    other = tuned_in(tmp_path / "other", seed=9).encoder
    with pytest.raises(TunedEncoderOfAnotherModel, match=tuned().encoder.space):
        frame_of(model(), texts(True), encoder(), other)
    with pytest.raises(TunedEncoderOfAnotherModel, match="none"):
        frame_of(model(), texts(True), encoder())


def test_few_rows_a_label_are_left_to_the_frozen_encoder() -> None:
    enough = np.repeat(["a", "b", "c"], [FEWEST_ROWS_A_LABEL, FEWEST_ROWS_A_LABEL + 5, 2])
    assert few(enough) == ""
    assert f"{FEWEST_ROWS_A_LABEL - 1} training prompts" in few(enough[1:])
    assert few(np.repeat("a", 100))


def test_a_split_and_its_recipe_know_of_the_encoder(tmp_path: Path) -> None:
    recipe = Recipe("intent_classifier", "small", 7, {"budget": "thorough"})
    both = Split(*(examples(part(is_test), "intent_classifier") for is_test in (False, True)))
    found, split, made = tune_split(encoder(), recipe, both, tmp_path / "encoder", SETTINGS)
    assert found.options == {"budget": "thorough", **made.options}
    assert made.encoder.sha256 == tuned().encoder.sha256
    for before, after in ((both.train, split.train), (both.test, split.test)):
        assert isinstance(after, Examples)
        assert after.ids == before.ids
        assert "tuned" not in before.X
        assert len(after.X["tuned"]) == len(before.ids)
    prompts = TrainingSet("small", part(False), np.empty((0, 384), np.float32), encoder().space, "d" * 64)
    assert parameters(found, prompts)["option_tuned_space"] == made.encoder.space
    assert "option_tuned_labels" not in parameters(found, prompts)
