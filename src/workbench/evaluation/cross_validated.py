"""How good a recipe is on training rows that it did not learn from: what a search makes small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sklearn.model_selection import KFold

from workbench.models.build import estimator_for
from workbench.models.search import Objective, Parameters, Score
from workbench.records import Examples, Recipe, Technique

FOLDS = 3
METHOD = f"log loss of {FOLDS} folds"
# A label that no training row of a fold has gets no probability; it is as wrong as this and no more.
LEAST = 1e-6


def cross_validated(recipe: Recipe, train: Examples, techniques: Sequence[Technique] = ()) -> Objective:
    """The mean log loss of single labels on folds drawn by the recipe's seed."""
    folds = list(KFold(FOLDS, shuffle=True, random_state=recipe.seed).split(train.y))

    def score(parameters: Parameters, /) -> Score:
        tried = replace(recipe, options={**recipe.options, **parameters})
        losses, right = np.zeros(len(train.y)), np.zeros(len(train.y), dtype=bool)
        for seen, held in folds:
            estimator = estimator_for(tried, techniques).fit(train.X.iloc[seen], train.y[seen])
            probabilities, classes = estimator.predict_proba(train.X.iloc[held]), estimator[-1].classes_
            of_truth = np.where(classes[None, :] == train.y[held][:, None], probabilities, 0.0).sum(axis=1)
            losses[held] = -np.log(np.maximum(of_truth, LEAST))
            right[held] = classes[probabilities.argmax(axis=1)] == train.y[held]
        return Score(float(losses.mean()), float(right.mean()))

    return score
