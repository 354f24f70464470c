"""What lower layers of the sentence encoder make of a text, by itself or in the pass that embeds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from workbench.features.embedding import BATCH
from workbench.jobs.encoder import SentenceEncoder
from workbench.records import DIMENSIONS, LAYERS, Matrix
from workbench.store.vectors import layers_of

# Of 3 KiB each; whatever comes after them takes a pass of its own.
MOST_KEPT = 50_000
PROBES = ("Write a poem.", "What is the balance of my account, and when is the next payment due?")


@dataclass(frozen=True)
class LayerEncoder:
    """What the layers at one and two thirds of the depth of an encoder make of a text, side by side.

    Intents are told apart by wording as well as by meaning, and lower layers keep more of the wording (Jawahar, Sagot
    and Seddah 2019). Each layer is the mean over the word pieces, scaled to length 1 / sqrt(2).
    """

    encoder: SentenceEncoder
    kept: dict[str, Matrix] = field(default_factory=dict, repr=False)

    @property
    def space(self) -> str:
        return layers_of(self.encoder.space)

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Shape (texts, 768), unit rows, float32."""
        new = [text for text in dict.fromkeys(texts) if text not in self.kept]
        fresh = dict(zip(new, one_pass(self.encoder.model, new)[1], strict=True)) if new else {}
        found = np.empty((len(texts), LAYERS * DIMENSIONS), np.float32)
        for row, text in enumerate(texts):
            found[row] = fresh[text] if text in fresh else self.kept[text]
        return found


@dataclass(frozen=True)
class FarSightedEncoder:
    """A sentence encoder that keeps for ``layers`` what it came by on the way: half the work where both are wanted.

    An encoder of one's own may do more than its modules say, such as put words before each text. Its embeddings are
    then left to itself: what is asked later has to meet the same vectors.
    """

    encoder: SentenceEncoder
    layers: LayerEncoder

    @property
    def space(self) -> str:
        return self.encoder.space

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Shape (texts, 384), unit rows, float32."""
        if not self._same:
            return self.encoder.encode(texts)
        sentences, layers = one_pass(self.encoder.model, texts)
        room = max(MOST_KEPT - len(self.layers.kept), 0)
        self.layers.kept.update(zip(texts[:room], layers[:room], strict=True))
        return sentences

    @cached_property
    def _same(self) -> bool:
        found, _ = one_pass(self.encoder.model, PROBES)
        return bool(np.allclose(found, self.encoder.encode(PROBES), atol=1e-4))


def one_pass(model: Any, texts: Sequence[str]) -> tuple[Matrix, Matrix]:
    """Embeddings by a module of sentence-transformers, shape (texts, 384), and their layers, shape (texts, 768); unit
    rows, float32."""
    import torch

    transformer, *rest = model
    depth = transformer.auto_model.config.num_hidden_layers
    sentences = np.empty((len(texts), DIMENSIONS), np.float32)
    layers = np.empty((len(texts), LAYERS * DIMENSIONS), np.float32)
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            inputs = model.preprocess([texts[row] for row in rows])
            given = {name: inputs[name] for name in ("input_ids", "attention_mask")}
            said = transformer.auto_model(**given, output_hidden_states=True)
            mask = given["attention_mask"].unsqueeze(-1).float()
            for place in range(LAYERS):
                mean = (said.hidden_states[depth * (place + 1) // (LAYERS + 1)] * mask).sum(1) / mask.sum(1)
                unit = torch.nn.functional.normalize(mean, dim=1) / LAYERS**0.5
                layers[rows, place * DIMENSIONS : (place + 1) * DIMENSIONS] = unit.numpy()
            features = {**inputs, "token_embeddings": said.last_hidden_state}
            for module in rest:
                features = module(features)
            sentences[rows] = torch.nn.functional.normalize(features["sentence_embedding"], dim=1).numpy()
    return sentences, layers
