"""A made-up world whose truth is known, so that an estimate can be held against it.

A prompt x has an intent path, a complexity c and labelled techniques L. Technique t succeeds on it with probability p:

    logit p(x, t) = logit(base_t) + sum of e(node, t) over the nodes of the path
                    + fit_bonus * ([t in L] - 1/2) + complexity_match * (1 - |c - level_t|)
    e(node, t) ~ Normal(0, branch_sd) for a top-level node, Normal(0, intent_sd) below

An answer has the quality q = logit p + a logistic error, so "q > 0" happens with probability p. A user of leniency l
rates it 1 + the number of cut points below q + l, or not at all: whether a rating is missing depends on the user and
on nothing else (missing at random given the user).

The policy that chose the technique knows the truth only in part, has favourites and avoids what is laborious:

    popularity_t ~ Normal(-ease * level_t, popularity_sd),  error ~ Normal(0, error_sd)
    score(x, t) = popularity_t + belief * (sum of e + error(branch, t)) + habit * [t in L]
    policy(t | x) = (1 - floor) * softmax(score) + floor / number of techniques

An answer costs (characters / 4 + tokens_per_level * level_t) * e tokens, log e ~ Normal(0, cost_sd).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit, softmax

from workbench.models.taxonomy import Tree, ancestors
from workbench.records import Technique, Vector

POLICY = "biased_softmax"
FORMULA = (
    "logit p(x, t) = logit(base_t) + sum over the path of e(node, t) + fit_bonus * ([t labelled for x] - 1/2) "
    "+ complexity_match * (1 - |complexity - level_t|); quality = logit p + logistic error; success: quality > 0; "
    "rating = 1 + number of cut points below quality + the user's leniency; reward = (rating - 1) / 4; "
    "tokens = (characters / 4 + tokens_per_level * level_t) * exp(Normal(0, cost_sd))"
)


@dataclass(frozen=True)
class World:
    """The parameters of the formulas above. Effects, cut points and leniency are on the logit scale."""

    branch_sd: float = 0.35
    intent_sd: float = 0.25
    fit_bonus: float = 0.9
    complexity_match: float = 0.15
    cut_points: tuple[float, float, float, float] = (-1.5, -0.5, 0.5, 1.5)
    users: int = 200
    leniency_sd: float = 0.5
    rating_rate: tuple[float, float] = (3.0, 2.0)
    activity_sd: float = 0.7
    popularity_sd: float = 0.6
    ease: float = 0.3
    belief: float = 1.0
    error_sd: float = 0.5
    habit: float = 0.8
    floor: float = 0.15
    feedback_rate: float = 0.5
    tokens_per_level: float = 120.0
    cost_sd: float = 0.3


@dataclass(frozen=True)
class Users:
    """One entry a user: ``leniency`` (logit scale), ``rating_rate`` (probability of rating), ``activity`` (share)."""

    leniency: Vector
    rating_rate: Vector
    activity: Vector


@dataclass(frozen=True)
class GroundTruth:
    """``logits`` and ``policy`` have the shape (prompts, techniques); a row of ``policy`` sums to 1."""

    world: World
    techniques: tuple[str, ...]
    intents: tuple[str, ...]
    logits: Vector
    policy: Vector
    users: Users


def make_truth(prompts: pd.DataFrame, techniques: Sequence[Technique], seed: int, world: World) -> GroundTruth:
    """The truth and the policy for ``prompts`` (columns ``intent``, ``complexity``, ``techniques``: lists of codes).

    Equal arguments give equal truths; the number of rows drawn later plays no part.
    """
    for_effects, for_policy, for_users = np.random.SeedSequence(seed).spawn(3)
    tree = Tree.over(prompts["intent"])
    effects = _effects(tree, len(techniques), np.random.default_rng(for_effects), world)
    label_names = sorted(set(prompts["intent"]))
    at = pd.Index(label_names).get_indexer(pd.Index(prompts["intent"]))
    by_intent = (tree.membership(label_names) @ effects)[at]
    fits = _fits(prompts["techniques"], techniques)
    base = logit(np.clip([t.base_effectiveness for t in techniques], 0.02, 0.98))
    levels = np.array([t.complexity_level for t in techniques], dtype=np.float64)
    gap = np.abs(prompts["complexity"].to_numpy(float)[:, None] - levels)
    logits = base + by_intent + world.fit_bonus * (fits - 0.5) + world.complexity_match * (1 - gap)
    policy = _policy(prompts["intent"], by_intent, fits, levels, np.random.default_rng(for_policy), world)
    codes = tuple(t.code for t in techniques)
    users = _users(np.random.default_rng(for_users), world)
    return GroundTruth(world, codes, tuple(prompts["intent"]), logits, policy, users)


def true_means(truth: GroundTruth) -> pd.DataFrame:
    """What is true of each intent and technique: ``intent``, ``technique``, ``success``, ``reward``.

    Means over the prompts of the intent and all below it, each prompt equally likely, and over the users as often as
    they rate. ``reward`` is the expected (rating - 1) / 4.
    """
    tree = Tree.over(truth.intents)
    inside = tree.membership(truth.intents)
    share = (inside / inside.sum(axis=0)).T
    index = pd.MultiIndex.from_product([tree.nodes, truth.techniques], names=["intent", "technique"])
    success = (share @ expit(truth.logits)).ravel()
    reward = (share @ expected_reward(truth)).ravel()
    return pd.DataFrame({"success": success, "reward": reward}, index=index).reset_index()


def expected_reward(truth: GroundTruth) -> Vector:
    """Shape (prompts, techniques): the mean reward over the users, each as often as they rate."""
    weight = truth.users.activity * truth.users.rating_rate
    grid = np.linspace(truth.logits.min() - 0.1, truth.logits.max() + 0.1, 2000)
    shifted = grid[:, None, None] + truth.users.leniency[:, None] - np.array(truth.world.cut_points)
    on_grid: Vector = expit(shifted).mean(axis=2) @ (weight / weight.sum())
    found: Vector = np.interp(truth.logits, grid, on_grid)
    return found


def _effects(tree: Tree, width: int, random: np.random.Generator, world: World) -> Vector:
    spread = [world.intent_sd if "." in node else world.branch_sd for node in tree.nodes]
    drawn: Vector = random.normal(size=(len(tree.nodes), width)) * np.array(spread)[:, None]
    return drawn


def _fits(labelled: pd.Series, techniques: Sequence[Technique]) -> Vector:
    return np.array([[t.code in codes for t in techniques] for codes in labelled.map(frozenset)], dtype=np.float64)


def _policy(
    intents: pd.Series, effects: Vector, fits: Vector, levels: Vector, random: np.random.Generator, world: World
) -> Vector:
    width = effects.shape[1]
    popularity = random.normal(-world.ease * levels, world.popularity_sd)
    branches = intents.map(lambda path: ancestors(path)[0])
    names, at = np.unique(branches.to_numpy(str), return_inverse=True)
    error: NDArray[np.float64] = random.normal(0, world.error_sd, (len(names), width))[at]
    score = popularity + world.belief * (effects + error) + world.habit * fits
    mixed: Vector = (1 - world.floor) * softmax(score, axis=1) + world.floor / width
    return mixed


def _users(random: np.random.Generator, world: World) -> Users:
    activity = random.lognormal(0, world.activity_sd, world.users)
    leniency = random.normal(0, world.leniency_sd, world.users)
    return Users(leniency, random.beta(*world.rating_rate, world.users), activity / activity.sum())
