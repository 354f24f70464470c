"""A made-up world with a biased logging policy, in which the value of a policy is known exactly.

A prompt has two numbers z, uniform on -1 to 1, and is used twice. Arm a succeeds with probability

    0.5 + z . effect_a + level_a + s,  s = -0.1 or 0.1 with equal chance, shared by both uses of a prompt

Prompts are drawn from 4,000 fixed ones, so the value of a policy is its mean over these. The logging policy is a
softmax of strength * z . effect_a / 0.14; the judged one takes the arm that is best for z in 8 of 10 cases, and any
otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workbench.evaluation.folds import Codes, grouped_folds
from workbench.evaluation.off_policy import Logged, logged_of
from workbench.evaluation.propensity import Propensities, floor_of, known_propensities, of_taken
from workbench.evaluation.propensity_models import Context, guess_choices
from workbench.records import Vector

POPULATION = 4000
ARMS = 4
FOLDS = 5
EFFECTS = np.array([[0.14, 0.0], [-0.14, 0.0], [0.0, 0.14], [0.0, -0.14]])
LEVELS = np.array([0.0, 0.03, 0.06, -0.03])
RARE = 1 / 400


@dataclass(frozen=True)
class Regime:
    """``strength`` of the logging policy's bias towards what works, by which a model that does not see z is misled;
    whether the reward model ``sees`` z; whether propensities are ``known``; whether in a ``corner`` of 5 % of the
    prompts the best arm is taken once in 400 times; whether two arms are ``never`` taken where the first number is
    positive."""

    name: str
    strength: float = 1.0
    sees: bool = True
    known: bool = True
    corner: bool = False
    never: bool = False


@dataclass(frozen=True)
class Repeat:
    """One drawn log, what a model says of rewards (rows, arms), and two policies (rows, arms)."""

    logged: Logged
    rewards: Vector
    judged: Vector
    uniform: Vector


def population(seed: int = 0) -> Vector:
    """Shape (4000, 2)."""
    return np.random.default_rng(seed).uniform(-1, 1, (POPULATION, 2))


def success(z: Vector) -> Vector:
    """Shape (rows, arms), without what the two uses of a prompt share."""
    return np.asarray(0.5 + z @ EFFECTS.T + LEVELS)


def logging_policy(z: Vector, regime: Regime) -> Vector:
    score = regime.strength * (z @ (EFFECTS / 0.14).T)
    if regime.never:
        score = np.where((z[:, :1] > 0) & (np.arange(ARMS) < 2), -np.inf, score)
    share = np.exp(score - score.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    if regime.corner:
        rare = np.where(_best(z) > 0, RARE, (1 - RARE) / (ARMS - 1))
        share = np.where(z[:, :1] > 0.9, rare, share)
    return np.asarray(share)


def judged_policy(z: Vector) -> Vector:
    return np.asarray(0.8 * _best(z) + 0.2 / ARMS)


def true_values(z: Vector) -> tuple[float, float]:
    """Of the judged policy and of choosing uniformly."""
    return float((judged_policy(z) * success(z)).sum(axis=1).mean()), float(success(z).mean())


def draw(z: Vector, regime: Regime, prompts: int, seed: int) -> Repeat:
    """``prompts`` prompts, two rows each."""
    random = np.random.default_rng(seed)
    mine = z[np.repeat(random.integers(0, len(z), prompts), 2)]
    clusters = np.repeat(np.arange(prompts), 2)
    shared = np.repeat(random.choice([-0.1, 0.1], prompts), 2)
    truth = logging_policy(mine, regime)
    taken = np.minimum((random.random((len(mine), 1)) > np.cumsum(truth, axis=1)).sum(axis=1), ARMS - 1)
    reward = (random.random(len(mine)) < success(mine)[np.arange(len(mine)), taken] + shared).astype(float)
    folds = grouped_folds(clusters, FOLDS, seed)
    found = known_propensities(truth, taken, clusters) if regime.known else _estimated(taken, clusters, folds, mine)
    seen = np.column_stack([np.ones(len(mine)), mine]) if regime.sees else np.ones((len(mine), 1))
    rewards = ridge_rewards(seen, taken, reward, folds)
    return Repeat(logged_of(reward, found), rewards, judged_policy(mine), np.full(truth.shape, 1 / ARMS))


def ridge_rewards(columns: Vector, taken: Codes, reward: Vector, folds: Codes, penalty: float = 1.0) -> Vector:
    """Shape (rows, arms): a ridge regression an arm, fitted on the other folds; the first column is not penalised."""
    found = np.empty((len(columns), ARMS))
    ridge = penalty * np.diag([1e-9] + [1.0] * (columns.shape[1] - 1))
    for fold in np.unique(folds):
        for arm in range(ARMS):
            learn = (folds != fold) & (taken == arm)
            part = columns[learn]
            coefficients = np.linalg.solve(part.T @ part + ridge, part.T @ reward[learn])
            found[folds == fold, arm] = columns[folds == fold] @ coefficients
    return found


def _best(z: Vector) -> Vector:
    return np.asarray(np.eye(ARMS)[success(z).argmax(axis=1)])


def _estimated(taken: Codes, clusters: Codes, folds: Codes, z: Vector) -> Propensities:
    """As ``estimate_propensities`` does it, without the detour by a log."""
    quarter = (2 * (z[:, 0] > 0) + (z[:, 1] > 0)).astype(np.int64)
    context = Context(np.column_stack([np.ones(len(z)), z]), (np.zeros_like(quarter), quarter))
    guess = guess_choices(context, taken, ARMS + 1, folds, np.ones(len(z), dtype=bool))
    matrix = guess.matrix[:, :ARMS]
    known = known_propensities(matrix, taken, clusters, np.clip(of_taken(matrix, taken), floor_of(ARMS), 1))
    nowhere = np.zeros(len(taken), dtype=bool)
    return replace(
        known, source="estimated", was_recorded=nowhere, folds=folds, model=guess.model, columns=guess.columns
    )
