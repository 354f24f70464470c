"""AutoIntent's classic-light preset on the local encoder.

Rows out of scope go in as it wants them, without a label, and its "no answer" counts as out of scope. Its hold-out
keeps a fifth of the rows from the model that it hands over, so the scorer that it chose is fitted once more on every
row, which is to its advantage; the decision rule stays as it was tuned. Embedding is a part of it, so its seconds are
not comparable with those of models on stored embeddings.
"""

from __future__ import annotations

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["TQDM_DISABLE"] = "1"

from typing import Any

import numpy as np
from autointent import Dataset, Pipeline
from autointent.configs import SentenceTransformerEmbeddingConfig
from autointent.custom_types import NodeType
from intent_parts.exchange import Answers, Part, serve


class AutoIntent:
    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options

    def fit(self, part: Part) -> None:
        outside = self.options["out_of_scope"]
        labels = [str(label) for label in part.train_labels]
        self.classes = np.unique([label for label in labels if label != outside])
        index = {label: number for number, label in enumerate(self.classes)}
        rows = [
            {"utterance": text, "label": index.get(label)} for text, label in zip(part.train_texts, labels, strict=True)
        ]
        self.pipeline = Pipeline.from_preset("classic-light", seed=int(self.options["seed"]) + 1)
        self.pipeline.set_config(
            SentenceTransformerEmbeddingConfig(model_name=self.options["encoder"], device="cpu", batch_size=64)
        )
        self.pipeline.fit(Dataset.from_dict({"train": rows}))
        inside = [row for row in rows if row["label"] is not None]
        scorer = self._scorer()
        scorer.clear_cache()
        scorer.fit([row["utterance"] for row in inside], [row["label"] for row in inside])

    def predict(self, part: Part) -> Answers:
        scores = np.asarray(self._scorer().predict(part.test_texts), dtype=np.float64)
        decided = self.pipeline.nodes[NodeType.decision].module.predict(scores)
        nothing = str(self.options["out_of_scope"])
        predicted = np.array([nothing if found is None else self.classes[found] for found in decided])
        stated = scores if np.allclose(scores.sum(axis=1), 1.0, atol=1e-6) else None
        return Answers(predicted, self.classes, stated, {"1 - largest score": 1.0 - scores.max(axis=1)})

    def further(self, part: Part, answers: Answers) -> None:  # noqa: ARG002
        modules = {kind: self.pipeline.nodes[kind].module for kind in (NodeType.scoring, NodeType.decision)}
        answers.further["chosen"] = {str(kind.value): type(module).__name__ for kind, module in modules.items()}

    def _scorer(self) -> Any:
        return self.pipeline.nodes[NodeType.scoring].module


if __name__ == "__main__":
    serve(AutoIntent, ("autointent", "sentence-transformers", "transformers", "torch"))
