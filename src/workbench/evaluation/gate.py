"""May a challenger go live? Pure: reports in, a decision in sentences out."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from workbench.evaluation.intervals import PairedComparison, compare_paired
from workbench.records import Decision

# A challenger may be worse than the champion by at most this share of the test prompts (lower end of the interval).
MARGIN = 0.02
FEWEST_TEST_ROWS = 30


@dataclass(frozen=True)
class Candidate:
    """What the gate looks at. ``predictions`` has id and correct for each test prompt; ``baselines`` their accuracy."""

    name: str
    dataset_version: str
    accuracy: float
    baselines: dict[str, float]
    predictions: pd.DataFrame


def decide(challenger: Candidate, champion: Candidate | None) -> Decision:
    """Rules: enough test prompts; better than every baseline; and, where a champion was judged on the same prompts,
    the 95 % interval of the paired difference stays above minus the margin. A champion of another dataset version is
    never replaced without a person."""
    reasons = []
    rows = len(challenger.predictions)
    enough = rows >= FEWEST_TEST_ROWS
    reasons.append(f"{rows} test prompts, at least {FEWEST_TEST_ROWS} are needed{'' if enough else ': too few'}.")

    best_name, best = max(challenger.baselines.items(), key=lambda item: item[1], default=("none", 0.0))
    beats = challenger.accuracy > best
    word = "above" if beats else "not above"
    reasons.append(f"Accuracy {challenger.accuracy:.3f} is {word} the best baseline ({best_name}, {best:.3f}).")

    holds, sentence = _against_champion(challenger, champion)
    return Decision(enough and beats and holds, (*reasons, sentence))


def _against_champion(challenger: Candidate, champion: Candidate | None) -> tuple[bool, str]:
    if champion is None:
        return True, "There is no champion yet; the first model that passes becomes it."
    if champion.dataset_version != challenger.dataset_version:
        return False, (
            f"The champion {champion.name} was trained on {champion.dataset_version}, this model on "
            f"{challenger.dataset_version}: a person has to decide."
        )
    comparison = paired(challenger, champion)
    if comparison is None:
        return False, f"The champion {champion.name} was judged on other test prompts: a person has to decide."
    holds = comparison.difference.low >= -MARGIN
    return holds, (
        f"Against {champion.name} on the same {comparison.rows} prompts: difference {comparison.difference}, McNemar "
        f"p = {comparison.p_value:.3f}. It {'stays' if holds else 'falls'} {'above' if holds else 'below'} -{MARGIN}."
    )


def paired(challenger: Candidate, champion: Candidate) -> PairedComparison | None:
    """The comparison over exactly the same prompts, or None where the two sets differ."""
    ours = challenger.predictions.set_index("id")["correct"].sort_index()
    theirs = champion.predictions.set_index("id")["correct"].sort_index()
    if list(ours.index) != list(theirs.index):
        return None
    return compare_paired(ours.to_numpy(), theirs.to_numpy())
