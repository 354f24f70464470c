"""Synthetic prompts of any number of intents in a tree, for benchmarks: made-up words, made-up embeddings.

A label's words are drawn from a few of its own, a few of its branch and many common ones, so that siblings are
confused more often than strangers; its embeddings lie around a point near its branch's. How well a model does on them
says nothing about real prompts. The same sizes and seed give the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

DIMENSIONS = 384
COMMON_WORDS = 30_000
OWN_WORDS = 6
BRANCH = 12


@dataclass(frozen=True)
class Prompts:
    """``X`` has the columns that estimators take, ``y`` dotted paths, shape (rows,)."""

    X: pd.DataFrame
    y: NDArray[np.object_]


def paths(labels: int, ragged: bool = True) -> list[str]:
    """That many labels. ``ragged``: every branch of 12 is a label itself, and every fifth label has one below it."""
    found: list[str] = []
    branch = 0
    while len(found) < labels:
        root = f"branch_{branch}"
        if ragged:
            found.append(root)
        for leaf in range(BRANCH):
            found.append(f"{root}.intent_{leaf}")
            if ragged and leaf % 5 == 0:
                found.append(f"{root}.intent_{leaf}.detail")
        branch += 1
    return found[:labels]


def prompts(rows: int, labels: list[str], seed: int, words: int = 12, blur: float = 3.0) -> Prompts:
    """``words`` is the median number of words a prompt; lengths are log-normal, so that a few are many times longer."""
    random = np.random.default_rng([seed, rows, len(labels)])
    of_row = random.permutation(np.arange(rows) % len(labels))
    y = np.array(labels, dtype=object)[of_row]
    vectors = _vectors(labels, of_row, random, blur)
    layers = list(np.hstack([vectors, vectors[:, ::-1]]) / np.float32(2**0.5))
    texts = _texts(labels, of_row, random, words)
    X = pd.DataFrame({"prompt_text": texts, "embedding": list(vectors), "layers": layers})
    return Prompts(X, y)


def _vectors(
    labels: list[str], of_row: NDArray[np.int64], random: np.random.Generator, blur: float
) -> NDArray[np.float32]:
    """Unit vectors around the labels' own points; the points do not depend on ``random``."""
    fixed = np.random.default_rng(len(labels))
    roots = {label.split(".")[0]: fixed.normal(size=DIMENSIONS) for label in labels}
    centres = np.stack([roots[label.split(".")[0]] + fixed.normal(size=DIMENSIONS) for label in labels])
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    found = np.empty((len(of_row), DIMENSIONS), dtype=np.float32)
    for start in range(0, len(of_row), 4096):
        part = centres[of_row[start : start + 4096]]
        part = part + blur * random.normal(size=part.shape) / np.sqrt(DIMENSIONS)
        found[start : start + 4096] = part / np.linalg.norm(part, axis=1, keepdims=True)
    return found


def _texts(labels: list[str], of_row: NDArray[np.int64], random: np.random.Generator, words: int) -> list[str]:
    """Common words by Zipf's law, every fourth word one of the label's or of its branch's."""
    known = np.array([_word(number) for number in range(COMMON_WORDS + OWN_WORDS * 2 * len(labels))], dtype=object)
    lengths = np.clip(random.lognormal(np.log(words), 0.6, len(of_row)), 2, 2000).astype(int)
    common = np.minimum(random.zipf(1.3, lengths.sum()) - 1, COMMON_WORDS - 1)
    branches = {root: place for place, root in enumerate(sorted({label.split(".")[0] for label in labels}))}
    of_label = np.array([branches[label.split(".")[0]] for label in labels])
    row = np.repeat(of_row, lengths)
    own = COMMON_WORDS + OWN_WORDS * row + random.integers(OWN_WORDS, size=len(row))
    shared = COMMON_WORDS + OWN_WORDS * (len(labels) + of_label[row]) + random.integers(OWN_WORDS, size=len(row))
    kind = random.random(len(row))
    chosen = known[np.select([kind < 0.12, kind < 0.25], [own, shared], common)]
    ends = np.cumsum(lengths)
    return [" ".join(chosen[end - length : end]) for end, length in zip(ends, lengths, strict=True)]


def _word(number: int) -> str:
    """Every number has a word of its own: one syllable below 90, two below 8,190, three above."""
    for length in (1, 2, 3):
        size = 90**length
        if number < size:
            break
        number -= size
    # Scattered, or neighbours in number would share most of their letters.
    number = number * 524_287 % size
    parts = [number // 90**place % 90 for place in range(length)]
    return "".join("bcdfghjklmnprstvwz"[part % 18] + "aeiou"[part // 18] for part in parts)


if __name__ == "__main__":
    made = prompts(3, paths(30), seed=0)
    print(f"This makes synthetic prompts for the other benchmarks, such as {made.X['prompt_text'][0]!r}: {made.y[0]}")
