"""Why a technique stands where it stands, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbench.models.selector import TechniqueSelector
from workbench.models.selector_choice import Arms, Choice, Question
from workbench.models.selector_rules import Allowed
from workbench.records import Technique

WIDTH = 1.96


@dataclass(frozen=True)
class Ranked:
    """A technique in its place. ``expected`` reward of it alone and ``gain`` over the reference set, each with its 95 %
    posterior interval, the former cut to 0..1; ``best`` is how likely it has the highest value of all techniques,
    ``label`` the probability that labels name it, ``tokens`` what it costs, ``logged`` its decisions with a known
    outcome, ``goes_with`` the prerequisites that come along."""

    code: str
    name: str
    expected: float
    low: float
    high: float
    gain: float
    gain_low: float
    gain_high: float
    best: float
    label: float
    tokens: float
    logged: int
    goes_with: tuple[str, ...]
    reasons: tuple[str, ...]


def ranked_techniques(
    selector: TechniqueSelector,
    choice: Choice,
    allowed: Allowed,
    question: Question,
    techniques: Sequence[Technique],
    seed: int,
) -> tuple[Ranked, ...]:
    """The allowed techniques, the best first."""
    known = {technique.code: technique for technique in techniques}
    likely = choice.single.best(seed)
    found = []
    for code in choice.order:
        at = choice.single.names.index(code)
        expected, sd = float(choice.single.mean[at]), float(choice.single.sd[at])
        together = allowed.sets[code]
        gain, doubt = choice.sets.gain(";".join(together), choice.reference)
        found.append(
            Ranked(
                code,
                known[code].name,
                expected,
                max(expected - WIDTH * sd, 0.0),
                min(expected + WIDTH * sd, 1.0),
                gain,
                gain - WIDTH * doubt,
                gain + WIDTH * doubt,
                float(likely[at]),
                question.labels[code],
                question.tokens[code],
                logged_of(selector, code),
                tuple(other for other in together if other != code),
                tuple(_reasons(selector, choice, allowed, question, known[code], (gain, doubt))),
            )
        )
    return tuple(found)


def why_chosen(selector: TechniqueSelector, choice: Choice, seed: int) -> tuple[str, ...]:
    """Why the chosen set and no other, and how sure that is."""
    chosen, sets = choice.chosen, choice.sets
    if choice.from_fixed and chosen == choice.reference:
        first = f"{_said(chosen)} has shown to be better on average than what labels choose for each prompt."
    elif chosen == choice.reference:
        first = f"Labels choose {_said(chosen)}, and no outcome has shown anything to be better here."
    else:
        first = f"{_said(chosen)} has shown to be better here than {_said(choice.reference)}, {_gain(sets, choice)}."
    probability = sets.best(seed)[sets.names.index(chosen)]
    second = f"That nothing else of what is allowed is better is {probability:.0%} likely."
    rows = int(selector.rows_[0])
    third = (
        f"Learnt from {selector.n_labelled_:,} labelled prompts and {rows:,} logged outcomes"
        f"{', synthetic ones among them' if selector.is_synthetic_ else ''}."
    )
    return first, second, third


def logged_of(selector: TechniqueSelector, code: str) -> int:
    codes = [str(known) for known in selector.classes_]
    return int(selector.logged_[codes.index(code)]) if code in codes else 0


def _reasons(
    selector: TechniqueSelector,
    choice: Choice,
    allowed: Allowed,
    question: Question,
    technique: Technique,
    gain: tuple[float, float],
) -> Iterator[str]:
    code, (mean, sd) = technique.code, gain
    yield _label_reason(selector, code, question.labels)
    if logged := logged_of(selector, code):
        against = "" if code == choice.reference else f": {mean:+.3f} against {_said(choice.reference)}"
        interval = f" ({mean - WIDTH * sd:+.3f} to {mean + WIDTH * sd:+.3f})" if against else ""
        yield f"{logged:,} logged outcomes{against}{interval}"
    else:
        yield f"no logged outcome; its place rests on labels, description and a base of {technique.base_effectiveness}"
    if code in question.favourites:
        yield "a favourite of the user"
    if question.cost_weight:
        cost = question.cost_weight * question.tokens[code] / 1000
        yield f"{question.tokens[code]:.0f} tokens cost {cost:.3f}"
    if question.latency_weight:
        yield f"{question.seconds[code]:.1f} seconds cost {question.latency_weight * question.seconds[code]:.3f}"
    if len(allowed.sets[code]) > 1:
        yield f"brings {', '.join(other for other in allowed.sets[code] if other != code)} along"
    for condition in allowed.conditions.get(code, ()):
        yield f"needs {condition}"


def _label_reason(selector: TechniqueSelector, code: str, labels: Mapping[str, float]) -> str:
    codes = [str(known) for known in selector.classes_]
    named = int(selector.named_[codes.index(code)]) if code in codes else 0
    if not named:
        return f"no label names it; by its description they would with {labels[code]:.2f}"
    return f"labels name it with {labels[code]:.2f} ({named:,} of {selector.n_labelled_:,} prompts do)"


def _gain(sets: Arms, choice: Choice) -> str:
    mean, sd = sets.gain(choice.chosen, choice.reference)
    return f"by {mean:+.3f} ({mean - WIDTH * sd:+.3f} to {mean + WIDTH * sd:+.3f})"


def _said(arm: str) -> str:
    return " + ".join(arm.split(";")) if arm else "no technique"
