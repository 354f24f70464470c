"""Made-up worlds whose truth is known, logged by a biased policy; many repeats at once.

    theta(node, t, m) = base_t - 0.1 + level + level of m + effect of t + effect of t with m

each part a sum of normal shifts down the tree. A prompt has an intent, x ~ Normal(0, 1) that the policy sees and, where
prompts come several times, a difficulty of its own. The reward of t has the mean theta + 0.12 tanh(x) + difficulty, cut
off so that these average out, and is a rating (0 to 4 quarters, binomial) or 0/1. The policy knows the truth in part
and each technique is liked for other prompts:

    P(t | x) ~ exp(favour_t + 1.5 effect of t at the node + slope_t x), at least 0.02
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.evaluation.ladder import Ladder
from workbench.records import Vector

TREE = ("a", "a.x", "a.y", "a.z", "a.y.p", "a.y.q", "b", "b.x", "b.y", "c", "d", "d.x")
# How often each node of the ladder is asked for, the root (no intent) first.
TRAFFIC = (0.03, 0.06, 0.10, 0.12, 0.02, 0.10, 0.04, 0.15, 0.06, 0.12, 0.03, 0.15, 0.02)
BASE = (0.6, 0.65, 0.7, 0.75, 0.8)
FLOOR = 0.02
CONFOUNDING = 0.12


@dataclass(frozen=True)
class Regime:
    """``effects`` are the standard deviations of a technique's own shifts by depth, ``levels`` those that all share.
    With several ``models`` each shift has a further one by model, two thirds as large. ``times`` is how often each
    prompt comes, ``difficulty`` how much prompts differ then. Without ``recorded`` nobody kept the probabilities."""

    name: str
    rows: int = 1500
    effects: tuple[float, ...] = (0.06, 0.05, 0.04, 0.04)
    levels: tuple[float, ...] = (0.1, 0.1, 0.08, 0.05)
    models: int = 1
    times: int = 1
    difficulty: float = 0.0
    binary: bool = False
    recorded: bool = True


@dataclass(frozen=True)
class Worlds:
    """``truth`` (repeats, nodes, techniques) and ``truth_by_model`` (with models): means over each node and below.
    ``rows`` are arrays (repeats, rows): ``node``, ``technique``, ``model``, ``prompt``, ``reward``, ``propensity``,
    ``x``."""

    ladder: Ladder
    base: Vector
    truth: Vector
    truth_by_model: Vector
    rows: dict[str, Vector]


def draw(regime: Regime, repeats: int, seed: int) -> Worlds:
    random = np.random.default_rng(seed)
    ladder = Ladder.over(TREE)
    base = np.array(BASE)
    effect = _walk(ladder, regime.effects, (repeats, len(base), 1), random)
    level = _walk(ladder, regime.levels, (repeats, 1, 1), random)
    by_model = 0.0
    if regime.models > 1:
        narrower = tuple(2 / 3 * sd for sd in regime.effects)
        by_model = _walk(ladder, narrower, (repeats, 1, regime.models), random)
        by_model = by_model + _walk(ladder, narrower, (repeats, len(base), regime.models), random)
    theta = np.clip(base[:, None] - 0.1 + level + effect + by_model, 0.05, 0.95)
    shares = np.array(TRAFFIC)[:, None] * _of_models(regime.models)
    weight = np.broadcast_to(shares[:, None, :], theta.shape[1:])
    sums, below = ladder.add_up(theta * weight), ladder.add_up(weight)
    truth = sums.sum(axis=-1) / below.sum(axis=-1)
    return Worlds(ladder, base, truth, sums / below, _logged(regime, theta, effect, random))


def _walk(
    ladder: Ladder, spreads: tuple[float, ...], shape: tuple[int, int, int], random: np.random.Generator
) -> Vector:
    """Shape (repeats, nodes, techniques or 1, models or 1)."""
    repeats, techniques, models = shape
    found = random.standard_normal((repeats, len(ladder.nodes), techniques, models))
    found *= np.array([spreads[depth] for depth in ladder.depth])[:, None, None]
    for one in ladder.levels:
        found[:, one.first : one.last] += found[:, one.up]
    return found


def _of_models(models: int) -> Vector:
    share = np.arange(models, 0, -1.0)
    return share / share.sum()


def _logged(regime: Regime, theta: Vector, effect: Vector, random: np.random.Generator) -> dict[str, Vector]:
    repeats, nodes, techniques, models = theta.shape
    prompts = regime.rows // regime.times
    prompt = np.tile(np.arange(prompts), regime.times)
    size = (repeats, len(prompt))
    node = random.choice(nodes, (repeats, prompts), p=TRAFFIC)[:, prompt]
    x = random.standard_normal((repeats, prompts))[:, prompt]
    difficulty = regime.difficulty * random.standard_normal((repeats, prompts))[:, prompt]
    model = random.choice(models, size, p=_of_models(models))
    repeat = np.arange(repeats)[:, None]
    favour = 0.7 * random.standard_normal((repeats, 1, techniques))
    wish = favour + 1.5 * effect[repeat, node, :, 0] + np.linspace(-1, 1, techniques) * x[..., None]
    chance = np.exp(wish - wish.max(axis=-1, keepdims=True))
    chance = FLOOR + (1 - techniques * FLOOR) * chance / chance.sum(axis=-1, keepdims=True)
    drawn = (chance.cumsum(axis=-1) < random.random((*size, 1))).sum(axis=-1)
    technique = np.minimum(drawn, techniques - 1)
    mean = theta[repeat, node, technique, model]
    room = np.minimum(mean, 1 - mean)
    mean = mean + np.clip(CONFOUNDING * np.tanh(x) + difficulty, -room, room)
    reward = random.binomial(1, mean) if regime.binary else random.binomial(4, mean) / 4
    return {
        "node": node,
        "technique": technique,
        "model": model,
        "prompt": prompt + repeat * prompts,
        "reward": reward.astype(float),
        "propensity": np.take_along_axis(chance, technique[..., None], axis=-1)[..., 0],
        "x": x,
    }
