"""How much of the training side a contender is given."""

from __future__ import annotations

from dataclasses import dataclass

from intent_parts.splits import FEW


@dataclass(frozen=True)
class Block:
    """At most ``most`` rows a label, all of them where it is None; ``named`` says whether what the labels are called
    is given too, as a taxonomy has it."""

    title: str
    most: int | None = None
    named: bool = True


BLOCKS = {
    "all": Block("every training row"),
    "few": Block("ten rows a class", FEW),
    "five": Block("five rows a class", 5),
    "three": Block("three rows a class", 3),
    "one": Block("one row a class", 1),
    "few_unnamed": Block("ten rows a class without names", FEW, named=False),
    "five_unnamed": Block("five rows a class without names", 5, named=False),
    "three_unnamed": Block("three rows a class without names", 3, named=False),
    "one_unnamed": Block("one row a class without names", 1, named=False),
}
USUAL = ("all", "few")
