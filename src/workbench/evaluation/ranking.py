"""Scores of a ranked list of techniques against the set the labels name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.records import Vector

Ranked = Sequence[Sequence[str]]
Relevant = Sequence[Sequence[str]]


def ranking_scores(ranked: Ranked, relevant: Relevant) -> dict[str, float]:
    """Means over prompts: hit@1, recall@3, recall@5, NDCG@5 with binary gains (Järvelin & Kekäläinen 2002), MAP."""
    return {name: float(values.mean()) for name, values in prompt_scores(ranked, relevant).items()}


def prompt_scores(ranked: Ranked, relevant: Relevant) -> dict[str, Vector]:
    """The same of each prompt that has any label, shape (prompts,)."""
    pairs = [(list(r), set(k)) for r, k in zip(ranked, relevant, strict=True) if k]
    return {
        "hit_at_1": np.array([float(r[0] in k) for r, k in pairs]),
        "recall_at_3": np.array([len(set(r[:3]) & k) / len(k) for r, k in pairs]),
        "recall_at_5": np.array([len(set(r[:5]) & k) / len(k) for r, k in pairs]),
        "ndcg_at_5": np.array([_ndcg(r, k, 5) for r, k in pairs]),
        "map": np.array([_average_precision(r, k) for r, k in pairs]),
    }


def chosen_sets(ranked: Ranked, relevant: Relevant) -> list[list[str]]:
    """The first n of each ranking, n being how many the labels name: what macro F1 of a ranking is computed on."""
    return [list(r[: len(k)]) for r, k in zip(ranked, relevant, strict=True)]


def _ndcg(ranked: Sequence[str], relevant: set[str], k: int) -> float:
    discounts = 1.0 / np.log2(np.arange(2, k + 2))
    gains = np.array([code in relevant for code in ranked[:k]], dtype=float)
    return float(gains @ discounts[: len(gains)] / discounts[: min(len(relevant), k)].sum())


def _average_precision(ranked: Sequence[str], relevant: set[str]) -> float:
    places = [place for place, code in enumerate(ranked, 1) if code in relevant]
    return sum(found / place for found, place in enumerate(places, 1)) / len(relevant)
