"""Scores as functions of the weights of rows, for the bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from workbench.evaluation.resampling import Statistic
from workbench.models.taxonomy import ancestors, distance
from workbench.records import Vector


def mean_of(values: NDArray[Any]) -> Statistic:
    numbers = np.asarray(values, dtype=np.float64)
    return lambda weights: weights @ numbers / weights.sum(axis=1)


def ratio_of(above: NDArray[Any], below: NDArray[Any]) -> Statistic:
    """Sum over sum; 0 where there is nothing to divide by."""
    top, bottom = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    return lambda weights: _ratio(weights @ top, weights @ bottom)


def macro_f1_of(truth: NDArray[Any], predicted: NDArray[Any]) -> Statistic:
    """The mean over every class that occurs in truth or prediction of the resample."""
    names, codes = np.unique(np.concatenate([truth, predicted]).astype(str), return_inverse=True)
    of_truth, of_predicted = _hot(codes[: len(truth)], len(names)), _hot(codes[len(truth) :], len(names))
    of_both = of_truth.multiply(of_predicted).tocsr()

    def macro_f1(weights: Vector) -> Vector:
        occurs = weights @ of_truth + weights @ of_predicted
        scores = np.divide(2 * (weights @ of_both), occurs, out=np.zeros_like(occurs), where=occurs > 0)
        found: Vector = scores.sum(axis=1) / (occurs > 0).sum(axis=1)
        return found

    return macro_f1


def hierarchical_of(truth: Sequence[str], predicted: Sequence[str]) -> dict[str, Statistic]:
    """The scores of ``classification.hierarchical`` by name."""
    steps = steps_between(truth, predicted)
    shared, given, true, edges, branch = steps.T
    return {
        "hierarchical_precision": ratio_of(shared, given),
        "hierarchical_recall": ratio_of(shared, true),
        "hierarchical_f1": ratio_of(2 * shared, given + true),
        "level_1_accuracy": mean_of(branch),
        "mean_tree_distance": mean_of(edges),
    }


def steps_between(truth: Sequence[str], predicted: Sequence[str]) -> Vector:
    """Shape (rows, 5): shared ancestors, those of the prediction, of the truth, edges between, same branch or not."""
    pairs = list(zip(truth, predicted, strict=True))
    known = {pair: _steps(*pair) for pair in set(pairs)}
    return np.array([known[pair] for pair in pairs], dtype=np.float64).reshape(len(pairs), 5)


def calibration_error_of(confidence: Vector, correct: NDArray[Any], bins: int) -> Statistic:
    """Expected calibration error over bins of equal width."""
    index = np.minimum((np.asarray(confidence) * bins).astype(int), bins - 1)
    gaps = _hot(index, bins).multiply((np.asarray(confidence) - np.asarray(correct, dtype=float))[:, None]).tocsr()
    return lambda weights: np.abs(weights @ gaps).sum(axis=1) / weights.sum(axis=1)


def quadratic_kappa_of(truth: NDArray[Any], predicted: NDArray[Any]) -> Statistic:
    """Cohen (1968); 0 where truth and prediction hold one class only."""
    a, b = np.asarray(truth, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    moments = np.column_stack([a, b, a**2, b**2, (a - b) ** 2])

    def kappa(weights: Vector) -> Vector:
        mean_a, mean_b, square_a, square_b, gap = (weights @ moments / weights.sum(axis=1, keepdims=True)).T
        by_chance = square_a - mean_a**2 + square_b - mean_b**2 + (mean_a - mean_b) ** 2
        return np.where(by_chance > 1e-12, 1 - _ratio(gap, by_chance), 0.0)

    return kappa


def _steps(truth: str, predicted: str) -> tuple[int, int, int, int, bool]:
    above_truth, above_predicted = ancestors(truth), ancestors(predicted)
    shared = len(set(above_truth) & set(above_predicted))
    same_branch = above_truth[0] == above_predicted[0]
    return shared, len(above_predicted), len(above_truth), distance(truth, predicted), same_branch


def _hot(codes: NDArray[Any], width: int) -> Any:
    return csr_array((np.ones(len(codes)), (np.arange(len(codes)), codes)), shape=(len(codes), width))


def _ratio(above: Vector, below: Vector) -> Vector:
    return np.divide(above, below, out=np.zeros_like(below), where=below > 0)
