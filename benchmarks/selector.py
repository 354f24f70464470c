"""Promises: where techniques hardly differ, the selector's true regret to the best fixed technique is not above 0
beyond its interval; its off-policy estimate holds its true value at the stated rate; with a cost it leaves the dearer
technique where the gain does not pay and takes it where it does; and routing between a weak and a strong model its
cost-quality curve lies above the straight line between always weak and always strong.

    python benchmarks/selector.py [--repeats 200] [--only thoughtsource|routellm|caution] [--shared FOLDER]

ThoughtSource: every technique's outcome is known for every question. All but one are hidden, by a biased policy whose
probabilities are known; one half of the questions is learnt from, the other judged on, under every technique.
``caution`` shows what asking for more or fewer standard deviations costs. Embeddings are computed once, minutes, and
kept in the user's cache.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from intent_parts.embeddings import embedded
from selector_parts import answered, promises, replay, routes

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
CACHE = Path(platformdirs.user_cache_dir("workbench")) / "benchmarks"
TARGET = Path(__file__).with_name("results") / "selector.json"
# In rewards, by arm: the technique that is best is also the dearest, by more than it brings.
DEAR = np.array([0.05, 0.03, 0.0])
PRICES = (0.0, 0.02, 0.05, 0.1, 0.2)
CAUTIONS = (0.0, 1.0, 1.64, 1.96, 2.58)


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--only", choices=("thoughtsource", "routellm", "caution"))
    parser.add_argument("--shared", type=Path, default=SHARED, help="the folder of shared data")
    return parser


def thoughtsource(folder: Path, repeats: int) -> dict[str, Any]:
    vectors = embedded(answered.texts(folder, answered.THOUGHTSOURCE[0]), CACHE).vectors
    data = answered.thoughtsource(folder, vectors)
    found: dict[str, Any] = {}
    for name, cost in (("free", np.zeros(3)), ("the best is the dearest", DEAR)):
        judged = [replay.repeat(data, seed, cost) for seed in range(repeats)]
        found[name] = {model: replay.summary(one, [row[model] for row in judged], cost) for model, one in data.items()}
        for model, one in found[name].items():
            _print_replay(f"ThoughtSource, {name}, {model}", one)
    return found


def caution(folder: Path, repeats: int) -> dict[str, Any]:
    vectors = embedded(answered.texts(folder, answered.THOUGHTSOURCE[0]), CACHE).vectors
    data = answered.thoughtsource(folder, vectors)
    found: dict[str, Any] = {}
    print("\nregret to the best fixed technique, by standard deviations that a gain has to lie above 0")
    for asked in CAUTIONS:
        judged = [replay.repeat(data, seed, np.zeros(3), asked) for seed in range(repeats)]
        for model, one in data.items():
            row = replay.summary(one, [each[model] for each in judged], np.zeros(3))
            found[f"{asked:g}/{model}"] = row["regret"]
            print(f"  {asked:4.2f} {model:14} {_interval(row['regret'])}")
    return found


def routellm(folder: Path, repeats: int) -> dict[str, Any]:
    vectors = embedded(answered.texts(folder, answered.ROUTELLM), CACHE).vectors
    data = answered.routellm(folder, vectors)
    found: dict[str, Any] = {}
    for name, with_intent in (("embedding", False), ("embedding and subject", True)):
        learnt = [routes.learn(data, seed, with_intent) for seed in range(max(repeats // 10, 1))]
        found[name] = _routed(name, data, learnt)
    return found


def _routed(name: str, data: answered.Answered, learnt: list[routes.Route]) -> dict[str, Any]:
    rewards = [data.rewards[one.places] for one in learnt]
    pairs = list(zip(rewards, learnt, strict=True))
    leads = np.array([routes.lead(known, one.gain) for known, one in pairs])
    areas = np.array([routes.area_interval(known, one.gain, 1) for known, one in pairs])
    print(f"\nRouteLLM by {name}: {len(learnt)} halves")
    print(f"  area above the line, first half: {areas[0, 0]:.4f} ({areas[0, 1]:.4f} to {areas[0, 2]:.4f})")
    print(f"  mean over halves {areas[:, 0].mean():.4f}; lower end above 0 in {np.mean(areas[:, 1] > 0):.0%}")
    for share, mean in zip(routes.SHARES[2:-1:2], leads.mean(axis=0)[2:-1:2], strict=True):
        print(f"  {share:4.0%} of calls to the strong model: {mean:+.4f} above the line")
    rules = {}
    for price in PRICES:
        rows = [routes.at_price(known, one, price) for known, one in pairs]
        rules[f"{price:g}"] = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
        row = rules[f"{price:g}"]
        print(
            f"  price {price:4.2f}: strong called {row['called']:4.0%}, {row['over_best_fixed']:+.4f} over best fixed"
        )
    return {
        "area": {"first": dict(zip(("point", "low", "high"), areas[0].tolist(), strict=True))},
        "mean_area": float(areas[:, 0].mean()),
        "share_above": float(np.mean(areas[:, 1] > 0)),
        "lead": dict(zip([f"{share:.2f}" for share in routes.SHARES], leads.mean(axis=0).tolist(), strict=True)),
        "prices": rules,
    }


def _print_replay(name: str, one: dict[str, Any]) -> None:
    print(f"\n{name}: best fixed is {one['best_fixed']}, chosen for {one['chose_best_fixed']:.0%}")
    print(f"  regret to it            {_interval(one['regret'])}")
    print(f"    over questions        {_interval(one['regret_over_questions'])}")
    print(f"  to the best per intent  {_interval(one['regret_to_best_per_intent'])}")
    print(f"  off-policy interval holds the true value in {one['covered']:.1%}, bias {one['estimate_bias']:+.4f}")
    print(f"  the cheapest is chosen for {one['chose_cheapest']:.0%}")


def _interval(found: dict[str, float]) -> str:
    return f"{found['mean']:+.4f} ({found['low']:+.4f} to {found['high']:+.4f})"


def main() -> None:
    given = arguments().parse_args()
    missing = [name for name in (*answered.THOUGHTSOURCE, answered.ROUTELLM) if not (given.shared / name).is_file()]
    if missing:
        sys.exit(f"no {', '.join(missing)} in {given.shared}: name the folder of shared data with --shared")
    found: dict[str, Any] = {}
    if given.only in (None, "thoughtsource"):
        found["thoughtsource"] = thoughtsource(given.shared, given.repeats)
    if given.only in (None, "routellm"):
        found["routellm"] = routellm(given.shared, given.repeats)
    if given.only == "caution":
        found["caution"] = caution(given.shared, given.repeats)
    kept = promises.kept(found, given.repeats)
    print()
    for sentence, holds in kept.items():
        print(f"{'kept  ' if holds else 'BROKEN'} {sentence}")
    facts = {"at": datetime.now(UTC).isoformat(), "machine": platform.platform(), "cores": os.cpu_count()}
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(facts | found | {"promises": kept}, indent=1), encoding="utf-8")
    sys.exit(0 if all(kept.values()) else 1)


if __name__ == "__main__":
    main()
