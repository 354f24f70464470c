"""Promises: in worlds with a known truth and a biased log, 95 % intervals of effectiveness hold the truth in 93 to 97 %
of the repeats, of every cell; the root mean square error is at most 0.8 times that of plain means; and where a rule
chose, so that the log cannot say what else would have happened, every estimate is refused, every time.

    python benchmarks/effectiveness.py [--repeats 500] [--sweeps 400] [--seeds 50] [--skip-estimated]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from effectiveness_parts import coverage, no_overlap

from workbench.evaluation.pooling import Effort

TARGET = Path(__file__).with_name("results") / "effectiveness.json"


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=500, help="worlds drawn in each regime")
    parser.add_argument("--sweeps", type=int, default=400, help="draws of the one chain of each repeat")
    parser.add_argument("--seeds", type=int, default=50, help="logs of each rule")
    parser.add_argument("--skip-estimated", action="store_true", help="leave out the regime without probabilities")
    return parser


def simulated(repeats: int, sweeps: int, with_estimated: bool) -> dict[str, Any]:
    effort = Effort(chains=1, warmup=max(sweeps // 2, 50), sweeps=sweeps, seed=1)
    regimes = (*coverage.REGIMES, *([coverage.ESTIMATED] if with_estimated else []))
    print(f"{'':34} covered written lowest highest inside outside | RMSE   plain  weighted factor written")
    found: dict[str, Any] = {}
    for regime in regimes:
        one = coverage.summary(coverage.run(regime, repeats, 1000, effort))
        found[regime.name] = one
        shares = f"{one['covered']:7.1%} {one['covered_written']:7.1%} {one['lowest_cell']:6.1%}"
        shares += f" {one['highest_cell']:7.1%} {one['cells_inside']:6.0%} {one['cells_surely_outside']:7}"
        errors = " ".join(f"{one['rmse'][name]:.4f}" for name in ("ours", "plain", "weighted"))
        print(f"{regime.name:34} {shares} | {errors}   {one['factor']:5.2f} {one['factor_written']:7.2f}", flush=True)
    return found


def main() -> None:
    given = arguments().parse_args()
    found = simulated(given.repeats, given.sweeps, not given.skip_estimated)
    kept = coverage.promises(found)
    refused = no_overlap.refused(given.seeds)
    kept["where a rule chose, every cell is refused in every log"] = set(refused.values()) == {1.0}
    for name, share in refused.items():
        print(f"a rule {name}: everything refused in {share:.0%} of {given.seeds} logs")
    for sentence, held in kept.items():
        print(f"{'kept  ' if held else 'BROKEN'} {sentence}")
    result = {
        "repeats": given.repeats,
        "regimes": found,
        "refused": refused,
        "promises": kept,
        "machine": {"cores": os.cpu_count(), "platform": platform.platform(), "python": platform.python_version()},
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
