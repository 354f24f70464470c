"""What labels would say of a technique that no label names yet, from its description."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from workbench.models.technique import logistic_curves
from workbench.records import Vector

# Of the distance between two descriptions (1 less their inner product) that counts as far, and of the part of a
# technique's labels that its description says nothing of; chosen by leaving out each technique of the starter corpus.
SCALE = 0.2
NUGGET = 0.5
SMALLEST = 1e-4


@dataclass(frozen=True)
class Newcomers:
    """``solved`` is the inverse of the known techniques' kernel (techniques, techniques), ``centre`` the mean log odds
    of each, ``curve`` intercept and slopes of kriged log odds and of description times prompt."""

    described: Vector
    solved: Vector
    centre: Vector
    curve: Vector

    def probabilities(self, known: Vector, prompts: Vector, described: Vector) -> Vector:
        """Shape (rows, newcomers). ``known`` (rows, techniques) are the labels' probabilities of the known ones,
        ``prompts`` (rows, 384) and ``described`` (newcomers, 384) embeddings."""
        weights = _kernel(described @ self.described.T) @ self.solved
        kriged = (_log_odds(known) - self.centre) @ weights.T
        found: Vector = expit(self.curve[0] + self.curve[1] * kriged + self.curve[2] * (prompts @ described.T))
        return found


def fit_newcomers(known: Vector, named: Vector, prompts: Vector, described: Vector) -> Newcomers:
    """Kriging over techniques (Rasmussen and Williams 2006, chapter 2) with each in turn left out (their equation
    5.12), and a logistic regression of what labels really say on that and on how near prompt and description are.

    ``known`` and ``named`` have shape (rows, techniques): probabilities that the rows did not teach, and labels.
    """
    odds = _log_odds(known)
    centre = odds.mean(axis=0)
    kernel = _kernel(described @ described.T) + NUGGET * np.eye(len(described))
    solved = np.asarray(np.linalg.inv(kernel), dtype=np.float64)
    moved = odds - centre
    left_out = moved - (moved @ solved) / np.diag(solved)
    features = np.stack([left_out.ravel(), (prompts @ described.T).ravel()], axis=1)
    return Newcomers(described, solved, centre, logistic_curves(features, named.ravel()))


def _kernel(products: Vector) -> Vector:
    found: Vector = np.exp((products - 1) / SCALE)
    return found


def _log_odds(probabilities: Vector) -> Vector:
    found: Vector = logit(np.clip(probabilities, SMALLEST, 1 - SMALLEST))
    return found
