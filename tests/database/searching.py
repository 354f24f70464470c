"""A real objective that costs next to nothing, and a process that searches and can be made to die on the way.

Run as a script: home, MLflow's URL, the database's URL, the parent run, the study, the number of trials, and the trial
in which the process kills itself.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_predict

from workbench.jobs.search import search
from workbench.jobs.workspace import Workspace, sqlalchemy_url
from workbench.models.search import Choice, Parameters, Range, Score
from workbench.records import DIMENSIONS, TrainingSet
from workbench.settings import Settings
from workbench.tracking.runs import Tracker

SEED = 20260101
SPACE = (
    Range("alpha", 1e-3, 1e3, 100.0, log=True),
    Range("degree", 1, 4, 1, whole=True),
    Choice("center", (True, False)),
)


@cache
def curve() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A noisy cubic, which a straight line does not fit."""
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, 60)
    return x, x**3 - 0.5 * x + random.normal(0, 0.05, 60) + 1.0


def ridge(parameters: Parameters) -> Score:
    """The mean squared error of polynomials on held-out folds; right is what is less than 0.1 off."""
    x, y = curve()
    powers = np.vander(x, int(parameters["degree"]) + 1, increasing=True)[:, 1:]
    model = Ridge(float(parameters["alpha"]), fit_intercept=bool(parameters["center"]))
    off = np.abs(cross_val_predict(model, powers, y, cv=KFold(5)) - y)
    return Score(float(np.mean(off**2)), float(np.mean(off < 0.1)))


def prompts(digest: str) -> TrainingSet:
    return TrainingSet("small", pd.DataFrame(), np.empty((0, DIMENSIONS), np.float32), "made up@0", digest)


@dataclass
class Counted:
    """``ridge`` that remembers what it was asked and does something else at the calls named."""

    instead: dict[int, BaseException | float] = field(default_factory=dict)
    asked: list[Parameters] = field(default_factory=list)

    def __call__(self, parameters: Parameters, /) -> Score:
        self.asked.append(dict(parameters))
        found = self.instead.get(len(self.asked) - 1)
        if isinstance(found, BaseException):
            raise found
        return Score(found) if found is not None else ridge(parameters)


def die_in(trial: int, home: Path, mlflow_url: str, url: str, parent: str, study: str, trials: int) -> None:
    settings = Settings(home=home, mlflow_database_url=mlflow_url)
    workspace = Workspace(settings, url, Tracker(sqlalchemy_url(mlflow_url), settings.artifacts))
    calls: list[Parameters] = []

    def deadly(parameters: Parameters) -> Score:
        calls.append(parameters)
        if len(calls) == trial + 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return ridge(parameters)

    search(workspace, parent, study, SPACE, deadly, trials, SEED)


if __name__ == "__main__":
    _, home, mlflow_url, url, parent, study, trials, trial = sys.argv
    die_in(int(trial), Path(home), mlflow_url, url, parent, study, int(trials))
