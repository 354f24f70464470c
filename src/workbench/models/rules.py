"""The seed's rule-based choice of techniques, as ``get_optimal_techniques`` in ``sql/routines`` computes it.

    score = base + complexity adjustment + domain adjustment + bonus, kept within 0 and 0.99

``base`` is the effectiveness of the technique for the intent, else its base effectiveness. The complexity adjustment is
the mapping's own where it has the level, else 0.1 at the technique's level, 0 beside it and -0.1 for each step of a
wider gap. The domain adjustment is the mapping's, else 0; a favourite gets a bonus of 0.15. Decimal throughout, with
room for every digit: PostgreSQL's sums of ``numeric`` are exact, and a tie has to be one here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

from workbench.errors import MisuseError

LEVELS = range(1, 6)
USUAL_LIMIT = 5
CAP = Decimal("0.99")
BONUS = Decimal("0.15")
STEP = Decimal("0.1")
CENT = Decimal("0.01")
# The most digits that numeric has before and after the point.
DIGITS = 131_072 + 16_383


@dataclass(frozen=True)
class RuleTechnique:
    """An active technique."""

    id: str
    code: str
    name: str
    base_effectiveness: Decimal
    complexity_level: int


@dataclass(frozen=True)
class RuleEffect:
    """What is said of a technique for an intent; adjustments by complexity ("1" to "5") and by domain."""

    score: Decimal
    by_complexity: Mapping[str, Decimal] = field(default_factory=dict)
    by_domain: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class RuleScore:
    """A row of the function's answer, each score with two decimals."""

    technique_id: str
    technique_name: str
    effectiveness_score: Decimal
    personalization_score: Decimal
    final_score: Decimal
    is_fallback: bool


@dataclass(frozen=True)
class RuleBook:
    """All that the rules look at: the active techniques, and by path of an active intent the effects by technique id.

    An intent of no effects and one that there is not are the same to the rules.
    """

    techniques: Sequence[RuleTechnique]
    effects: Mapping[str, Mapping[str, RuleEffect]]

    def rank(
        self,
        intent: str | None,
        complexity: int | None,
        preferences: Mapping[str, Any] | None = None,
        limit: int | None = USUAL_LIMIT,
        domain: str | None = None,
    ) -> list[RuleScore]:
        """The best techniques first: by score, then by base, then by code. ``preferences`` are those of the user.

        Raises:
            MisuseError: the complexity is none of 1 to 5.
        """
        if complexity is None or complexity not in LEVELS:
            raise MisuseError(detail=f"The complexity {complexity} is outside 1 to 5. Pass a whole number from 1 to 5.")
        effects = self.effects.get(intent or "", {})
        favourites = favourites_of(preferences)
        most = max(USUAL_LIMIT if limit is None else limit, 0)
        with localcontext(Context(prec=DIGITS, rounding=ROUND_HALF_UP)):
            scored = [_scored(t, effects.get(t.id), complexity, favourites, domain) for t in self.techniques]
            scored.sort(key=lambda each: (-each.final, -each.base, each.technique.code))
            return [each.row() for each in scored[:most]]


def favourites_of(preferences: Mapping[str, Any] | None) -> frozenset[str]:
    """Ids and codes that the preferences name; what is no list of texts names none."""
    named = (preferences or {}).get("favorite_techniques")
    return frozenset(word for word in named if isinstance(word, str)) if isinstance(named, list) else frozenset()


@dataclass(frozen=True)
class _Scored:
    technique: RuleTechnique
    base: Decimal
    bonus: Decimal
    final: Decimal
    is_fallback: bool

    def row(self) -> RuleScore:
        base, bonus, final = (score.quantize(CENT) for score in (self.base, self.bonus, self.final))
        return RuleScore(self.technique.id, self.technique.name, base, bonus, final, self.is_fallback)


def _scored(
    technique: RuleTechnique, effect: RuleEffect | None, complexity: int, favourites: frozenset[str], domain: str | None
) -> _Scored:
    said = effect or RuleEffect(technique.base_effectiveness)
    by_level = said.by_complexity.get(str(complexity), _usual_adjustment(abs(complexity - technique.complexity_level)))
    by_domain = said.by_domain.get(domain, Decimal(0)) if domain is not None else Decimal(0)
    bonus = BONUS if favourites & {technique.id, technique.code} else Decimal(0)
    final = min(max(said.score + by_level + by_domain + bonus, Decimal(0)), CAP)
    return _Scored(technique, said.score, bonus, final, effect is None)


def _usual_adjustment(gap: int) -> Decimal:
    return STEP if gap == 0 else Decimal(0) if gap == 1 else -STEP * gap
