"""SetFit: contrastive fine-tuning of the encoder on pairs, then logistic regression.

``num_iterations`` bounds the pairs (2 x iterations x rows); SetFit's default draws all of them, which takes days on a
few cores. Everything else is as it comes. Embedding is a part of it, so its seconds are not comparable with those of
models on stored embeddings.
"""

from __future__ import annotations

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

from typing import Any

import numpy as np
from datasets import Dataset
from intent_parts.exchange import Answers, Part, serve
from setfit import SetFitModel, Trainer, TrainingArguments


class SetFit:
    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options

    def fit(self, part: Part) -> None:
        labels = [str(label) for label in part.train_labels]
        self.classes = np.unique(labels)
        index = {label: number for number, label in enumerate(self.classes)}
        self.model = SetFitModel.from_pretrained(self.options["encoder"], device="cpu")
        arguments = TrainingArguments(
            output_dir="checkpoints",
            num_epochs=1,
            num_iterations=int(self.options["iterations"]),
            batch_size=16,
            seed=int(self.options["seed"]),
            save_strategy="no",
            report_to="none",
            show_progress_bar=False,
        )
        rows = Dataset.from_dict({"text": part.train_texts, "label": [index[label] for label in labels]})
        Trainer(model=self.model, args=arguments, train_dataset=rows).train()

    def predict(self, part: Part) -> Answers:
        probabilities = np.asarray(self.model.predict_proba(part.test_texts, as_numpy=True), dtype=np.float64)
        predicted = self.classes[probabilities.argmax(axis=1)]
        return Answers(predicted, self.classes, probabilities)

    def further(self, part: Part, answers: Answers) -> None:
        pass


if __name__ == "__main__":
    serve(SetFit, ("setfit", "sentence-transformers", "transformers", "torch"))
