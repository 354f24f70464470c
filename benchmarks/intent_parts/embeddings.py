"""The frozen embeddings of a set, computed once by the workbench's own encoder and kept outside the repository."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from intent_parts.environments import environment
from intent_parts.exchange import measured, memory_peak
from workbench.features.embedding import embed
from workbench.jobs.encoder import find_encoder
from workbench.jobs.layers import LayerEncoder
from workbench.records import DIMENSIONS, LAYERS
from workbench.settings import read_settings


@dataclass(frozen=True)
class Embedded:
    """``vectors`` of shape (texts, 384 + 768), the embedding and then its layers; ``cost`` is what the first run took:
    texts, seconds, cpu_seconds, memory_peak_mb."""

    vectors: np.ndarray
    space: str
    cost: dict[str, Any]


def embedded(texts: list[str], cache: Path) -> Embedded:
    """In a process of its own, so that what it holds counts for nobody else."""
    space = find_encoder(read_settings()).space
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:24]
    place = cache / "embeddings" / f"{space}+layers" / digest
    if not place.with_suffix(".json").exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.with_suffix(".texts").write_text(json.dumps(texts), encoding="utf-8")
        command = [sys.executable, "-m", "intent_parts.embeddings", str(place)]
        subprocess.run(command, env=environment(with_workbench=True), check=True)
        place.with_suffix(".texts").unlink()
    cost = json.loads(place.with_suffix(".json").read_text(encoding="utf-8"))
    return Embedded(np.load(place.with_suffix(".npy")), space, cost)


def main(place: Path) -> None:
    texts = json.loads(place.with_suffix(".texts").read_text(encoding="utf-8"))
    encoder = find_encoder(read_settings())
    encoder.encode(["The first text loads the model, which is not what is measured."])
    distinct = list(dict.fromkeys(texts))
    vectors = np.empty((len(distinct), DIMENSIONS * (1 + LAYERS)), np.float32)

    def fill() -> None:
        for rows, found in embed(distinct, encoder):
            vectors[rows, :DIMENSIONS] = found
        for rows, found in embed(distinct, LayerEncoder(encoder)):
            vectors[rows, DIMENSIONS:] = found

    cost = measured(fill)
    number = {text: row for row, text in enumerate(distinct)}
    np.save(place.with_suffix(".npy"), vectors[[number[text] for text in texts]])
    kept = {"texts": len(distinct), "memory_peak_mb": memory_peak()}
    kept |= {name: cost[name] for name in ("seconds", "cpu_seconds")}
    place.with_suffix(".json").write_text(json.dumps(kept), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
