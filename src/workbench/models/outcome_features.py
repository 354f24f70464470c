"""Contexts, techniques and sets of them as columns of a linear model of rewards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from workbench.models.taxonomy import ancestors
from workbench.records import DIMENSIONS, Vector

Indices = NDArray[np.int64]
CONSTANT, COMPLEXITY = 0, 1
NUMBERS = 2
FEWEST_IN_A_SET = 2


@dataclass(frozen=True)
class Space:
    """How complexity and prompts' embeddings become numbers around 0 with a variance of about 1 in all.

    ``centre`` has shape (384,), ``axes`` (384, components)."""

    complexity: float
    complexity_scale: float
    centre: Vector
    axes: Vector

    @property
    def numeric(self) -> tuple[str, ...]:
        return ("constant", "complexity", *("embedding" for _ in range(self.axes.shape[1])))


def space_of(X: pd.DataFrame, components: int) -> Space:
    """From the rows that know their complexity and their embedding. No axes where none knows any."""
    complexity = numbers_of(X)
    known = complexity[np.isfinite(complexity)]
    spread = float(known.std()) if len(known) else 0.0
    middle = float(known.mean()) if len(known) else 3.0
    centre, axes = principal_axes(*embeddings_of(X), components)
    return Space(middle, spread or 1.0, centre, axes)


def principal_axes(vectors: Vector, known: NDArray[Any], components: int) -> tuple[Vector, Vector]:
    """The mean and the first axes (dimensions, components) of the known rows, so scaled that projections on all of them
    have a mean squared length of 1."""
    rows = vectors[known]
    centre = rows.mean(axis=0) if len(rows) else np.zeros(vectors.shape[1])
    values, axes = np.linalg.eigh(np.cov(rows - centre, rowvar=False, bias=True)) if len(rows) else _nothing(vectors)
    kept = np.argsort(-values)[:components]
    kept = kept[values[kept] > 1e-9]
    return centre, axes[:, kept] / np.sqrt(values[kept].sum() or 1.0)


def context_matrix(X: pd.DataFrame, space: Space, keys: Sequence[str]) -> tuple[csr_matrix, list[str]]:
    """Shape (rows, numbers + keys): the constant, complexity, the embedding's components, then one column a ``key``
    such as "intent 2=code.debug" or "language_model=m". Keys that are not known yet are added, and all are returned.

    A mapping of intents to probabilities gives each node the probability of its subtree.
    """
    keys = list(keys)
    column = {key: len(space.numeric) + at for at, key in enumerate(keys)}
    rows, columns, values = [], [], []
    for row, key, value in _entries(X):
        if key not in column:
            column[key] = len(space.numeric) + len(keys)
            keys.append(key)
        rows.append(row)
        columns.append(column[key])
        values.append(value)
    coded = csr_matrix((values, (rows, columns)), shape=(len(X), len(space.numeric) + len(keys)), dtype=float)
    return (_numbers(X, space, coded.shape[1]) + coded).tocsr(), keys


def membership(arms: Sequence[str], techniques: Sequence[str]) -> csr_matrix:
    """Shape (arms, techniques): 1 where the arm has the technique."""
    column = {code: at for at, code in enumerate(techniques)}
    codes = [codes_of(arm) for arm in arms]
    starts = np.concatenate([[0], np.cumsum([len(found) for found in codes])])
    indices = np.array([column[code] for found in codes for code in found], dtype=np.int64)
    return csr_matrix((np.ones(len(indices)), indices, starts), shape=(len(arms), len(techniques)))


def codes_of(arm: str) -> tuple[str, ...]:
    return tuple(arm.split(";")) if arm else ()


def crossed(left: csr_matrix, right: csr_matrix) -> csr_matrix:
    """Shape (rows, a * b): every column of the left times every column of the right, row by row; column i * b + j."""
    row = np.repeat(np.arange(left.shape[0]), np.diff(left.indptr))
    copies = np.diff(right.indptr)[row]
    within = np.arange(copies.sum()) - np.repeat(np.cumsum(copies) - copies, copies)
    place = np.repeat(right.indptr[row], copies) + within
    indices = np.repeat(left.indices.astype(np.int64), copies) * right.shape[1] + right.indices[place]
    values = np.repeat(left.data, copies) * right.data[place]
    starts = np.concatenate([[0], np.cumsum(np.diff(left.indptr) * np.diff(right.indptr))])
    return csr_matrix((values, indices, starts), shape=(left.shape[0], left.shape[1] * right.shape[1]))


def one_hot(places: Indices, width: int) -> csr_matrix:
    """Shape (rows, width): 1 at each row's place, nothing where that is negative."""
    kept = np.flatnonzero(places >= 0)
    return csr_matrix((np.ones(len(kept)), (kept, places[kept])), shape=(len(places), width))


def beside(*parts: Any) -> csr_matrix:
    return hstack([csr_matrix(part) for part in parts], format="csr")


def embeddings_of(X: pd.DataFrame) -> tuple[Vector, NDArray[np.bool_]]:
    """Shape (rows, 384), zeros where unknown; and which are known."""
    found = np.zeros((len(X), DIMENSIONS))
    known = np.zeros(len(X), dtype=bool)
    for row, vector in enumerate(X.get("embedding", ())):
        if isinstance(vector, np.ndarray) and np.isfinite(vector).all():
            found[row], known[row] = vector, True
    return found, known


def labels_of_rows(X: pd.DataFrame, techniques: int) -> Vector:
    """Shape (rows, techniques): what a model of labels says of each, 0 where it says nothing."""
    found = np.zeros((len(X), techniques))
    for row, scores in enumerate(X.get("labels", ())):
        if isinstance(scores, np.ndarray):
            found[row, : len(scores)] = scores
    return found


def products(X: pd.DataFrame, described: Vector) -> Vector:
    """Shape (rows, techniques): the inner product of prompt and description, NaN where either is unknown."""
    vectors, known = embeddings_of(X)
    either = np.outer(known, described.any(axis=1))
    return np.where(either, vectors @ described.T, np.nan)


def numbers_of(X: pd.DataFrame) -> Vector:
    """The complexity of each row, NaN where unknown."""
    if "complexity" not in X:
        return np.full(len(X), np.nan)
    return np.asarray(X["complexity"].astype(float), dtype=np.float64)


def checked_rows(X: pd.DataFrame, arms: Sequence[str], reward: Any, weight: Any) -> tuple[list[str], Vector, Vector]:
    """Arms, rewards and weights of which those above 0 have a mean of 1.

    Raises:
        ValueError: lengths that differ, a reward that is no number, a negative weight.
    """
    names, rewards = [str(arm) for arm in arms], np.asarray(reward, dtype=np.float64)
    weights = np.ones(len(names)) if weight is None else np.asarray(weight, dtype=np.float64)
    if not len(X) == len(names) == len(rewards) == len(weights):
        raise ValueError(
            f"a row needs one context, arm, reward and weight: got {len(X)} contexts, {len(names)} arms, "
            f"{len(rewards)} rewards and {len(weights)} weights"
        )
    if not np.isfinite(rewards).all():
        raise ValueError("every reward has to be a number: leave out the rows that have none")
    if len(weights) and not (np.isfinite(weights).all() and weights.min() >= 0):
        raise ValueError("weights have to be numbers that are not negative")
    total = weights.sum()
    return names, rewards, weights * (np.count_nonzero(weights) / total) if total else weights


def _numbers(X: pd.DataFrame, space: Space, width: int) -> csr_matrix:
    complexity = (numbers_of(X) - space.complexity) / space.complexity_scale
    vectors, known = embeddings_of(X)
    projected = ((vectors - space.centre) * known[:, None]) @ space.axes
    dense = np.column_stack([np.ones(len(X)), np.nan_to_num(complexity), projected])
    return csr_matrix(np.pad(dense, ((0, 0), (0, width - dense.shape[1]))))


def _entries(X: pd.DataFrame) -> Iterator[tuple[int, str, float]]:
    for row, intent in enumerate(X.get("intent", ())):
        for path, probability in intents_of(intent).items():
            for depth, node in enumerate(ancestors(path), 1):
                yield row, f"intent {depth}={node}", probability
    for name in ("language_model", "domain"):
        for row, value in enumerate(X.get(name, ())):
            if isinstance(value, str) and value:
                yield row, f"{name}={value}", 1.0


def intents_of(intent: Any) -> dict[str, float]:
    """Probabilities by path; none where the intent is unknown."""
    if isinstance(intent, Mapping):
        return {str(path): float(probability) for path, probability in intent.items() if probability > 0}
    return {intent: 1.0} if isinstance(intent, str) and intent else {}


def _nothing(vectors: Vector) -> tuple[Vector, Vector]:
    return np.zeros(vectors.shape[1]), np.zeros((vectors.shape[1], vectors.shape[1]))
