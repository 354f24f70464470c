"""From prompts to the frame that a fitted intent model takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import TunedEncoderOfAnotherModel
from workbench.features.embedding import Encoder, embed
from workbench.jobs.encoder import SentenceEncoder
from workbench.jobs.layers import LayerEncoder
from workbench.jobs.tuned_encoder import TunedEncoder
from workbench.models.columns import LayerColumn, TunedColumn


def frame_of(
    estimator: Any, texts: Sequence[str], encoder: SentenceEncoder, tuned: TunedEncoder | None = None
) -> pd.DataFrame:
    """All columns that the pipeline looks at, one row a prompt.

    Raises:
        TunedEncoderOfAnotherModel: the model was trained with a fine-tuned encoder, and ``tuned`` is not that one.
    """
    frame = pd.DataFrame({"prompt_text": list(texts), "embedding": vectors_of(encoder, texts)})
    if any(isinstance(column, LayerColumn) for column in _transformers(estimator)):
        frame["layers"] = vectors_of(LayerEncoder(encoder), texts)
    if (space := tuned_space_of(estimator)) is not None:
        if tuned is None or tuned.space != space:
            raise TunedEncoderOfAnotherModel(expected=space, found=tuned.space if tuned else "none")
        frame["tuned"] = list(tuned.log_probabilities(texts))
    return frame


def vectors_of(encoder: Encoder, texts: Sequence[str]) -> list[Any]:
    """One unit vector a text, in their order; windows of long texts are averaged."""
    found: list[Any] = [np.empty(0, dtype=np.float32)] * len(texts)
    for rows, vectors in embed(texts, encoder):
        for row, vector in zip(rows, vectors, strict=True):
            found[row] = vector
    return found


def tuned_space_of(estimator: Any) -> str | None:
    """The space of the fine-tuned encoder that the model was trained with; None where it was with none."""
    return next((str(column.space) for column in _transformers(estimator) if isinstance(column, TunedColumn)), None)


def _transformers(estimator: Any) -> list[Any]:
    return [transformer for _, transformer, _ in estimator[0].transformers_]
