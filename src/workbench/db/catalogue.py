"""The schema in words: what the catalogue of a database says, and what it should say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.db.connection import Connection
from workbench.resources import shipped
from workbench.sql import query

SNAPSHOT = ("sql", "catalogue.txt")
_MONTH = re.compile(r"\bprompt_history_\d{4}_\d{2}")
# Built and dropped at will, as the rows demand; see `workbench db index`.
_AT_WILL = re.compile(r": index \S+ hnsw ")
_ROLES = re.compile(r": (?:column \S+ )?(?:grant .+? to (\w+)$|policy \S+ \w+ for \w+ to (\w+(?:, \w+)*))")


@dataclass(frozen=True)
class Drift:
    """Facts of the snapshot that the database lacks, and facts of the database that the snapshot lacks."""

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]

    def lines(self) -> list[str]:
        """Like a diff: what is missing behind a minus, what is too much behind a plus."""
        return [f"- {fact}" for fact in self.missing] + [f"+ {fact}" for fact in self.unexpected]


def words(connection: Connection) -> list[str]:
    """Every fact of the schema ``public`` as ``kind name: fact``, sorted, without regard to owners and months."""
    facts = {f"{subject}: {_plain(fact)}" for subject, fact in connection.execute(query("catalogue", "facts"))}
    named = {_MONTH.sub("prompt_history_MONTH", fact) for fact in facts}
    return sorted(fact for fact in named if not _AT_WILL.search(fact))


def expected() -> list[str]:
    """The facts of the shipped snapshot."""
    return shipped(*SNAPSHOT).read_text(encoding="utf-8").splitlines()


def compare(live: Iterable[str], wanted: Iterable[str], roles: Iterable[str] | None = None) -> Drift:
    """How ``live`` differs from ``wanted``; facts about a role that is not among ``roles`` are not missed.

    PostgreSQL writes one expression with more or fewer parentheses, casts to text and qualified names, by its version
    and after a dump and restore; that is no difference.
    """
    known = None if roles is None else {*roles, "public", "PUBLIC"}
    lived, hoped = {_canonical(fact): fact for fact in live}, {_canonical(fact): fact for fact in wanted}
    missing = [fact for key, fact in hoped.items() if key not in lived and (known is None or _roles(fact) <= known)]
    unexpected = [fact for key, fact in lived.items() if key not in hoped]
    subjects = {_subject(fact) for fact in hoped.values()}
    strangers = {f"{_subject(fact)}: is not of the workbench" for fact in unexpected if _subject(fact) not in subjects}
    ours = {fact for fact in unexpected if _subject(fact) in subjects}
    return Drift(tuple(sorted(missing)), tuple(sorted(ours | strangers)))


def drift(connection: Connection) -> list[str]:
    """How the database differs from the shipped snapshot, one line a fact; empty when it does not."""
    roles = [name for (name,) in connection.execute(query("catalogue", "roles"))]
    return compare(words(connection), expected(), roles).lines()


def _plain(fact: str) -> str:
    return " ".join(fact.replace("public.", "").split())


def _subject(fact: str) -> str:
    return fact.partition(": ")[0]


def _roles(fact: str) -> set[str]:
    found = _ROLES.search(fact)
    return set((found[1] or found[2]).split(", ")) if found else set()


def _canonical(fact: str) -> str:
    subject, _, said = fact.partition(": ")
    if said.startswith(("definition ", "policy ")):
        said = re.sub(r"\b[a-z_]\w*\.(?=[a-z_\"])", "", said)
    return subject + ": " + re.sub(r"[()\s]|::(text|character varying)(\[\])?", "", said)
