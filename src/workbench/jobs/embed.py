"""Fill in the embeddings that are missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.db.connection import connect
from workbench.errors import DatasetUnknown, EmbeddingsOfAnotherSpace
from workbench.features.embedding import Encoder, embed
from workbench.jobs.encoder import SentenceEncoder
from workbench.jobs.layers import FarSightedEncoder, LayerEncoder
from workbench.jobs.taxonomy_words import fill_taxonomy
from workbench.store import embeddings, training, vectors


@dataclass(frozen=True)
class Embedded:
    """``texts`` distinct texts were encoded and ``rows`` rows filled; ``reused`` rows took a vector already known, and
    ``layers`` rows got those of the encoder's lower layers."""

    texts: int
    rows: int
    reused: int
    space: str
    layers: int = 0


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


def fill_all(
    url: str,
    encoder: SentenceEncoder,
    version: str | None,
    replace: bool = False,
    tick: Callable[[int, int], None] = lambda *_: None,
) -> Embedded:
    """Whatever models of the version, or of every version, may look at: the embedding, the layers below it, and both of
    what the taxonomy says of its intents."""
    layer_encoder = LayerEncoder(encoder)
    both = FarSightedEncoder(encoder, layer_encoder)
    done = fill_embeddings(url, both, version, replace, tick)
    with connect(url, autocommit=True) as connection:
        versions = [version] if version is not None else list(training.versions(connection))
    layers = [fill_vectors(url, layer_encoder, each, tick) for each in versions]
    for each in versions:
        fill_taxonomy(url, both, each, tick)
        fill_taxonomy(url, layer_encoder, each, tick)
    return Embedded(done.texts, done.rows, done.reused, done.space, sum(each.rows + each.reused for each in layers))


def fill_vectors(
    url: str, encoder: Encoder, version: str, tick: Callable[[int, int], None] = lambda *_: None
) -> Embedded:
    """The vectors of another space than the prompts' own, kept in ``training_vectors``; in batches as above.

    Raises:
        DatasetUnknown: no such version.
    """
    with connect(url, autocommit=True) as connection:
        known = training.versions(connection)
        if version not in known:
            raise DatasetUnknown(version=version, known=", ".join(known) or "none")
        reused = vectors.reuse_known(connection, encoder.space, version)
        wanted = vectors.missing(connection, encoder.space, version)
        rows = 0
        for chosen, found in embed([text for _, text in wanted], encoder, tick):
            with connection.transaction():
                rows += vectors.save(connection, [wanted[place][0] for place in chosen], found, encoder.space)
    return Embedded(len(wanted), rows, reused, encoder.space)
