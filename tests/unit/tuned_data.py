"""A handful of real prompts with the vectors of the real encoder, and a model that was fine-tuned on them."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from small_data import frame as made_up

from workbench.features.tuning import Tuning
from workbench.jobs.encoder import SentenceEncoder, find_encoder
from workbench.jobs.layers import LayerEncoder
from workbench.jobs.predict import vectors_of
from workbench.jobs.thorough import TunedColumns, tuned_columns
from workbench.settings import Settings

SETTINGS = Tuning(epochs=1, folds=2, batch=16)
ROWS = 72
LONGEST = 160


@cache
def encoder() -> SentenceEncoder:
    return find_encoder(Settings(threads=1))


@cache
def frame() -> pd.DataFrame:
    """The openings of ``small_data``'s prompts as the real encoder sees them: long ones take minutes to tune on."""
    table = made_up(ROWS)
    texts = [text[:LONGEST] for text in table["prompt_text"]]
    return table.assign(
        prompt_text=texts, embedding=vectors_of(encoder(), texts), layers=vectors_of(LayerEncoder(encoder()), texts)
    )


def part(is_test: bool) -> pd.DataFrame:
    return frame()[frame()["is_test"] == is_test].reset_index(drop=True)


def labels() -> Any:
    return part(False)["primary"].to_numpy(dtype=object)


def columns(is_test: bool) -> pd.DataFrame:
    return part(is_test)[["prompt_text", "embedding", "layers"]]


def texts(is_test: bool) -> list[str]:
    return list(part(is_test)["prompt_text"])


def vectors() -> Any:
    return np.stack(part(False)["embedding"])


def tuned_in(folder: Path, seed: int = 7) -> TunedColumns:
    return tuned_columns(encoder(), columns(False), labels(), [columns(True)], seed, folder, SETTINGS)


@cache
def _kept() -> tuple[Any, TunedColumns]:
    folder = tempfile.TemporaryDirectory()
    return folder, tuned_in(Path(folder.name) / "encoder")


def tuned() -> TunedColumns:
    """The same one for every test of a process; its folder goes with the process."""
    return _kept()[1]


def targets() -> Any:
    return np.unique(labels(), return_inverse=True)[1]
