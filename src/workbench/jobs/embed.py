"""Fill in the embeddings that are missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.db.connection import connect
from workbench.errors import DatasetUnknown, EmbeddingsOfAnotherSpace
from workbench.features.embedding import Encoder, embed
from workbench.store import embeddings, training


@dataclass(frozen=True)
class Embedded:
    """``texts`` distinct texts were encoded and ``rows`` rows filled; ``reused`` rows took a vector already known."""

    texts: int
    rows: int
    reused: int
    space: str


def fill_embeddings(
    url: str,
    encoder: Encoder,
    version: str | None = None,
    replace: bool = False,
    tick: Callable[[int, int], None] = lambda *_: None,
) -> Embedded:
    """Embed each distinct text once and store it in batches of their own transaction, so a killed job resumes.

    Raises:
        DatasetUnknown: no such version.
        EmbeddingsOfAnotherSpace: rows of the version were made by another encoder and ``replace`` is false.
    """
    with connect(url, autocommit=True) as connection:
        known = training.versions(connection)
        if version is not None and version not in known:
            raise DatasetUnknown(version=version, known=", ".join(known) or "none")
        others = [space for space in embeddings.spaces(connection, version) if space != encoder.space]
        if others and not replace:
            raise EmbeddingsOfAnotherSpace(version=version or "all", found=", ".join(others), expected=encoder.space)
        reused = embeddings.reuse_known(connection, encoder.space, version)
        texts = embeddings.texts_without(connection, encoder.space, version, replace)
        rows = 0
        for chosen, vectors in embed(texts, encoder, tick):
            batch = [texts[i] for i in chosen]
            with connection.transaction():
                rows += embeddings.save(connection, batch, vectors, encoder.space, version, replace)
    return Embedded(len(texts), rows, reused, encoder.space)
