"""Texts to vectors, one encoder at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from workbench.records import Matrix

BATCH = 64
# The encoder reads 256 word pieces and drops the rest without a word; a window of this many characters stays below it
# for English prose, so a longer prompt is read in windows whose vectors are averaged.
WINDOW_CHARACTERS = 1000
MOST_WINDOWS = 16


class Encoder(Protocol):
    """``space`` names the model and its digest; ``encode`` gives unit vectors of shape (texts, length), float32."""

    @property
    def space(self) -> str: ...

    def encode(self, texts: Sequence[str]) -> Matrix: ...


@dataclass(frozen=True)
class ModuleEncoder:
    """A module of sentence-transformers."""

    model: Any
    space: str = ""

    def encode(self, texts: Sequence[str]) -> Matrix:
        vectors: Matrix = self.model.encode(
            list(texts), batch_size=64, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
        )
        return vectors


def windows(text: str) -> list[str]:
    """``text`` cut at spaces into pieces of at most ``WINDOW_CHARACTERS``, the first ``MOST_WINDOWS`` of them."""
    pieces: list[str] = []
    start = 0
    while start < len(text) and len(pieces) < MOST_WINDOWS:
        end = min(start + WINDOW_CHARACTERS, len(text))
        space = text.rfind(" ", start + 1, end) if end < len(text) else end
        end = space if space > start else end
        pieces.append(text[start:end])
        start = end
    return pieces or [text]


def embed(
    texts: Sequence[str], encoder: Encoder, tick: Callable[[int, int], None] = lambda *_: None
) -> Iterator[tuple[list[int], Matrix]]:
    """Batches of (positions in ``texts``, unit vectors), shortest texts first so that a batch wastes no padding.

    Yielding batches lets the caller store each at once: a long job that is killed loses one batch.
    """
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        yield chosen, _encode(encoder, [texts[i] for i in chosen])
        tick(min(start + BATCH, len(order)), len(order))


def _encode(encoder: Encoder, texts: Sequence[str]) -> Matrix:
    cut = [windows(text) for text in texts]
    vectors = encoder.encode([piece for pieces in cut for piece in pieces])
    pooled = np.empty((len(texts), vectors.shape[1]), dtype=np.float32)
    position = 0
    for row, pieces in enumerate(cut):
        mean = vectors[position : position + len(pieces)].mean(axis=0)
        pooled[row] = mean / max(float(np.linalg.norm(mean)), 1e-12)
        position += len(pieces)
    return pooled
