"""What the rule-based choice of techniques looks at."""

from __future__ import annotations

import json
from decimal import Decimal

from workbench.db.connection import Connection
from workbench.models.rules import RuleBook, RuleEffect, RuleTechnique
from workbench.sql import query


def read_rules(connection: Connection) -> RuleBook:
    """The active techniques and every effect, as they stand now."""
    techniques = [RuleTechnique(*row) for row in connection.execute(query("rules", "techniques"))]
    effects: dict[str, dict[str, RuleEffect]] = {}
    for path, technique, score, by_complexity, by_domain in connection.execute(query("rules", "effects")):
        effect = RuleEffect(score, _numbers(by_complexity), _numbers(by_domain))
        effects.setdefault(path, {})[technique] = effect
    return RuleBook(techniques, effects)


def _numbers(text: str | None) -> dict[str, Decimal]:
    found: dict[str, Decimal] = json.loads(text or "{}", parse_float=Decimal, parse_int=Decimal)
    return found
