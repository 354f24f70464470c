"""One prompt, one answer: techniques in order, the set to use, and how sure both are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.models.outcome_model import OutcomeModel
from workbench.models.selector import TechniqueSelector
from workbench.models.selector_policy import CAUTION, best_probabilities, choose_safely, order_scores
from workbench.models.selector_rules import Allowed
from workbench.records import Vector

# What a favourite of the user is worth, in rewards: it decides between near equals.
FAVOURITE = 0.02
MOST = 3


@dataclass(frozen=True)
class Question:
    """``context`` is one row as ``OutcomeModel`` takes it, its intent perhaps a mapping of paths to probabilities.
    ``labels``, ``tokens`` and ``seconds`` are by code: the probability that labels name the technique, and what it adds
    to tokens and time. ``cost_weight`` is what 1,000 tokens cost in rewards, ``latency_weight`` what a second does."""

    context: pd.DataFrame
    labels: Mapping[str, float]
    tokens: Mapping[str, float]
    seconds: Mapping[str, float]
    favourites: frozenset[str] = frozenset()
    cost_weight: float = 0.0
    latency_weight: float = 0.0
    most: int = MOST
    caution: float = CAUTION

    def cost(self, codes: Iterable[str]) -> float:
        """In rewards; a favourite makes up for some of it."""
        used = list(codes)
        spent = self.cost_weight * sum(self.tokens[code] for code in used) / 1000
        spent += self.latency_weight * sum(self.seconds[code] for code in used)
        return spent - FAVOURITE * bool(self.favourites & set(used))


@dataclass(frozen=True)
class Arms:
    """Sets of techniques with the posterior of their expected reward: ``mean`` (arms,), ``covariance`` (arms, arms)."""

    names: tuple[str, ...]
    mean: Vector
    covariance: Vector
    cost: Vector

    @property
    def sd(self) -> Vector:
        found: Vector = np.sqrt(np.diagonal(self.covariance))
        return found

    def gain(self, arm: str, other: str) -> tuple[float, float]:
        """Mean and standard deviation of the reward of one arm less the other's."""
        i, j = self.names.index(arm), self.names.index(other)
        square = self.covariance[i, i] + self.covariance[j, j] - 2 * self.covariance[i, j]
        return float(self.mean[i] - self.mean[j]), float(np.sqrt(max(square, 0.0))) if i != j else 0.0

    def best(self, seed: int) -> Vector:
        """Shape (arms,): how likely each has the highest value (reward less cost)."""
        return best_probabilities(self.mean - self.cost, self.covariance, seed)


@dataclass(frozen=True)
class Choice:
    """``chosen`` is the set to use; ``start`` the one that labels choose and ``reference`` the one that stands unless
    something else is established, which ``from_fixed`` says is one for all prompts. ``order`` are the allowed
    techniques, the best first (see ``order_scores``), ``single`` each of them alone, ``sets`` each with what goes with
    it, and the chosen set."""

    chosen: str
    start: str
    reference: str
    from_fixed: bool
    order: tuple[str, ...]
    single: Arms
    sets: Arms


def choose(selector: TechniqueSelector, model: OutcomeModel, allowed: Allowed, question: Question) -> Choice:
    """``model`` is the selector's outcome model, which may know techniques that came later. At least one technique has
    to be allowed.

    The set that labels choose stands (``label_set``), or the one technique for all prompts that outcomes have shown to
    be better on average; another set takes its place only where its gain on this prompt is established (see
    ``choose_safely``), and techniques are added or left out one at a time on the same terms.
    """
    codes = sorted(allowed.sets)
    single = arms_of(model, question, codes)
    start = label_set(selector, allowed, question)
    fixed = _established(selector, allowed, question)
    reference = fixed or start
    singles = [_joined(allowed.sets[code]) for code in codes]
    chosen = _safest(model, question, [reference, *singles], reference)
    for _ in range(question.most):
        improved = _safest(model, question, [chosen, *_neighbours(chosen, allowed, question.most)], chosen)
        if improved == chosen:
            break
        chosen = improved
    by_labels = max(selector.label_slope, 0.0) * np.array([question.labels[code] for code in codes])
    value = order_scores(single.mean[None], single.covariance[None], by_labels[None], question.caution)[0] - single.cost
    # Equal values stand in the order of labels, then of codes.
    order = sorted(codes, key=lambda code: (-value[codes.index(code)], -question.labels[code], code))
    sets = arms_of(model, question, list(dict.fromkeys([chosen, reference, *singles])))
    return Choice(chosen, start, reference, bool(fixed), tuple(order), single, sets)


def arms_of(model: OutcomeModel, question: Question, names: Sequence[str]) -> Arms:
    mean, covariance = model.joint(question.context, names)
    cost = np.array([question.cost(_codes(name)) for name in names])
    return Arms(tuple(names), mean[0], covariance[0], cost)


def label_set(selector: TechniqueSelector, allowed: Allowed, question: Question) -> str:
    """The technique that labels most likely name, and others beside it that they name likely enough and have named
    together with it, as long as what a label is worth pays for what it costs; prerequisites come along and count. What
    no label names is left to outcomes and to exploring, unless nothing else is allowed."""
    worth = max(selector.label_slope, 0.0)
    net = {code: worth * question.labels[code] - question.cost(together) for code, together in allowed.sets.items()}
    named = {str(selector.classes_[column]) for column in selector.learned_} & set(net)
    ranked = sorted(named or net, key=lambda code: (-net[code], -question.labels[code], code))
    found = list(allowed.sets[ranked[0]])
    for code in ranked[1:]:
        together = list(dict.fromkeys([*found, *allowed.sets[code]]))
        likely = question.labels[code] >= selector.threshold_ and net[code] > 0
        if likely and len(together) <= question.most and _ever_together(selector, code, found):
            found = together
    return _joined(found)


def _ever_together(selector: TechniqueSelector, code: str, others: Sequence[str]) -> bool:
    """Whether some label names the technique beside each of the others that labels name at all."""
    place = {str(known): at for at, known in enumerate(selector.classes_)}
    named = [place[other] for other in others if other in place and selector.named_[place[other]]]
    return bool((selector.together_[place[code], named] > 0).all()) if code in place else not named


def _established(selector: TechniqueSelector, allowed: Allowed, question: Question) -> str | None:
    """The one technique for all prompts that is better than what labels choose, averaged over the log of this language
    model (of all, where it has none), if any is."""
    asked = str(question.context["language_model"].iloc[0] or "")
    place = selector.language_models_.index(asked) if asked in selector.language_models_ else 0
    codes = [str(code) for code in selector.classes_]
    cost = np.array([question.cost([code]) if code in question.tokens else np.inf for code in codes])
    usual = float(selector.start_share_[place] @ np.where(np.isfinite(cost), cost, 0.0))
    gain = selector.fixed_gain_[place] - cost + usual
    usable = np.array([allowed.sets.get(code) == (code,) for code in codes])
    sure = usable & (gain > question.caution * selector.fixed_sd_[place])
    return codes[int(np.where(sure, gain, -np.inf).argmax())] if sure.any() else None


def _safest(model: OutcomeModel, question: Question, names: Sequence[str], start: str) -> str:
    arms = arms_of(model, question, list(dict.fromkeys(names)))
    place = np.array([arms.names.index(start)])
    (found,) = choose_safely(arms.mean[None], arms.covariance[None], place, arms.cost, question.caution)
    return arms.names[int(found)]


def _neighbours(arm: str, allowed: Allowed, most: int) -> list[str]:
    """One technique more, with its prerequisites, or one less that no other one needs."""
    codes = _codes(arm)
    more = [_joined({*codes, *together}) for together in allowed.sets.values()]
    less = [
        _joined(set(codes) - {code})
        for code in codes
        if len(codes) > 1 and not any(code in allowed.sets.get(other, ()) for other in codes if other != code)
    ]
    return sorted({found for found in (*more, *less) if len(_codes(found)) <= most} - {arm})


def _joined(codes: Iterable[str]) -> str:
    return ";".join(sorted(set(codes)))


def _codes(arm: str) -> list[str]:
    return arm.split(";") if arm else []
