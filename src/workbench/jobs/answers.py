"""What a recorded model answered on its test prompts, and what it answers on others."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.evaluation.answers import answers
from workbench.jobs.load_model import load_model
from workbench.jobs.predict import tuned_space_of
from workbench.jobs.registered_encoder import load_encoder
from workbench.jobs.training import PREDICTIONS
from workbench.jobs.workspace import Workspace
from workbench.models.build import labels_of
from workbench.records import Examples, Fitted
from workbench.store.models import Model


def recorded_answers(workspace: Workspace, model: Model) -> pd.DataFrame:
    """As ``Report.predictions``, of the run that made the model.

    Raises:
        RunUnknown: the run or its table is gone.
    """
    with tempfile.TemporaryDirectory() as scratch:
        text = workspace.tracker.read_table(model.run_id, PREDICTIONS, Path(scratch))
    words = ["id"] if model.model_type == "complexity_model" else ["id", "truth", "predicted"]
    return pd.read_json(io.StringIO(text), orient="split", dtype=dict.fromkeys(words, str))


def fitted_of(workspace: Workspace, model: Model) -> Fitted:
    """The model out of its file.

    Raises:
        ModelUnknown, ModelFileRefused
    """
    estimator = load_model(workspace, model.run_id)
    return Fitted(estimator, labels_of(estimator), 0.0)


def seen_by(workspace: Workspace, model: Model, fitted: Fitted, test: Examples) -> Examples:
    """``test`` with whatever further columns the model looks at.

    Raises:
        TunedEncoderUnknown, TunedEncoderMissing, TunedEncoderTampered
    """
    if tuned_space_of(fitted.estimator) is None or "tuned" in test.X:
        return test
    version = workspace.tracker.parameters(model.run_id).get("encoder_version", "")
    encoder = load_encoder(workspace, version)
    texts = [str(text) for text in test.X["prompt_text"]]
    return replace(test, X=test.X.assign(tuned=list(encoder.log_probabilities(texts))))


def answers_on(workspace: Workspace, model: Model, fitted: Fitted, test: Examples) -> pd.DataFrame:
    """What the model answers now, as ``Report.predictions``."""
    return answers(model.model_type, fitted, seen_by(workspace, model, fitted, test))


def rows_of(test: Examples, places: Sequence[int]) -> Examples:
    """Some of the rows, by their places."""
    chosen = list(places)
    secondary = tuple(test.secondary[place] for place in chosen) if test.secondary else ()
    X: Any = test.X.iloc[chosen].reset_index(drop=True)
    return Examples(X, test.y[chosen], tuple(test.ids[place] for place in chosen), secondary)
