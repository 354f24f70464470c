"""Promises: 95 % intervals of estimates of another policy's value hold the truth in 93 to 97 % of logs; the doubly
robust estimate errs no more than the others where theory says so; a policy that the log never tried is recognised,
always; and on a real log of two policies the value of each, estimated from the other's decisions, agrees with its own.

    python benchmarks/off_policy.py [--repeats 500] [--prompts 500] [--only simulations|open-bandit] [--shared FOLDER]

The second part needs obd_random_men.csv and obd_bts_men.csv in the folder of shared data.
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

from off_policy_parts import coverage, open_bandit

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
TARGET = Path(__file__).with_name("results") / "off_policy.json"
RESAMPLES = 500


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=500, help="logs drawn in each regime")
    parser.add_argument("--prompts", type=int, default=500, help="prompts in each log, two rows a prompt")
    parser.add_argument("--only", choices=("simulations", "open-bandit"))
    parser.add_argument("--shared", type=Path, default=SHARED, help="the folder with the Open Bandit sample")
    return parser


def simulations(repeats: int, prompts: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for regime in (*coverage.WITH_OVERLAP, *coverage.WITHOUT_OVERLAP):
        with_overlap = regime in coverage.WITH_OVERLAP
        found[regime.name] = {
            "estimators": coverage.run(regime, repeats, prompts, RESAMPLES if with_overlap else 0),
            "no_overlap_detected": coverage.detected(regime, repeats, prompts),
        }
        _print_regime(regime.name, found[regime.name])
    found["promises"] = coverage.promises(found)
    for sentence, kept in found["promises"].items():
        print(f"{'kept  ' if kept else 'BROKEN'} {sentence}")
    return found


def _print_regime(name: str, one: dict[str, Any]) -> None:
    print(f"\n{name}: no overlap was detected in {one['no_overlap_detected']:.1%} of the logs")
    print(f"  {'':18} {'bias':>8} {'RMSE':>8} {'error':>8} {'claimed':>8} {'covered':>8}")
    for estimator, row in one["estimators"].items():
        covered = "-" if row["covered"] is None else f"{row['covered']:.1%}"
        numbers = f"{row['bias']:8.4f} {row['rmse']:8.4f} {row['error']:8.4f}"
        print(f"  {estimator:18} {numbers} {row['claimed']:8.0%} {covered:>8}")


def real_logs(folder: Path) -> dict[str, Any] | None:
    if not open_bandit.available(folder):
        print(f"\nOpen Bandit: no {' and '.join(open_bandit.FILES)} in {folder}", file=sys.stderr)
        return None
    found = open_bandit.both_ways(folder)
    for name, one in found.items():
        own, weights = one["own"], one["weights"]
        print(f"\n{name}: its own clicks say {own['point']:.4f} ({own['low']:.4f} to {own['high']:.4f})")
        print(f"  effective sample size {weights['effective_n']:.0f}, largest weight {one['largest_weight']:.0f}")
        for estimator, row in one["estimates"].items():
            gap = f"{row['difference']:+.4f} ({row['difference_low']:+.4f} to {row['difference_high']:+.4f})"
            agrees = "inside" if row["own_inside"] else "OUTSIDE"
            said = f"{row['point']:.4f} ({row['low']:.4f} to {row['high']:.4f})"
            print(f"  {estimator:10} {said}: own mean {agrees}; less own {gap}")
    return found


def main() -> None:
    given = arguments().parse_args()
    result: dict[str, Any] = {"repeats": given.repeats, "prompts": given.prompts}
    if given.only != "open-bandit":
        result["simulations"] = simulations(given.repeats, given.prompts)
    if given.only != "simulations":
        result["open_bandit"] = real_logs(given.shared)
    result["machine"] = {"cores": os.cpu_count(), "platform": platform.platform(), "python": platform.python_version()}
    result["at"] = datetime.now(UTC).isoformat(timespec="seconds")
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
