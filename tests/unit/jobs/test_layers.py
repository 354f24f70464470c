"""What lower layers make of a text is the same, however one comes by it."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.jobs import layers
from workbench.jobs.encoder import SentenceEncoder, find_encoder
from workbench.jobs.layers import PROBES, FarSightedEncoder, LayerEncoder
from workbench.records import DIMENSIONS, LAYERS
from workbench.settings import Settings
from workbench.store.vectors import layers_of

TEXTS = ["Write a poem.", "写一首诗", "x " * 40, "", "Write a poem.", "a much longer text " * 9]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return find_encoder(Settings(threads=1))


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts each pass through the model had, those of the probe left out."""
    seen: list[int] = []
    real = layers.one_pass

    def counting(model: object, texts: list[str]) -> object:
        seen.extend([len(texts)] if texts is not PROBES else [])
        return real(model, texts)

    monkeypatch.setattr(layers, "one_pass", counting)
    return seen


def test_the_last_of_the_layers_would_be_the_embedding_itself(
    encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "LAYERS", 1)
    # One layer of a depth of -1, times one half: the last of the hidden states.
    monkeypatch.setattr(encoder.model[0].auto_model.config, "num_hidden_layers", -2)
    assert np.allclose(LayerEncoder(encoder).encode(TEXTS), encoder.encode(TEXTS), atol=1e-5)


def test_layers_are_unit_vectors_of_their_own_space_whatever_stands_beside_them_in_the_batch(
    encoder: SentenceEncoder,
) -> None:
    together = LayerEncoder(encoder).encode(TEXTS)
    assert (together.shape, together.dtype) == ((len(TEXTS), LAYERS * DIMENSIONS), np.float32)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert np.allclose(together[0], LayerEncoder(encoder).encode(TEXTS[:1])[0], atol=1e-5)
    assert LayerEncoder(encoder).space == layers_of(encoder.space)
    assert LayerEncoder(encoder).encode([]).shape == (0, LAYERS * DIMENSIONS)


def test_one_pass_gives_the_embedding_and_the_layers(encoder: SentenceEncoder, passes: list[int]) -> None:
    aside = LayerEncoder(encoder)
    both = FarSightedEncoder(encoder, aside)
    assert both.space == encoder.space
    assert np.allclose(both.encode(TEXTS), encoder.encode(TEXTS), atol=1e-5)
    found = aside.encode(TEXTS[::-1])
    assert passes == [len(TEXTS)]
    assert np.allclose(found, LayerEncoder(encoder).encode(TEXTS[::-1]), atol=1e-5)


def test_what_there_was_no_room_for_takes_a_pass_of_its_own(
    encoder: SentenceEncoder, passes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "MOST_KEPT", 2)
    aside = LayerEncoder(encoder)
    FarSightedEncoder(encoder, aside).encode(["one", "two", "three", "four"])
    found = aside.encode(["three", "one", "four", "two"])
    assert passes == [4, 2]
    assert np.allclose(found, LayerEncoder(encoder).encode(["three", "one", "four", "two"]), atol=1e-5)


def test_an_encoder_that_puts_words_before_each_text_embeds_by_itself(
    encoder: SentenceEncoder, passes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder.model, "prompts", {"asked": "query: "})
    monkeypatch.setattr(encoder.model, "default_prompt_name", "asked")
    aside = LayerEncoder(encoder)
    assert np.array_equal(FarSightedEncoder(encoder, aside).encode(TEXTS), encoder.encode(TEXTS))
    assert (passes, aside.kept) == ([], {})
