"""May a challenger go live? Pure: predictions, rules and findings in, a decision in sentences out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from workbench.evaluation import gate_checks, gate_guards
from workbench.evaluation.gate_groups import SEPARATOR
from workbench.evaluation.gate_guards import Cost
from workbench.evaluation.gate_rules import Rules
from workbench.evaluation.paired import aligned
from workbench.evaluation.verdict import Check, Decision
from workbench.records import ModelType

USUAL = Rules()
MOST_LABELS = 5


@dataclass(frozen=True)
class Candidate:
    """What the gate looks at. ``predictions`` is as ``Report.predictions``, ``baselines`` holds the accuracy of each,
    ``labels`` are those that the model can answer (empty where not known). ``again`` says on what a champion was judged
    again for this comparison, ``unmet`` why it could not be; both are empty where its own record holds."""

    name: str
    model_type: ModelType
    dataset_version: str
    accuracy: float
    baselines: dict[str, float]
    predictions: pd.DataFrame
    labels: tuple[str, ...] = ()
    cost: Cost | None = None
    again: str = ""
    unmet: str = ""


@dataclass(frozen=True)
class Meeting:
    """Both models' answers on the same rows, in the same order. ``known`` are the rows whose labels both know; on the
    others the champion cannot be right."""

    ours: pd.DataFrame
    theirs: pd.DataFrame
    known: pd.Series


def decide(
    challenger: Candidate, champion: Candidate | None, rules: Rules = USUAL, findings: Sequence[Check] = ()
) -> Decision:
    """Every check of ``rules``; all have to be passed. ``findings`` are those about the data and the file.

    A first model has to beat its baselines. Any other one is compared with the champion on the same prompts, whatever
    data the champion learnt from; where it was judged on other prompts, a person has to decide. Where the labels have
    changed, it has to be better on all prompts, and no worse on those whose label both know.
    """
    checks = gate_guards.support(challenger.model_type, challenger.predictions, rules)
    checks.append(_against_baselines(challenger))
    checks += _against_champion(challenger, champion, rules)
    checks += gate_guards.stated(challenger.predictions, rules)
    checks += gate_guards.cost(challenger.cost, rules)
    checks += findings
    return Decision(all(check.passed for check in checks), tuple(checks))


def meet(challenger: Candidate, champion: Candidate) -> Meeting:
    """
    Raises:
        ValueError: the two were not judged on the same prompts and labels.
    """
    mine = challenger.predictions
    if champion.again:
        mine = mine[mine["id"].isin(set(champion.predictions["id"]))]
    ours, theirs = aligned(mine, champion.predictions)
    if not challenger.labels or not champion.labels:
        return Meeting(ours, theirs, pd.Series(True, index=ours.index))
    both = set(challenger.labels) & set(champion.labels)
    known = [set(str(label).split(SEPARATOR)) <= both for label in ours["truth"]]
    return Meeting(ours, theirs, pd.Series(known, index=ours.index))


def _against_baselines(challenger: Candidate) -> Check:
    name, best = max(challenger.baselines.items(), key=lambda item: item[1], default=("none", 0.0))
    beats = challenger.accuracy > best
    said = f"Accuracy {challenger.accuracy:.3f} is {'above' if beats else 'not above'} the best baseline ({name}, "
    return Check("baseline", beats, f"{said}{best:.3f}).", {"accuracy": challenger.accuracy, "best_baseline": best})


def _against_champion(challenger: Candidate, champion: Candidate | None, rules: Rules) -> list[Check]:
    if champion is None:
        return [Check("champion", True, "There is no champion yet; the first model that passes becomes it.")]
    if champion.unmet:
        said = f"The champion {champion.name} cannot be judged on the same prompts: {champion.unmet}. "
        return [Check("champion", False, f"{said}A person has to decide.")]
    try:
        met = meet(challenger, champion)
    except ValueError as exc:
        return [Check("champion", False, _not_met(challenger, champion, str(exc)))]
    checks = [_data(champion, len(met.ours), rules), *_labels(challenger, champion, met, rules)]
    ours, theirs = met.ours[met.known], met.theirs[met.known]
    checks.append(gate_checks.better(met.ours, met.theirs, champion.name, rules))
    if ours.empty:
        return checks
    checks.append(gate_checks.not_worse(ours, theirs, champion.name, rules))
    checks.append(gate_checks.groups(challenger.model_type, ours, theirs, rules))
    checks += gate_guards.calibration(ours, theirs, rules)
    return checks + gate_guards.out_of_scope(ours, theirs, rules)


def _not_met(challenger: Candidate, champion: Candidate, why: str) -> str:
    other = f" It was trained on {champion.dataset_version}, this model on {challenger.dataset_version}."
    return (
        f"The champion {champion.name} was judged on other test prompts: a person has to decide ({why})."
        f"{other if champion.dataset_version != challenger.dataset_version else ''}"
    )


def _data(champion: Candidate, rows: int, rules: Rules) -> Check:
    """The rule for a changed dataset: on prompts that the champion has not learnt from, enough of them."""
    if not champion.again:
        said = f"The champion {champion.name} was judged on the same {rows:,} test prompts."
        return Check("champion", True, said, {"rows": rows})
    needed = rules.support.rows
    enough = rows >= needed
    said = (
        f"The champion {champion.name} was judged again on {rows:,} test prompts {champion.again}; at least {needed} "
        f"are needed{'' if enough else ': too few, a person has to decide'}."
    )
    return Check("champion", enough, said, {"rows": rows, "needed": needed})


def _labels(challenger: Candidate, champion: Candidate, met: Meeting, rules: Rules) -> list[Check]:
    """The rule for a changed taxonomy; nothing where the labels are the same."""
    new = sorted(set(challenger.labels) - set(champion.labels)) if champion.labels else []
    gone = sorted(set(champion.labels) - set(challenger.labels)) if challenger.labels else []
    if not new and not gone:
        return []
    rows, needed = int(met.known.sum()), rules.support.rows
    enough = rows >= needed
    said = (
        f"The labels have changed: {_listed('new', new)}, {_listed('gone', gone)}. {rows:,} of {len(met.ours):,} test "
        f"prompts have labels that both models know, at least {needed} are needed{'' if enough else ': too few'}. It "
        "has to be better on all prompts and no worse on these."
    )
    return [Check("labels", enough, said, {"new": new, "gone": gone, "rows": rows, "needed": needed})]


def _listed(word: str, labels: list[str]) -> str:
    more = ", …" if len(labels) > MOST_LABELS else ""
    return f"{len(labels)} {word} ({', '.join(labels[:MOST_LABELS])}{more})" if labels else f"none {word}"
