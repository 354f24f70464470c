"""What the taxonomy says of intents, as far as models learn from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from workbench.db.connection import connect
from workbench.features.embedding import Encoder, embed
from workbench.records import TrainingSet
from workbench.store import taxonomy_vectors


def fill_taxonomy(url: str, encoder: Encoder, version: str, tick: Callable[[int, int], None] = lambda *_: None) -> int:
    """Embed what the taxonomy says of the intents of a version, where it is not embedded as it stands now; how many
    texts. In batches of their own transaction."""
    with connect(url, autocommit=True) as connection:
        wanted = taxonomy_vectors.missing(connection, encoder.space, version)
        for chosen, found in embed([said.words for said in wanted], encoder, tick):
            with connection.transaction():
                taxonomy_vectors.save(connection, [wanted[place] for place in chosen], found, encoder.space)
    return len(wanted)


def words_used(training_set: TrainingSet) -> dict[str, Any]:
    """How many texts of the taxonomy a model learns from beside the prompts, and which these are."""
    words = training_set.words
    if words is None:
        return {"taxonomy_words": 0}
    lines = "\n".join(map(json.dumps, zip(words.ids, words.X["prompt_text"], strict=True)))
    digest = hashlib.sha256(lines.encode()).hexdigest()
    return {"taxonomy_words": len(words.ids), "taxonomy_words_sha256": digest}
