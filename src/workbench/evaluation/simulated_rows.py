"""Draw what happened from a made-up world: who asked what, which technique was chosen and how it was rated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.evaluation.simulation import GroundTruth
from workbench.records import Vector

Positions = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Draw:
    """One entry a row, in order of time. ``rating`` is 1 to 5, or 0 where it is missing; ``moment`` lies in [0, 1);
    ``thrift`` is by what factor the answer was longer than expected."""

    prompt: Positions
    technique: Positions
    user: Positions
    propensity: Vector
    rating: Positions
    success: Flags
    has_feedback: Flags
    moment: Vector
    milliseconds: Positions
    thrift: Vector


def draw(truth: GroundTruth, rows: int, seed: int) -> Draw:
    """``rows`` uses of the assistant: a prompt at random, a technique by the policy, a user by activity."""
    random = np.random.default_rng([seed, rows])
    prompt = random.integers(0, truth.logits.shape[0], rows)
    technique = _choose(truth.policy, prompt, random)
    user = random.choice(len(truth.users.activity), size=rows, p=truth.users.activity)
    quality = truth.logits[prompt, technique] + random.logistic(size=rows)
    felt = quality + truth.users.leniency[user]
    rating = 1 + (felt[:, None] > np.array(truth.world.cut_points)).sum(axis=1)
    is_rated = random.random(rows) < truth.users.rating_rate[user]
    return Draw(
        prompt=prompt,
        technique=technique,
        user=user,
        propensity=truth.policy[prompt, technique],
        rating=np.where(is_rated, rating, 0),
        success=quality > 0,
        has_feedback=is_rated & (random.random(rows) < truth.world.feedback_rate),
        moment=np.sort(random.random(rows)),
        milliseconds=random.lognormal(5.5, 0.6, rows).astype(np.int64),
        thrift=random.lognormal(0, truth.world.cost_sd, rows),
    )


def tokens(drawn: Draw, truth: GroundTruth, characters: Vector, levels: Vector) -> Positions:
    """What each row cost; ``characters`` of each prompt, ``levels`` of each technique."""
    expected = characters[drawn.prompt] / 4 + truth.world.tokens_per_level * levels[drawn.technique]
    found: Positions = np.rint(expected * drawn.thrift).astype(np.int64)
    return found


def _choose(policy: Vector, prompt: Positions, random: np.random.Generator) -> Positions:
    """One technique a row by inversion: each prompt's cumulative policy is laid on its own unit of one long line."""
    prompts, width = policy.shape
    ends = np.cumsum(policy, axis=1)
    ends /= ends[:, -1:]
    line = (ends + np.arange(prompts)[:, None]).ravel()
    found = np.searchsorted(line, prompt + random.random(len(prompt)), side="right")
    chosen: Positions = np.clip(found - prompt * width, 0, width - 1)
    return chosen
