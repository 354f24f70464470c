"""The thorough budget: an encoder fine-tuned on the training rows, and what it adds to what a model sees."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.jobs.encoder import SentenceEncoder
from workbench.jobs.tuned_encoder import TunedEncoder, load_tuned, save_tuned
from workbench.models.fusion import FusedHead
from workbench.records import Fitted, Matrix, Recipe, Split
from workbench.tracking.items import Item, Metrics, Params

if TYPE_CHECKING:
    from workbench.features.tuning import Tuned, Tuning

# Below, the frozen encoder was measured to do as well alone: 10 rows a label, BANKING77 83.7 against 81.6 tuned.
FEWEST_ROWS_A_LABEL = 20
Tick = Callable[[int, int], None]


@dataclass(frozen=True)
class TunedColumns:
    """``train`` and ``others`` are the frames with a further column ``tuned``, for the training rows unseen.

    ``accuracy`` is the tuned encoder's alone, on training rows that it had not seen; ``options`` are keyword arguments
    of ``intent_pipeline``. ``folder`` holds the encoder's files.
    """

    train: pd.DataFrame
    others: tuple[pd.DataFrame, ...]
    encoder: TunedEncoder
    folder: Path
    settings: Tuning
    accuracy: float
    seconds: float

    @property
    def options(self) -> dict[str, Any]:
        return {"tuned_labels": self.encoder.labels, "tuned_space": self.encoder.space}


def tuned_columns(
    encoder: SentenceEncoder,
    train: pd.DataFrame,
    y: NDArray[Any],
    others: Sequence[pd.DataFrame],
    seed: int,
    folder: Path,
    settings: Tuning | None = None,
    tick: Tick = lambda *_: None,
) -> TunedColumns:
    """Tune ``encoder`` on ``train`` (as ``Examples.X``), write it to ``folder``, and read it again for the others.

    A GPU is used where there is one. The same seed on the same machine gives the same.
    """
    import torch

    from workbench.features.tuning import Tuning, tune

    started = time.perf_counter()
    settings = settings or Tuning()
    labels, targets = np.unique(y, return_inverse=True)
    texts = [str(text) for text in train["prompt_text"]]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    embeddings = np.stack(train["embedding"].to_list()).astype(np.float32)
    tuned = tune(encoder.model, texts, targets, embeddings, seed, settings, device, tick)
    names = [str(label) for label in labels]
    digest = save_tuned(tuned.model, tuned.classes, names, settings.scale, encoder.space, folder)
    saved = load_tuned(folder, digest, folder, encoder.threads)
    return TunedColumns(
        train.assign(tuned=list(tuned.unseen)),
        tuple(frame.assign(tuned=list(_log_probabilities(saved, frame))) for frame in others),
        saved,
        folder,
        settings,
        _accuracy(tuned, targets),
        time.perf_counter() - started,
    )


def tune_split(
    encoder: SentenceEncoder,
    recipe: Recipe,
    split: Split,
    folder: Path,
    settings: Tuning | None = None,
    tick: Tick = lambda *_: None,
) -> tuple[Recipe, Split, TunedColumns]:
    """The recipe and the split of an intent classifier with what a tuned encoder adds to them."""
    others = [part for part in (split.test, split.words) if part is not None]
    frames = [part.X for part in others]
    made = tuned_columns(encoder, split.train.X, split.train.y, frames, recipe.seed, folder, settings, tick)
    tuned = [replace(part, X=frame) for part, frame in zip(others, made.others, strict=True)]
    both = Split(replace(split.train, X=made.train), *tuned)
    return replace(recipe, options={**recipe.options, **made.options}), both, made


def few(y: NDArray[Any]) -> str:
    """Why an encoder is not tuned on these rows; empty where it is."""
    counts = np.unique(y, return_counts=True)[1]
    usual = float(np.median(counts))
    if len(counts) > 1 and usual >= FEWEST_ROWS_A_LABEL:
        return ""
    return (
        f"the usual label has {usual:.0f} training prompts; below {FEWEST_ROWS_A_LABEL} tuning an encoder does not pay"
    )


def items_of(made: TunedColumns, fitted: Fitted) -> Iterator[Item]:
    """What the run of the intent classifier says of its encoder."""
    yield Params({"fine_tuned": "yes"})
    yield Params({f"tuning_{name}": value for name, value in asdict(made.settings).items()})
    yield Params({"tuned_from": made.encoder.base, "encoder_sha256": made.encoder.sha256})
    head = fitted.estimator[-1].head_
    weight = head.weight_ if isinstance(head, FusedHead) else 0.0
    numbers = {"tuning_seconds": made.seconds, "tuned_accuracy": made.accuracy, "fusion_weight": weight}
    yield Metrics(numbers)


def not_tuned(reason: str) -> Iterator[Item]:
    """What a thorough run says that kept the encoder as it is."""
    yield Params({"fine_tuned": f"no, {reason}"})


def _accuracy(tuned: Tuned, targets: NDArray[np.intp]) -> float:
    right = tuned.unseen.argmax(axis=1) == targets
    return float(right[tuned.held].mean())


def _log_probabilities(encoder: TunedEncoder, frame: pd.DataFrame) -> Matrix:
    return encoder.log_probabilities([str(text) for text in frame["prompt_text"]])
