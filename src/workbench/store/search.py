"""Find techniques, templates, shared prompts and similar training prompts by words, by name, or by meaning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pgvector import Vector as PgVector

from workbench.db.connection import Connection
from workbench.sql import query

# Comparing so many vectors with the one asked for takes some 30 ms; up to here a version is searched completely.
EXACT_ROWS = 10_000


@dataclass(frozen=True)
class TechniqueFound:
    id: str
    code: str
    name: str
    category: str
    description: str
    score: float


@dataclass(frozen=True)
class TemplateFound:
    """``score`` is 0 where no words were asked for."""

    id: str
    name: str
    category: str
    language: str
    tags: list[str]
    quality: float
    score: float


@dataclass(frozen=True)
class CommunityFound:
    """``score`` is 0 where no words were asked for."""

    id: str
    title: str
    description: str | None
    category: str
    language: str
    tags: list[str]
    likes: int
    score: float


@dataclass(frozen=True)
class SimilarPrompt:
    """``distance`` is the cosine distance, 0 to 2; ``intent`` the path of the primary label."""

    id: str
    prompt_text: str
    dataset_version: str
    intent: str
    distance: float


@dataclass(frozen=True)
class LabelledPrompt:
    id: str
    prompt_text: str
    intent: str
    is_test: bool


def search_techniques(connection: Connection, words: str, limit: int = 10) -> list[TechniqueFound]:
    """Active techniques by full text, misspelt names included ("chian of thougt"), the best match first.

    ``words`` may use quotation marks, ``or`` and a minus sign, as in web searches; no input is a syntax error.
    """
    values = {"words": _clean(words), "limit": limit}
    return [TechniqueFound(*row) for row in connection.execute(query("search", "techniques"), values)]


def search_templates(
    connection: Connection,
    words: str | None = None,
    *,
    category: str | None = None,
    language: str | None = None,
    technique: str | None = None,
    tag: str | None = None,
    limit: int = 10,
) -> list[TemplateFound]:
    """Templates that are public or belong to the current user, by words and filters; ``technique`` is a code.

    Without words the best come first, otherwise the best match.
    """
    filters = {"category": category, "language": language, "technique": technique, "tag": tag}
    values = {"words": _clean(words), "limit": limit, **filters}
    return [TemplateFound(*row) for row in connection.execute(query("search", "templates"), values)]


def search_community(
    connection: Connection,
    words: str | None = None,
    *,
    category: str | None = None,
    language: str | None = None,
    tag: str | None = None,
    limit: int = 10,
) -> list[CommunityFound]:
    """Shared prompts that are approved or the current user's own. Without words the most liked come first."""
    values = {"words": _clean(words), "category": category, "language": language, "tag": tag, "limit": limit}
    return [CommunityFound(*row) for row in connection.execute(query("search", "community"), values)]


def _clean(words: str | None) -> str | None:
    """No words where there is only blank; PostgreSQL's text holds no NUL."""
    return (words or "").replace("\0", " ").strip() or None


def similar_prompts(
    connection: Connection, vector: NDArray[np.float32], space: str, version: str | None = None, limit: int = 10
) -> list[SimilarPrompt]:
    """The training prompts whose embeddings in ``space`` are nearest to ``vector`` (shape (384,)), nearest first.

    A version of at most ``EXACT_ROWS`` rows is searched completely. Otherwise the HNSW index serves, where
    ``workbench db index build`` has made it, and may miss a few. Without a version a text that several versions hold
    is found once in each.
    """
    values = {"vector": PgVector(vector), "space": space, "version": version, "limit": limit}
    small = version is not None and _is_small(connection, version)
    statement = query("search", "similar_exact") if small else query("search", "similar")
    with connection.transaction():
        connection.execute(query("search", "iterative_scan"))
        # Never prepared: only a plan for this very space can use the index of the space.
        rows = connection.execute(statement, values, prepare=False).fetchall()
    return [SimilarPrompt(*row) for row in rows]


def _is_small(connection: Connection, version: str) -> bool:
    values = {"version": version, "most": EXACT_ROWS}
    row = connection.execute(query("search", "rows_of_version"), values).fetchone()
    return row is None or int(row[0]) <= EXACT_ROWS


def similar_interests(connection: Connection, vector: NDArray[np.float32], limit: int = 10) -> list[tuple[str, float]]:
    """Users whose interests are nearest to ``vector`` (shape (384,)) with their cosine distance, nearest first."""
    values = {"vector": PgVector(vector), "limit": limit}
    with connection.transaction():
        connection.execute(query("search", "iterative_scan"))
        return connection.execute(query("search", "similar_interests"), values).fetchall()


def labelled_prompts(connection: Connection, version: str, intent: str, limit: int = 100) -> list[LabelledPrompt]:
    """Rows of ``version`` whose primary intent or one of whose secondary ones is the path ``intent``."""
    values = {"version": version, "intent": intent, "limit": limit}
    return [LabelledPrompt(*row) for row in connection.execute(query("search", "labelled"), values)]
