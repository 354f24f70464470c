"""The budgets of the intent classifier, by way of the library. A new budget is plugged in here and nowhere else."""

from __future__ import annotations

import tempfile
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from intent_parts.exchange import Answers, Part
from workbench.evaluation.intent_scores import SHAPES, STATED
from workbench.jobs.encoder import find_encoder
from workbench.jobs.thorough import few, tuned_columns
from workbench.jobs.tune import TRIALS
from workbench.jobs.tuned_encoder import TunedEncoder
from workbench.models.build import fit_parameters
from workbench.models.intent import OUT_OF_SCOPE
from workbench.models.intent_pipeline import intent_pipeline
from workbench.models.intent_space import intent_space
from workbench.models.kernel_choice import KernelObjective
from workbench.models.search import best_of
from workbench.records import BUDGETS, Examples, Split
from workbench.settings import read_settings
from workbench.store.studies import in_memory

NAMES = ("quick", "standard", "thorough")
# A result is measured again when a module of these changes.
ROOMS = ("features", "models")


def known(budget: str) -> bool:
    """Whether this version of the workbench has the budget."""
    return budget in BUDGETS


def fit_ours(budget: Any, split: Split, seed: int, further: Any = None) -> Any:
    """A pipeline fitted on the split's training rows and words, its parameters chosen as `workbench train` does."""
    options, learnt = _chosen("standard" if budget == "thorough" else budget, split, seed, TRIALS[budget]), split.learnt
    made = intent_pipeline(budget=budget, random_state=seed, **options, **(further or {}))
    return made.fit(learnt.X, learnt.y, **fit_parameters(made, learnt, is_prompt=split.is_prompt))


def _chosen(budget: Any, split: Split, seed: int, trials: int) -> Any:
    if not trials:
        return {}
    learnt = split.learnt
    objective = KernelObjective(learnt.X, learnt.y, budget, seed, split.is_prompt)
    study = in_memory(intent_space(budget), seed)
    for _ in range(trials):
        proposal = study.ask()
        study.tell(proposal, objective(proposal.parameters), 0.0)
    best = best_of(study.trials())
    return best.parameters if best else {}


class Ours:
    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self.encoder: TunedEncoder | None = None

    def fit(self, part: Part) -> None:
        frame, seed = _frame(part.train_texts, part.train_vectors, part.train_layers), int(self.options["seed"])
        said = _frame(part.words.texts, part.words.vectors, part.words.layers)
        further = {}
        if self.options["contender"] == "thorough" and not few(part.train_labels):
            with tempfile.TemporaryDirectory() as folder:
                encoder = find_encoder(read_settings())
                made = tuned_columns(encoder, frame, part.train_labels, [said], seed, Path(folder))
                (frame, said), further, self.encoder = (made.train, *made.others), made.options, made.encoder
                self.encoder.log_probabilities(["loaded while its files are there"])
        train, words = _examples(frame, part.train_labels), _examples(said, part.words.labels)
        self.fitted = fit_ours(self.options["contender"], Split(train, train, words), seed, further)

    def predict(self, part: Part) -> Answers:
        self.test = _frame(part.test_texts, part.test_vectors, part.test_layers)
        if self.encoder is not None:
            self.test["tuned"] = list(self.encoder.log_probabilities(part.test_texts))
        probabilities = self.fitted.predict_proba(self.test)
        classes = np.asarray(self.fitted[-1].classes_)
        return Answers(classes[probabilities.argmax(axis=1)], classes, probabilities)

    def further(self, part: Part, answers: Answers) -> None:  # noqa: ARG002
        """Sets, decisions and the score of being out of scope, each as far as the training rows allowed it."""
        head = self.fitted[-1]
        made = self.fitted[:-1].transform(self.test)
        answers.outside["out_of_scope_score"] = head.out_of_scope_score(made)
        nodes = pd.DataFrame(head.predict_node_proba(made), columns=list(head.tree_.nodes))
        answers.further["child_over_parent"] = _largest_lead(nodes)
        try:
            answers.further["sets"] = {
                f"{shape} {stated}": head.predict_set(made, coverage=stated, shape=shape)
                for shape, stated in product(SHAPES, STATED)
            }
            answers.further["decided"] = [str(node) for node in head.decide(made)]
            answers.further["sent_out"] = OUT_OF_SCOPE
        except ValueError as exc:
            answers.further["no_sets"] = str(exc)


def _frame(texts: list[str], vectors: np.ndarray, layers: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"prompt_text": texts, "embedding": list(vectors), "layers": list(layers)})


def _examples(frame: pd.DataFrame, labels: np.ndarray) -> Examples:
    return Examples(frame, labels, tuple(map(str, range(len(labels)))))


def _largest_lead(nodes: pd.DataFrame) -> float:
    """By how much a child outweighs its parent at most; not above 0 where the probabilities agree along paths."""
    inner = [node for node in nodes.columns if "." in node]
    leads = [(nodes[node] - nodes[node.rpartition(".")[0]]).max() for node in inner]
    return float(max(leads, default=0.0))
