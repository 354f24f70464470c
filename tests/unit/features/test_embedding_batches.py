"""Windows of long texts, and batches that forget no prompt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workbench.features.embedding import BATCH, MOST_WINDOWS, WINDOW_CHARACTERS, embed, windows
from workbench.records import DIMENSIONS, Matrix

RUNS = st.lists(st.tuples(st.sampled_from("ab \n字"), st.integers(1, 2500)), max_size=12)
TEXTS = RUNS.map(lambda runs: "".join(character * length for character, length in runs))


class LengthEncoder:
    """Puts a text on the axis of its length, and keeps what it was asked."""

    space = "length@0"

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def encode(self, texts: Sequence[str]) -> Matrix:
        self.asked.append(list(texts))
        return np.eye(DIMENSIONS, dtype=np.float32)[[len(text) % DIMENSIONS for text in texts]]


@given(TEXTS)
def test_windows_rejoin_to_the_text_up_to_the_last_one(text: str) -> None:
    pieces = windows(text)
    assert text.startswith("".join(pieces))
    assert len(pieces) == MOST_WINDOWS or "".join(pieces) == text


@given(TEXTS)
def test_windows_are_few_and_short_and_none_is_empty(text: str) -> None:
    pieces = windows(text)
    assert 1 <= len(pieces) <= MOST_WINDOWS
    assert all(len(piece) <= WINDOW_CHARACTERS for piece in pieces)
    assert all(pieces) or not text


def test_windows_are_cut_between_words() -> None:
    words = ["word" + "s" * (n % 9) for n in range(900)]
    assert " ".join(words).split() == [word for piece in windows(" ".join(words)) for word in piece.split()]


def test_every_text_is_embedded_once_and_the_shortest_first() -> None:
    texts = ["x" * (n * 37 % 200 + 1) for n in range(2 * BATCH + 5)]
    chosen = [position for positions, _ in embed(texts, LengthEncoder()) for position in positions]
    assert sorted(chosen) == list(range(len(texts)))
    assert [len(texts[i]) for i in chosen] == sorted(map(len, texts))


def test_a_batch_is_asked_for_only_when_the_one_before_was_taken() -> None:
    encoder = LengthEncoder()
    batches = embed(["x"] * (3 * BATCH), encoder)
    next(batches)
    assert len(encoder.asked) == 1


def test_a_long_text_gets_the_unit_mean_of_its_windows() -> None:
    text = "x" * (WINDOW_CHARACTERS + 10)
    ((_, vectors),) = embed([text], LengthEncoder())
    assert vectors.dtype == np.float32
    assert np.allclose(vectors[0, [WINDOW_CHARACTERS % DIMENSIONS, 10]], 2**-0.5)
    assert np.isclose(np.linalg.norm(vectors[0]), 1)


def test_windows_that_cancel_out_stay_finite() -> None:
    class Opposite(LengthEncoder):
        def encode(self, texts: Sequence[str]) -> Matrix:
            return np.outer([(-1) ** n for n in range(len(texts))], np.eye(DIMENSIONS)[0]).astype(np.float32)

    ((_, vectors),) = embed(["x" * 2 * WINDOW_CHARACTERS], Opposite())
    assert not vectors.any()


def test_progress_ends_at_the_number_of_texts() -> None:
    told: list[tuple[int, int]] = []
    list(embed(["x"] * (BATCH + 1), LengthEncoder(), lambda done, total: told.append((done, total))))
    assert told == [(BATCH, BATCH + 1), (BATCH + 1, BATCH + 1)]
    assert not list(embed([], LengthEncoder()))
