"""Prompts of two kinds, what labels say of them, and logged outcomes that agree or do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.models.selector import TechniqueSelector
from workbench.models.selector_choice import Choice, Question, choose
from workbench.models.selector_evidence import Evidence
from workbench.models.selector_rules import Allowed, allowed_techniques
from workbench.records import DIMENSIONS, Technique, Vector

CODES = ("plain", "steps", "show", "twice")
TECHNIQUES = [
    Technique("0", "plain", "Plain", 1, 0.5, 0.1, True, description="ask"),
    Technique("1", "steps", "Steps", 2, 0.8, 0.1, True, description="step by step"),
    Technique("2", "show", "Show", 3, 0.7, 0.1, True, description="show examples"),
    Technique("3", "twice", "Twice", 3, 0.6, 0.1, True, description="steps twice", prerequisites=("steps",)),
]
TOKENS = np.array([0.0, 200.0, 300.0, 400.0])


def prompts(rows: int, seed: int = 0) -> tuple[Vector, np.ndarray]:
    """Embeddings, and the kind of each: talk is 0, sums are 1."""
    random = np.random.default_rng(seed)
    kind = random.integers(0, 2, rows)
    vectors = random.normal(0, 0.03, (rows, DIMENSIONS))
    vectors[np.arange(rows), kind] += 1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), kind


def labels(kind: np.ndarray) -> Vector:
    """Talk wants ``plain``, sums want ``steps`` and often ``show`` besides; nobody names ``twice``."""
    show = (kind == 1) & (np.arange(len(kind)) % 5 < 3)
    return np.column_stack([kind == 0, kind == 1, show, np.zeros(len(kind), bool)]).astype(float)


def described() -> Vector:
    random = np.random.default_rng(5)
    vectors = random.normal(size=(4, DIMENSIONS))
    vectors[3] = vectors[1] + 0.3 * random.normal(size=DIMENSIONS)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def logged(rows: int, gains: dict[str, tuple[float, float]], seed: int = 1, noise: float = 0.2) -> pd.DataFrame:
    """Techniques drawn at random; ``gains`` are rewards over 0.4 for talk and for sums."""
    random = np.random.default_rng(seed)
    vectors, kind = prompts(rows, seed + 10)
    arm = random.choice(CODES, rows)
    worth = np.array([gains.get(str(code), (0.0, 0.0))[k] for code, k in zip(arm, kind, strict=True)])
    return pd.DataFrame(
        {
            "intent": np.where(kind == 1, "sums.written", "talk").astype(object),
            "complexity": 3.0,
            "language_model": np.full(rows, "m", dtype=object),
            "domain": np.full(rows, None, dtype=object),
            "embedding": list(vectors),
            "arm": arm.astype(object),
            "reward": 0.4 + worth + random.normal(0, noise, rows),
            "cost_tokens": 100.0 + TOKENS[[CODES.index(str(code)) for code in arm]],
            "latency_ms": np.nan,
        }
    )


def evidence(log: pd.DataFrame | None = None, synthetic: bool = False) -> Evidence:
    return Evidence(logged(0, {}) if log is None else log, described(), TOKENS, synthetic)


def selector(log: pd.DataFrame | None = None, synthetic: bool = False) -> TechniqueSelector:
    vectors, kind = prompts(200)
    model = TechniqueSelector(CODES, tuple(technique.base_effectiveness for technique in TECHNIQUES))
    return model.fit(vectors.astype(np.float32), labels(kind), evidence(log, synthetic))


def question(model: TechniqueSelector, kind: int, cost_weight: float = 0.0, language_model: str = "m") -> Question:
    vectors, kinds = prompts(40, 77)
    vector = vectors[np.flatnonzero(kinds == kind)[0]]
    said = model.predict_proba(vector[None].astype(np.float32))[0]
    context = pd.DataFrame(
        {
            "intent": ["sums.written" if kind else "talk"],
            "complexity": [3.0],
            "language_model": [language_model],
            "domain": [None],
            "embedding": [vector],
            "labels": [said],
        }
    )
    by_code = dict(zip(CODES, said.tolist(), strict=True))
    tokens = dict(zip(CODES, model.tokens_.tolist(), strict=True))
    return Question(context, by_code, tokens, dict.fromkeys(CODES, 0.0), cost_weight=cost_weight)


def allowed(**rules: object) -> Allowed:
    techniques = [replace(technique, **rules) for technique in TECHNIQUES] if rules else TECHNIQUES  # type: ignore[arg-type]
    return allowed_techniques(techniques, 50)


def chosen(model: TechniqueSelector, kind: int, cost_weight: float = 0.0, language_model: str = "m") -> Choice:
    return choose(model, model.outcomes_, allowed(), question(model, kind, cost_weight, language_model))
