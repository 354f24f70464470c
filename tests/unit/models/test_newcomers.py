"""A technique that no label names is placed by its description."""

from __future__ import annotations

import numpy as np
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from workbench.models.newcomers import fit_newcomers
from workbench.records import DIMENSIONS, Vector


def world(seed: int = 0, rows: int = 300) -> tuple[Vector, Vector, Vector, Vector]:
    """Techniques of four kinds whose descriptions lie close together by kind, and prompts that want a kind."""
    random = np.random.default_rng(seed)
    kinds = random.normal(size=(4, DIMENSIONS))
    described = np.repeat(kinds, 4, axis=0) + 0.6 * random.normal(size=(16, DIMENSIONS))
    described /= np.linalg.norm(described, axis=1, keepdims=True)
    wanted = random.integers(0, 4, rows)
    odds = np.where(np.arange(16)[None, :] // 4 == wanted[:, None], 1.0, -2.5)
    prompts = 0.2 * kinds[wanted] + random.normal(size=(rows, DIMENSIONS))
    prompts /= np.linalg.norm(prompts, axis=1, keepdims=True)
    return expit(odds), (random.random((rows, 16)) < expit(odds)).astype(float), prompts, described


def test_a_newcomer_is_wanted_where_its_like_is() -> None:
    known, named, prompts, described = world()
    others = np.delete(np.arange(16), [0])
    found = fit_newcomers(known[:, others], named[:, others], prompts, described[others])
    placed = found.probabilities(known[:, others], prompts, described[:1])[:, 0]
    assert roc_auc_score(named[:, 0], placed) > 0.8 * roc_auc_score(named[:, 0], known[:, 0])
    assert abs(placed.mean() - named.mean()) < 0.05


def test_a_description_like_no_other_is_wanted_as_often_as_any() -> None:
    known, named, prompts, described = world()
    found = fit_newcomers(known, named, prompts, described)
    strange = np.zeros((1, DIMENSIONS))
    placed = found.probabilities(known, prompts, strange)[:, 0]
    assert placed.std() < 0.01
    assert 0.1 < placed.mean() < 0.35


def test_where_descriptions_say_nothing_they_do_not_count() -> None:
    known, named, prompts, described = world()
    shuffled = np.random.default_rng(1).permutation(16)
    told = fit_newcomers(known, named, prompts, described).curve
    untold = fit_newcomers(known, named, prompts, described[shuffled][:, ::-1]).curve
    assert told[1] > 2 * untold[1] >= 0
