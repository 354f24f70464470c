"""Decisions as a matrix of numbers: what was known before the choice."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD

from workbench.evaluation.folds import Codes, numbered
from workbench.models.taxonomy import Tree, ancestors
from workbench.records import DecisionLog, Vector

COMPONENTS = 16
NAMED = ("language_model", "domain", "policy")


def columns_of(log: DecisionLog, seed: int) -> Vector:
    """Shape (rows, columns): a constant; 1 for every node on the intent's path; complexity and the first components of
    the embedding, both with mean 0 and deviation 1 where known and 0 elsewhere; 1 for the language model, the domain
    and the logging policy. What never varies is left out.
    """
    frame = log.frame
    found = np.column_stack([_path_nodes(frame["intent"]), *(_named(frame[name]) for name in NAMED)])
    numbers = np.column_stack([_standard(frame[["complexity"]].to_numpy(float)), _embedding(log, seed)])
    missing = np.column_stack([frame["complexity"].isna(), ~_has_embedding(log)]).astype(float)
    varying = np.column_stack([found, numbers, missing])
    return np.column_stack([np.ones(len(frame)), varying[:, np.ptp(varying, axis=0) > 0]])


def context_levels(log: DecisionLog) -> tuple[Codes, ...]:
    """Numbers of ever narrower groups of rows: of one policy and language model; also of one branch; of one intent."""
    frame = log.frame
    who = frame["policy"].astype(str) + "\0" + frame["language_model"].astype(str)
    paths = frame["intent"].fillna("").astype(str)
    branch = paths.map(lambda path: ancestors(path)[0])
    return tuple(numbered(keys.to_numpy(str)) for keys in (who, who + "\0" + branch, who + "\0" + paths))


def _path_nodes(intents: pd.Series) -> Vector:
    known = sorted(set(intents.dropna()))
    above = np.vstack([Tree.over(known).membership(known), np.zeros(len(Tree.over(known).nodes))])
    return np.asarray(above[pd.Index(known).get_indexer(pd.Index(intents))])


def _named(column: pd.Series) -> Vector:
    return pd.get_dummies(column.fillna("")).to_numpy(float)


def _has_embedding(log: DecisionLog) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(log.embeddings).all(axis=1))


def _embedding(log: DecisionLog, seed: int) -> Vector:
    known = _has_embedding(log)
    size = min(COMPONENTS, known.sum() - 1, log.embeddings.shape[1] - 1)
    found = np.zeros((len(known), max(int(size), 0)))
    if size > 0:
        found[known] = _standard(TruncatedSVD(size, random_state=seed).fit_transform(log.embeddings[known]))
    return found


def _standard(numbers: Vector) -> Vector:
    known = np.isfinite(numbers)
    rows = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, numbers, 0).sum(axis=0) / rows
    centred = np.where(known, numbers - mean, 0)
    deviation = np.sqrt((centred**2).sum(axis=0) / rows)
    return np.asarray(centred / np.where(deviation > 1e-9, deviation, 1))
