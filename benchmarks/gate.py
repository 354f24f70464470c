"""Promise: a challenger no better than the champion goes live in at most 5 % of cases, one that is 2 points better on
1,000 prompts in at least 80 %, where the two models disagree on no more than 5 % of the prompts.

Each case is a made-up pair of calibrated models (benchmarks/gate_parts/cases.py), decided by the shipped rules and, on
the same two accuracies, by MLflow's threshold validation. Prints one table and keeps it.

    python benchmarks/gate.py --times 1000
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gate_parts.cases import Truth
from gate_parts.rates import OURS, rates
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

ROWS = 1000
MOST_BY_CHANCE, LEAST_BY_MERIT = 0.05, 0.80
PROMISED_DISAGREEMENT = 0.05
# A retrained model of the same kind disagrees with its predecessor on a few per cent; one of another kind on many.
DISAGREE = (0.03, 0.05, 0.08, 0.12)
GAINS = (0.0, 0.02)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=1000, help="challengers a case (default 1000)")
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "gate.json")
    given = parser.parse_args()
    started = time.perf_counter()
    cases = [Truth(ROWS, gain, disagree) for gain in GAINS for disagree in DISAGREE]
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("deciding", total=given.times * len(cases))
        found = [
            {"gain": c.gain, "disagree": c.disagree} | rates(c, given.times, given.seed, tick=lambda: bar.advance(task))
            for c in cases
        ]
    show(found)
    keep(given, found, time.perf_counter() - started)


def show(found: list[dict[str, Any]]) -> None:
    ways = list(found[0]["promoted"])
    table = Table(title=f"Promoted of {found[0]['times']:,} challengers on {ROWS:,} prompts, %", title_justify="left")
    for name in ("true gain", "disagree on", *ways):
        table.add_column(name, justify="right")
    for case in found:
        shares = [f"{100 * case['promoted'][way]['point']:.1f}" for way in ways]
        table.add_row(f"{100 * case['gain']:.0f} points", f"{100 * case['mean_disagreement']:.1f} %", *shares)
    out = Console(width=120)
    out.print(table)
    for line, kept in promises(found).items():
        out.print(f"{'met   ' if kept else 'MISSED'} {line}")


def promises(found: list[dict[str, Any]]) -> dict[str, bool]:
    equal = [case["promoted"][OURS]["point"] for case in found if case["gain"] == 0]
    gained = [case for case in found if case["gain"] > 0 and case["disagree"] <= PROMISED_DISAGREEMENT]
    merit = [case["promoted"][OURS]["point"] for case in gained]
    return {
        f"equal challengers: at most {100 * max(equal):.1f} % go live, {100 * MOST_BY_CHANCE:g} % are promised": (
            max(equal) <= MOST_BY_CHANCE
        ),
        f"2 points better, disagreeing on at most {100 * PROMISED_DISAGREEMENT:g} %: at least {100 * min(merit):.1f} % "
        f"go live, {100 * LEAST_BY_MERIT:g} % are promised": min(merit) >= LEAST_BY_MERIT,
    }


def keep(given: argparse.Namespace, found: list[dict[str, Any]], seconds: float) -> None:
    facts = {"machine": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}
    at = datetime.now(UTC).isoformat(timespec="seconds")
    content = {"at": at, "seed": given.seed, "seconds": seconds, "machine": facts, "cases": found}
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
