"""Scores of a classifier: overall, per class, and along the tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from workbench.evaluation.weighted import hierarchical_of

Labels = NDArray[Any]


def headline(truth: Labels, predicted: Labels) -> dict[str, float]:
    """Accuracy and macro F1 (the mean over every class that occurs in truth or prediction)."""
    return {
        "accuracy": float(accuracy_score(truth, predicted)),
        "macro_f1": float(f1_score(truth, predicted, average="macro", zero_division=0)),
    }


def per_class(truth: Labels, predicted: Labels) -> pd.DataFrame:
    """One row a class that occurs: label, precision, recall, f1, support. A score without a denominator is 0."""
    labels = np.unique(np.concatenate([truth, predicted]))
    scores = precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    columns = dict(zip(("precision", "recall", "f1", "support"), scores, strict=True))
    return pd.DataFrame({"label": [str(label) for label in labels], **columns})


def hierarchical(truth: Sequence[str], predicted: Sequence[str]) -> dict[str, float]:
    """Scores that count a near miss as a near miss.

    Precision, recall and F1 over the sets of ancestors, micro-averaged (Silla & Freitas 2011); the share of prompts
    whose top-level branch is right; the mean number of edges between truth and prediction.
    """
    once = np.ones((1, len(truth)))
    return {name: float(score(once)[0]) for name, score in hierarchical_of(truth, predicted).items()}
