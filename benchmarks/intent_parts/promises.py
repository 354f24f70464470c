"""What is promised of the three budgets, beside what was found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.cli.output import print_table

GAINS = {
    ("banking77", "standard"): 0.012,
    ("banking77", "thorough"): 0.017,
    ("clinc150", "standard"): 0.007,
    ("clinc150", "thorough"): 0.014,
}
MOST_SECONDS = {"quick": 15.0, "standard": 180.0, "thorough": 1200.0}
MOST_ECE, MOST_GAP, LEAST_PATH, MOST_SUM_ERROR = 0.03, 0.02, 0.95, 1e-9

Promise = dict[str, Any]


def promises(sets: list[dict[str, Any]]) -> list[Promise]:
    """One a promise: what, found, promised, and the verdict ``met``, ``MISSED``, or ``open`` where the interval of what
    was found reaches what is promised, or there is none, so that these rows cannot tell."""
    found: list[Promise] = []
    for part in sets:
        for name, one in part["blocks"].get("all", {}).items():
            if name in MOST_SECONDS and "scores" in one:
                found += [*_gains(part["name"], name, one), *_budget(part["name"], name, one)]
    return found


def print_promises(found: list[Promise]) -> None:
    if found:
        rows = [[one["what"], one["found"], one["promised"], one["verdict"]] for one in found]
        print_table("Promises", ["what", "found", "promised", "verdict"], rows)


def _gains(where: str, budget: str, one: dict[str, Any]) -> Iterator[Promise]:
    wanted = GAINS.get((where, budget))
    for score in ("accuracy", "in_scope_accuracy"):
        gain = one.get("against", {}).get("over_splits", {}).get(score)
        if wanted is not None and gain is not None:
            what = f"{where}, {budget}: {score.replace('_', ' ')} over frozen + logistic regression"
            reached = f"at least {100 * wanted:.1f} points"
            told = _told(gain)
            yield _verdict(what, told, reached, gain["point"] >= wanted, gain["high"] >= wanted)


def _budget(where: str, budget: str, one: dict[str, Any]) -> Iterator[Promise]:
    seconds = one["costs"]["fit_seconds"]["most"]
    if where == "banking77":
        limit = MOST_SECONDS[budget]
        what, promised = f"{where}, {budget}: seconds to train, the slowest", f"less than {limit:.0f} s"
        yield {"what": what, "found": f"{seconds:.1f} s", "promised": promised, "verdict": _word(seconds < limit)}
    yield from _calibration(where, budget, one)
    for kind, row in one.get("sets", {}).items():
        cover, stated = row["coverage"], float(kind.split(" ")[1])
        low, high = stated - MOST_GAP, stated + MOST_GAP
        touches = cover["low"] is None or (cover["low"] <= high and cover["high"] >= low)
        what, promised = f"{where}, {budget}: coverage of {kind}", f"{100 * low:.0f} to {100 * high:.0f} %"
        yield _verdict(what, _told(cover, 100.0), promised, low <= cover["point"] <= high, touches)
    path = one.get("decisions", {}).get("path")
    if path:
        what = f"{where}, {budget}: decided, on the true path"
        reached = path["high"] is None or path["high"] >= LEAST_PATH
        yield _verdict(
            what, _told(path, 100.0), f"at least {100 * LEAST_PATH:.0f} %", path["point"] >= LEAST_PATH, reached
        )
    worst = one["sum_error"]
    what, verdict = f"{where}, {budget}: probabilities from 1 at most", _word(worst <= MOST_SUM_ERROR)
    yield {"what": what, "found": f"{worst:.1e}", "promised": f"{MOST_SUM_ERROR:.0e}", "verdict": verdict}


def _calibration(where: str, budget: str, one: dict[str, Any]) -> Iterator[Promise]:
    few, promised = one.get("calibration_of_few_rows"), f"at most {100 * MOST_ECE:.0f} points"
    if few is None:
        ece = one["scores"]["ece"]
        reached = ece["low"] is None or ece["low"] <= MOST_ECE
        yield _verdict(f"{where}, {budget}: ECE", _told(ece, 100.0), promised, ece["point"] <= MOST_ECE, reached)
    else:
        bounds = few["ece_debiased"]
        what = f"{where}, {budget}: debiased ECE on {few['rows']} rows"
        yield _verdict(what, _told(bounds, 100.0), promised, bounds["high"] <= MOST_ECE, bounds["low"] <= MOST_ECE)


def _verdict(what: str, found: str, promised: str, met: bool, reached: bool) -> Promise:
    return {
        "what": what,
        "found": found,
        "promised": promised,
        "verdict": "open" if reached and not met else _word(met),
    }


def _told(bounds: dict[str, Any], most: float | None = None) -> str:
    """In points; the ends of a share's interval not beyond 0 and ``most``."""
    point = f"{100 * bounds['point']:.2f}"
    if bounds["low"] is None:
        return point
    low, high = 100 * bounds["low"], 100 * bounds["high"]
    if most is not None:
        low, high = max(low, 0.0), min(high, most)
    return f"{point} ({low:.2f} to {high:.2f})"


def _word(met: bool) -> str:
    return "met" if met else "MISSED"
