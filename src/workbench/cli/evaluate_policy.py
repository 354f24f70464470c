"""`workbench evaluate-policy`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import json_option, print_json, print_table, progress, say

if TYPE_CHECKING:
    from workbench.evaluation.intervals import Interval
    from workbench.evaluation.off_policy import Estimator
    from workbench.evaluation.policy_values import PolicyValue
    from workbench.jobs.evaluate_policy import PolicyEvaluation

ALWAYS, MOST_SINGLE = "always:", 12
ESTIMATORS: tuple[Estimator, ...] = ("dr", "snips", "ips", "switch_dr", "dm")


@click.command("evaluate-policy")
@click.option("--language-model", help="Only decisions for this language model.")
@click.option("--policy-log", metavar="NAME", help="Only decisions that this policy logged.")
@click.option("--estimator", type=click.Choice(ESTIMATORS), default="dr", show_default=True, help="What to compare by.")
@click.option(
    "--policies",
    default="always,logged,uniform,best_fixed,best_per_intent,rules,selector",
    show_default=True,
    help="Which, separated by commas; always:CODE is one arm for every prompt.",
)
@click.option(
    "--cost-weight",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="What 1,000 tokens cost, in rewards of 0 to 1; taken from every value.",
)
@click.option(
    "--min-support", type=click.IntRange(min=1), default=30, show_default=True, help="Decisions that an arm needs."
)
@click.option("--seed", type=click.IntRange(0, 2**62), default=1, show_default=True, help="Deals prompts to folds.")
@click.option("--figure", type=click.Path(path_type=Path), metavar="PATH", help="Draw the values: .png or .svg.")
@json_option
def evaluate_policy(
    language_model: str | None,
    policy_log: str | None,
    estimator: Any,
    policies: str,
    cost_weight: float,
    min_support: int,
    seed: int,
    figure: Path | None,
    as_json: bool,
) -> None:
    """Say what policies of choosing techniques would be worth, from decisions that were logged.

    Whatever is learned from the log is learned on other prompts than it is used on. Exit code 3 when the log can say
    nothing of any policy.
    """
    from workbench.db.connection import database_url
    from workbench.jobs.evaluate_policy import draw_to, evaluate_policies, figure_path
    from workbench.jobs.policy_order import PolicyOrder
    from workbench.settings import read_settings

    wanted = tuple(dict.fromkeys(name.strip() for name in policies.split(",") if name.strip()))
    order = PolicyOrder(language_model, policy_log, estimator, wanted, cost_weight, min_support, seed)
    target = figure_path(figure) if figure else None
    with progress("learning from the log") as tick:
        result = evaluate_policies(database_url(read_settings()), order, tick)
    if target:
        draw_to(target, result)
    if as_json:
        print_json(result.as_json())
    else:
        _show(result)


def _show(result: PolicyEvaluation) -> None:
    from workbench.jobs.evaluate_policy import warnings_of

    by = result.order.estimator
    cost = f", less {result.order.cost_weight:g} for 1,000 tokens" if result.order.cost_weight else ""
    mark = " (SYNTHETIC)" if result.n_synthetic else ""
    title = f"Values by {by}{cost}: {len(result.frame):,} decisions, {result.n_prompts:,} prompts{mark}"
    shown, more = _shown(result)
    rows = []
    for value in shown:
        own = value.estimates[by]
        over, per_intent = (_points(one) for one in (value.over_fixed, value.over_intent))
        rows.append(
            [value.name, f"{own.point:.3f}", _bounds(own.low, own.high, 3), over, per_intent, _number(value.tokens)]
        )
    columns = ["policy", "value", "95 % interval", "over best fixed, points", "over best per intent", "tokens"]
    print_table(title, columns, rows)
    others = []
    for value in shown:
        points = [_number(value.estimates[name].point, 3) for name in ESTIMATORS]
        size = "" if value.weights is None else f"{value.weights.effective_n:,.0f}"
        most = "" if value.weights is None else f"{value.weights.quantiles[-1]:.1f}"
        mean = "" if value.weights is None else f"{value.weights.mean.point:.3f}"
        others.append([value.name, *points, size, most, mean])
    print_table("By every estimator", ["policy", *ESTIMATORS, "effective n", "largest weight", "mean weight"], others)
    if more:
        click.echo(f"Another {more} policies of one arm for all prompts are worth less: see --json.")
    click.echo(f"Propensities: {result.found.source}, floor {result.found.floor:.4f} for estimated ones.")
    for sentence in warnings_of(result):
        say(f"Mind: {sentence}.")


def _shown(result: PolicyEvaluation) -> tuple[list[PolicyValue], int]:
    """All but those of one arm beyond the best twelve, and how many these are."""
    single = [value for value in result.values if value.name.startswith(ALWAYS)]
    hidden = {value.name for value in single[MOST_SINGLE:]}
    return [value for value in result.values if value.name not in hidden], len(hidden)


def _points(found: Interval) -> str:
    return f"{100 * found.point:+.1f} {_bounds(100 * found.low, 100 * found.high, 1)}".strip()


def _bounds(low: float, high: float, digits: int) -> str:
    return "" if low != low else f"({low:.{digits}f} to {high:.{digits}f})"


def _number(value: float, digits: int = 0) -> str:
    return "" if value != value else f"{value:,.{digits}f}"
