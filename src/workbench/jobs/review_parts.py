"""The sections of the reviewer's page: what a decision rests on, in the order in which one would ask."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from workbench.evaluation.calibration import reliability
from workbench.evaluation.gate import Candidate, Meeting
from workbench.evaluation.gate_groups import group_table, worst_first
from workbench.evaluation.intent_scores import coverage_missed
from workbench.evaluation.intervals import Interval, share
from workbench.evaluation.paired import Comparison, compare
from workbench.jobs.compare_models import with_p
from workbench.jobs.consider import Verdict
from workbench.jobs.pages import Block, Bullets, Grid, Heading, Image, Words
from workbench.plots.comparison import LESS_IS_BETTER as LESS
from workbench.plots.comparison import differences
from workbench.plots.groups import largest_changes
from workbench.plots.reliability import reliability_panels

SEED = 20260101
MOST_NAMED = 6
FEW_PROMPTS = 10
SURE = 0.05
OF_SETS = ("accuracy", "ece")
LESS_IS_BETTER = " (less is better)"


def verdict_part(verdict: Verdict) -> Iterator[Block]:
    decision, champion = verdict.decision, verdict.champion
    beside = f" in place of `{champion.name}`" if champion and champion.id != verdict.challenger.id else ""
    answer = f"The gate says **{'yes' if decision.promote else 'no'}**"
    failed, total = len(decision.against), len(decision.checks)
    count = f"{failed} of {total} checks are not passed" if failed else f"all {total} checks are passed"
    yield Words(f"{answer}: `{verdict.challenger.name}`{beside}; {count}.", "yes" if decision.promote else "no")
    checks = sorted(decision.checks, key=lambda check: check.passed)
    rows = [["passed" if check.passed else "REFUSED", check.name.replace("_", " "), check.sentence] for check in checks]
    yield Grid(("", "check", "what it found"), rows, frozenset(range(failed)))
    if decision.gates_sha256:
        digest = decision.gates_sha256[:16]
        yield Words(f"The rules are `gates.toml` with the sha256 `{digest}…`; docs/promotion.md explains them.")


def scores_part(verdict: Verdict, met: Meeting | None) -> Iterator[Block]:
    ours = verdict.ours
    if ours is None:
        return
    yield Heading("Scores")
    if met is not None and verdict.theirs is not None:
        found = compared(ours, met)
        rows = [_score_row(one) for one in found]
        yield Words(f"On the same {len(met.ours):,} test prompts, with 95 % intervals for the differences.")
        head = ("score", verdict.challenger.name, verdict.theirs.name, "difference", "p (two-sided)")
        yield Grid(head, rows)
        yield Image(differences(found, "this", verdict.theirs.name), "Differences of the scores; right of 0 is better.")
    own = share(int(ours.predictions["correct"].sum()), len(ours.predictions))
    yield Words(f"Beside the baselines of its own run, on all {len(ours.predictions):,} test prompts:")
    lines = [["**this model**", f"{own.point:.3f}", f"{own.low:.3f} to {own.high:.3f}"]]
    rows_total = len(ours.predictions)
    for name, accuracy in sorted(ours.baselines.items(), key=lambda item: -item[1]):
        found_share = share(round(accuracy * rows_total), rows_total)
        lines.append([name, f"{accuracy:.3f}", f"{found_share.low:.3f} to {found_share.high:.3f}"])
    yield Grid(("", "accuracy", "95 % interval"), lines)


def compared(ours: Candidate, met: Meeting) -> tuple[Comparison, ...]:
    """Of a selector, whose labels are sets, only what sets allow."""
    found = compare(met.ours, met.theirs, SEED)
    if ours.model_type != "technique_selector":
        return found
    return tuple(one for one in found if one.metric in OF_SETS)


def changes_part(verdict: Verdict, met: Meeting | None) -> Iterator[Block]:
    """What happened to each class and branch."""
    if verdict.ours is None or met is None:
        return
    table = worst_first(with_p(group_table(verdict.ours.model_type, met.ours, met.theirs)))
    lost, gained = table[table["difference"] < 0], table[table["difference"] > 0]
    yield Heading("What changed, class by class")
    sure = int((table["p"] <= SURE).sum())
    yield Words(
        f"Of {len(table)} classes and branches {len(gained)} gained, {len(lost)} lost and "
        f"{len(table) - len(gained) - len(lost)} stayed; {sure or 'none'} of the changes "
        f"{'are' if sure > 1 else 'is'} more than chance explains (p at most {SURE:g}, adjusted for their number)."
    )
    if len(lost) or len(gained):
        yield Image(
            largest_changes(table),
            "The largest changes of recall. Grey ones may be chance; of so many, some coloured ones too: see their p.",
        )
    for word, part in (("losses", lost), ("gains", gained[::-1])):
        if len(part):
            yield Words(f"Largest {word}:")
            yield _group_grid(part.head(MOST_NAMED))
    yield _group_grid(table, f"All {len(table)} classes and branches")


def _group_grid(table: pd.DataFrame, folded: str = "") -> Grid:
    rows = []
    for row in table.to_dict("records"):
        gap = _signed(Interval(row["difference"], row["low"], row["high"]))
        shares = f"{row['theirs']:.2f}", f"{row['ours']:.2f}"
        rows.append([f"`{row['group']}`", str(row["kind"]), f"{row['rows']}", *shares, gap, _p(row["p"])])
    return Grid(("", "kind", "prompts", "before", "now", "difference", "p"), rows, folded=folded)


def calibration_part(verdict: Verdict, met: Meeting | None) -> Iterator[Block]:
    ours = verdict.ours
    if ours is None or "confidence" not in ours.predictions:
        return
    yield Heading("Calibration")
    tables = {verdict.challenger.name: _binned(met.ours if met else ours.predictions)}
    if met is not None and verdict.theirs is not None and "confidence" in met.theirs:
        tables[verdict.theirs.name] = _binned(met.theirs)
    said = "How often it is right where it states a probability: on the dashed line it is as sure as it should be."
    yield Image(reliability_panels(tables), said)
    stated = ours.predictions["confidence"].mean()
    right = ours.predictions["correct"].mean()
    yield Words(f"On average it states {stated:.3f} and is right in {right:.3f} of the prompts.")


def _binned(predictions: pd.DataFrame) -> pd.DataFrame:
    return reliability(predictions["confidence"].to_numpy(float), predictions["correct"].to_numpy(dtype=bool))


def look_at_part(verdict: Verdict, met: Meeting | None) -> Iterator[Block]:
    """What a reviewer should look at before deciding."""
    against = ", ".join(check.name.replace("_", " ") for check in verdict.decision.against)
    items = [f"What speaks against it: **{against}** (above)."] if against else []
    metrics = verdict.challenger.metrics
    missed = coverage_missed(metrics, int(metrics.get("n_train", 0)), int(metrics.get("n_test", 0)))
    items += [missed] if missed else []
    if verdict.ours is not None:
        items += list(_weak(verdict.ours))
    if verdict.ours is not None and met is not None:
        table = worst_first(group_table(verdict.ours.model_type, met.ours, met.theirs)).head(3)
        worst = [row for row in table.to_dict("records") if row["difference"] < 0]
        if worst:
            named = ", ".join(f"`{row['group']}` ({row['difference']:+.2f} of {row['rows']} prompts)" for row in worst)
            items.append(f"Lost most: {named}.")
    yield Heading("What to look at")
    yield Bullets(items or ["Nothing stands out."])


def _weak(ours: Candidate) -> Iterator[str]:
    found = ours.predictions.assign(label=ours.predictions["truth"].astype(str)).groupby("label")["correct"]
    table = found.agg(["mean", "size"]).sort_values(["mean", "size"], ascending=[True, False]).head(3)
    listed = ", ".join(f"`{label}` ({row['mean']:.2f} of {int(row['size'])})" for label, row in table.iterrows())
    yield f"Weakest by recall: {listed}."
    sizes = found.size()
    few = int((sizes < FEW_PROMPTS).sum())
    if few:
        yield f"{few} of {len(sizes)} labels have fewer than {FEW_PROMPTS} test prompts: of those little is known."


def _score_row(found: Comparison) -> list[str]:
    name = found.metric.replace("_", " ") + (LESS_IS_BETTER if found.metric in LESS else "")
    gap = _signed(Interval(found.difference, found.low, found.high))
    return [name, f"{found.ours:.4f}", f"{found.theirs:.4f}", gap, _p(found.p_value)]


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _signed(found: Interval) -> str:
    return f"{found.point:+.3f} ({found.low:+.3f} to {found.high:+.3f})"
