"""A fine-tuned encoder as a folder of plain files: written, known by its digest, and read again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.errors import TunedEncoderMissing, TunedEncoderTampered
from workbench.jobs.encoder import SentenceEncoder
from workbench.records import Matrix

NAME = "intent_encoder"
CLASSES = "classes.safetensors"
ABOUT = "labels.json"
KINDS = {".json", ".safetensors", ".txt"}


@dataclass(frozen=True)
class TunedEncoder:
    """``labels`` (sorted) and ``classes`` (labels, 384), the unit vector of each; ``scale`` times a cosine with it is a
    label's logit. ``base`` is the space of the encoder that this one was tuned from."""

    encoder: SentenceEncoder
    labels: tuple[str, ...]
    classes: Matrix
    scale: float
    base: str
    sha256: str

    @property
    def space(self) -> str:
        return self.encoder.space

    def log_probabilities(self, texts: Sequence[str], tick: Callable[[int, int], None] = lambda *_: None) -> Matrix:
        """Shape (texts, labels), float32."""
        from workbench.features.tuning import log_probabilities

        return log_probabilities(self.encoder, self.classes, texts, self.scale, tick)


def save_tuned(model: Any, classes: Matrix, labels: Sequence[str], scale: float, base: str, folder: Path) -> str:
    """Write an encoder and the vectors of its labels; the digest of all files."""
    from safetensors.numpy import save_file

    model.save(str(folder), create_model_card=False, safe_serialization=True)
    save_file({"classes": np.ascontiguousarray(classes)}, folder / CLASSES)
    about = {"labels": list(labels), "scale": scale, "base": base}
    (folder / ABOUT).write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
    return digest_of(folder)


def load_tuned(folder: Path, sha256: str, within: Path, threads: int = 0) -> TunedEncoder:
    """The encoder in ``folder``, after every byte of it was hashed; its weights are read at the first text.

    Raises:
        TunedEncoderMissing: no such folder below ``within``.
        TunedEncoderTampered: another digest, or a file that ``save_tuned`` never writes.
    """
    from safetensors.numpy import load_file

    folder = folder.resolve()
    if not folder.is_relative_to(within.resolve()) or not (folder / ABOUT).is_file():
        raise TunedEncoderMissing(path=folder, within=within)
    found = digest_of(folder)
    if found != sha256:
        raise TunedEncoderTampered(path=folder, found=found, expected=sha256)
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    encoder = SentenceEncoder(f"{NAME}@{sha256[:16]}", folder, threads)
    classes = load_file(folder / CLASSES)["classes"]
    return TunedEncoder(encoder, tuple(about["labels"]), classes, about["scale"], about["base"], sha256)


def digest_of(folder: Path) -> str:
    """sha256 over the names and contents of all files.

    Raises:
        TunedEncoderTampered: a link, or a kind of file that holds neither weights nor settings.
    """
    hasher = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()):
        if path.is_symlink() or path.suffix not in KINDS:
            raise TunedEncoderTampered(path=folder, found=f"no digest but the file {path.name}", expected="plain files")
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        hasher.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return hasher.hexdigest()
