"""What the benchmark of intents says of each promise."""

from __future__ import annotations

from typing import Any

import pytest
from intent_parts.promises import promises


def bounds(point: float, low: float | None, high: float | None) -> dict[str, Any]:
    return {"point": point, "low": low, "high": high}


def found(**changes: Any) -> dict[str, Any]:
    one = {
        "scores": {"ece": bounds(0.02, 0.01, 0.03)},
        "costs": {"fit_seconds": {"most": 12.0}},
        "sum_error": 1e-15,
        "sets": {"subtree 0.9": {"coverage": bounds(0.91, 0.9, 0.92)}},
        "decisions": {"path": bounds(0.96, 0.95, 0.97)},
        "against": {"over_splits": {"accuracy": bounds(0.013, 0.01, 0.016)}},
    }
    return [{"name": "banking77", "blocks": {"all": {"standard": one | changes}}}]


def verdicts(**changes: Any) -> dict[str, str]:
    return {one["what"].split(": ")[1]: one["verdict"] for one in promises(found(**changes))}


def test_each_promise_is_met() -> None:
    assert set(verdicts().values()) == {"met"}
    assert len(verdicts()) == 6


@pytest.mark.parametrize(
    ("change", "what", "verdict"),
    [
        ({"scores": {"ece": bounds(0.04, 0.035, 0.045)}}, "ECE", "MISSED"),
        ({"scores": {"ece": bounds(0.04, 0.02, 0.06)}}, "ECE", "open"),
        ({"costs": {"fit_seconds": {"most": 180.0}}}, "seconds to train, the slowest", "MISSED"),
        ({"sets": {"subtree 0.9": {"coverage": bounds(0.86, 0.85, 0.87)}}}, "coverage of subtree 0.9", "MISSED"),
        ({"sets": {"subtree 0.9": {"coverage": bounds(0.95, 0.93, 0.97)}}}, "coverage of subtree 0.9", "MISSED"),
        ({"sets": {"subtree 0.9": {"coverage": bounds(0.87, 0.85, 0.89)}}}, "coverage of subtree 0.9", "open"),
        ({"decisions": {"path": bounds(0.94, None, None)}}, "decided, on the true path", "open"),
        ({"sum_error": 1e-6}, "probabilities from 1 at most", "MISSED"),
    ],
)
def test_a_promise_is_missed_only_where_the_rows_can_tell(change: dict[str, Any], what: str, verdict: str) -> None:
    assert verdicts(**change)[what] == verdict


def test_a_gain_is_judged_by_its_point_and_told_with_its_interval() -> None:
    small = {"against": {"over_splits": {"accuracy": bounds(0.008, -0.002, 0.011)}}}
    (one,) = [part for part in promises(found(**small)) if "over frozen" in part["what"]]
    assert (one["found"], one["promised"], one["verdict"]) == ("0.80 (-0.20 to 1.10)", "at least 1.2 points", "MISSED")


def test_few_rows_are_judged_by_the_debiased_error() -> None:
    few = {"rows": 80, "ece_pooled": 0.2, "ece_debiased": bounds(0.05, 0.0, 0.2)}
    assert verdicts(calibration_of_few_rows=few)["debiased ECE on 80 rows"] == "open"
