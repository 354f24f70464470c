"""Labels of a file become intents: the ones that exist, or new ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.errors import LabelsCollide
from workbench.store.imports import NewIntent, StagedLabel

LONGEST_PATH = 100
LONGEST_NAME = 255


@dataclass
class Resolution:
    """``labels`` says of each label of the file which intent it is; ``new`` are the intents that do not exist yet."""

    labels: list[StagedLabel] = field(default_factory=list)
    new: dict[str, NewIntent] = field(default_factory=dict)


def slug(label: str) -> str:
    """Lower case; every run of other characters than a-z, 0-9 and _ is one _; none at the ends."""
    return re.sub(r"[^a-z0-9_]+", "_", label.casefold()).strip("_")


def branch(label: str, parent: str = "") -> list[NewIntent]:
    """The nodes from the root to the label. A label that repeats its parent is that node itself.

    Dots separate levels only when something is left of every part.
    """
    parents, own = _segments(parent) if parent else [], _segments(label)
    if [slug(name) for name in own[: len(parents)]] == [slug(name) for name in parents]:
        parents = []
    names = parents + own
    slugs = [slug(name) for name in names]
    return [NewIntent(".".join(slugs[: depth + 1]), name.strip()) for depth, name in enumerate(names)]


def resolve(pairs: Iterable[tuple[str, str]], known: Mapping[str, str], create: bool, path: Path) -> Resolution:
    """Find the intent of every (label, parent); ``known`` are the names of the existing intents by path.

    Raises:
        LabelsCollide: two different labels would become one intent.
    """
    resolution = Resolution()
    for label, parent in pairs:
        found, reason = _exact(label, parent, known), None
        if found is None:
            found, reason = _by_branch(branch(label, parent), known, create, resolution.new, path)
        resolution.labels.append(StagedLabel(label, parent, found, reason))
    return resolution


def _segments(label: str) -> list[str]:
    parts = label.split(".")
    return parts if all(slug(part) for part in parts) else [label]


def _exact(label: str, parent: str, known: Mapping[str, str]) -> str | None:
    joined = f"{parent}.{label}" if parent else label
    return next((path for path in (joined, label) if path in known and (path == joined or "." in path)), None)


def _by_branch(
    nodes: list[NewIntent], known: Mapping[str, str], create: bool, new: dict[str, NewIntent], path: Path
) -> tuple[str | None, str | None]:
    leaf = nodes[-1].path
    if len(leaf) > LONGEST_PATH:
        return None, "label too long"
    same = all(_means(node.name, node.path, known[node.path]) for node in nodes if node.path in known)
    if leaf in known and same:
        return leaf, None
    if not create:
        return None, "unknown label"
    if not all(slug(node.name) for node in nodes):
        return None, "unusable label"
    for node in nodes:
        _claim(node, known, new, path)
    return leaf, None


def _claim(node: NewIntent, known: Mapping[str, str], new: dict[str, NewIntent], path: Path) -> None:
    if node.path in known:
        if not _means(node.name, node.path, known[node.path]):
            raise LabelsCollide(
                labels=f"{known[node.path]!r} (there already) and {node.name!r}", code=node.path, path=path
            )
        return
    first = new.setdefault(node.path, NewIntent(node.path, node.name[:LONGEST_NAME]))
    if first.name.casefold() != node.name[:LONGEST_NAME].casefold():
        raise LabelsCollide(labels=f"{first.name!r} and {node.name!r}", code=node.path, path=path)


def _means(label: str, path: str, name: str) -> bool:
    """Whether ``label`` is a spelling of an intent; "C++" is none of the intent "C", though their slugs are equal."""
    return _words(label) in (_words(name), _words(path.rpartition(".")[2]))


def _words(text: str) -> str:
    return re.sub(r"[\s_-]+", "_", text[:LONGEST_NAME].casefold()).strip("_")
