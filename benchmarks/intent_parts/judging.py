"""From the answers of one contender on one split to a row a prompt, and to numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from intent_parts.exchange import Answers
from intent_parts.sets import OUT_OF_SCOPE
from workbench.evaluation.abstention import auroc, out_of_scope_row, out_of_scope_table
from workbench.evaluation.calibration import calibration_scores, probability_of
from workbench.evaluation.classification import headline, hierarchical
from workbench.evaluation.sets import decision_row, set_row

KEPT = 0.97


def rows_of(answers: Answers, truth: np.ndarray, ids: np.ndarray, split: str) -> pd.DataFrame:
    """One row a tested prompt, as ``paired.compare`` takes them: id, truth, predicted, correct, and where they are
    stated confidence and probability_of_truth."""
    predicted = answers.predicted.astype(object)
    frame = pd.DataFrame({"id": ids, "truth": truth, "predicted": predicted, "correct": predicted == truth})
    if answers.probabilities is not None:
        frame["confidence"] = answers.probabilities.max(axis=1)
        frame["probability_of_truth"] = probability_of(answers.probabilities, answers.classes, truth)
    return frame.assign(split=split)


def scores_of(answers: Answers, truth: np.ndarray, known: set[Any]) -> dict[str, Any]:
    """Everything that is said of one split, as plain numbers. ``known`` are the labels that some training row has."""
    predicted = answers.predicted.astype(object)
    right, outside = predicted == truth, truth == OUT_OF_SCOPE
    along = hierarchical([str(label) for label in truth], [str(label) for label in predicted])
    found: dict[str, Any] = headline(truth, predicted) | {"hierarchical_f1": along["hierarchical_f1"]}
    found |= {"rows": len(truth), "rows_in_scope": int((~outside).sum())}
    found["in_scope_accuracy"] = float(right[~outside].mean()) if 0 < outside.sum() < len(outside) else None
    found["unknown_labels"] = float(np.mean([label not in known for label in truth]))
    found["tree_distance"] = along["mean_tree_distance"]
    if answers.probabilities is not None:
        found |= calibration_scores(answers.probabilities, answers.classes, truth)
        found["sum_error"] = float(np.abs(answers.probabilities.sum(axis=1) - 1.0).max())
    found["child_over_parent"] = answers.further.get("child_over_parent")
    if 0 < outside.sum() < len(outside):
        found["out_of_scope"] = _out_of_scope(answers, outside, right)
    return found | _sets(answers, truth)


def outside_scores(answers: Answers) -> dict[str, np.ndarray]:
    """Whatever the contender, or its stated probabilities, say of being out of scope."""
    found = dict(answers.outside)
    if answers.probabilities is None:
        return found
    label = answers.classes == OUT_OF_SCOPE
    if label.any():
        found["probability of the label"] = answers.probabilities[:, label][:, 0]
    if not label.all():
        found["1 - largest probability in scope"] = 1.0 - answers.probabilities[:, ~label].max(axis=1)
    return found


def _out_of_scope(answers: Answers, outside: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    """By score: its AUROC, and what it finds and costs where 97 % of the rows in scope are kept. By rule: the same for
    what the contender itself sends out."""
    scores = {}
    for name, score in outside_scores(answers).items():
        at = dict(out_of_scope_table(score, outside, right, (KEPT,)).iloc[0])
        scores[name] = {"auroc": auroc(score, outside).point} | _costs(at)
    rules = {"the label is answered": answers.predicted == OUT_OF_SCOPE}
    if "decided" in answers.further:
        rules["decide"] = np.array(answers.further["decided"]) == answers.further["sent_out"]
    return {
        "scores": scores,
        "rules": {name: _costs(out_of_scope_row(sent, outside, right)) for name, sent in rules.items()},
    }


def _costs(row: dict[Any, Any]) -> dict[str, float]:
    return {name: float(row[name]) for name in ("recall", "in_scope_accuracy", "in_scope_kept")}


def _sets(answers: Answers, truth: np.ndarray) -> dict[str, Any]:
    labels, true = [str(label) for label in answers.classes], [str(label) for label in truth]
    found: dict[str, Any] = {}
    if "sets" in answers.further:
        rows = {}
        for name, sets in answers.further["sets"].items():
            shape, stated = name.split(" ")
            rows[name] = set_row([tuple(nodes) for nodes in sets], true, labels, shape, float(stated))
        found["sets"] = rows
    if "decided" in answers.further:
        likeliest = [str(label) for label in answers.predicted]
        found["decisions"] = decision_row(answers.further["decided"], true, likeliest, answers.further["sent_out"])
    return found
